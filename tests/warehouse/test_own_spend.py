"""What each version cost by itself: sums over versions are the ledger's, whatever was stored with them."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus, Spend
from marketeer_dagster.model.campaign import Priority
from marketeer_dagster.model.ids import CampaignKey, TenantId
from marketeer_dagster.store import LlmCall
from marketeer_dagster.store.llm_rows import CallState
from marketeer_dagster.warehouse.own_spend import own_spends
from tests.store import values

DRAFT, APPROVED = ArtefactStatus.DRAFT, ArtefactStatus.APPROVED


def spent(usd: int, calls: int = 1) -> Spend:
    return Spend(calls=calls, input_tokens=10 * calls, cost_usd=Decimal(usd) / 1000)


def call(
    number: int, spend: Spend, purpose: str = "copywriting/draft", state: CallState = CallState.SETTLED
) -> LlmCall:
    return LlmCall(
        id=f"llm_{number}", tenant=TenantId("acme"), campaign=CampaignKey("acme:launch"), purpose=purpose, run_id="",
        model="m", attempt=1, fingerprint=str(number), month="2026-03", priority=Priority.P2, state=state,
        reserved_usd=Decimal(1), spend=spend, stop_reason="", request_id="", latency_s=None, error="",
        reserved_at=values.NOW, sent_at=None, finished_at=None, rejected_by=None,
    )  # fmt: skip


def version(number: int, status: ArtefactStatus, spend: Spend) -> Artefact:
    return values.artefact(str(number), version=number, status=status, spend=spend)


def own(versions: list[Artefact], head: int | None, calls: list[LlmCall]) -> list[Decimal]:
    heads = frozenset({(versions[0].id, head)} if head else ())
    found = own_spends(versions, heads, calls)
    return [found[one.id, one.version].cost_usd * 1000 for one in versions]


def test_a_draft_that_was_revised_is_not_paid_twice() -> None:
    """The head is stored with its whole round: 447 + 936 together, of which 447 were the draft's."""
    versions = [version(1, DRAFT, spent(447)), version(2, APPROVED, spent(1383, 4))]
    calls = [
        call(1, spent(447)),
        call(2, spent(300), "copywriting/revise"),
        call(3, spent(636, 2), "copywriting/review-x"),
    ]
    others = [call(4, spent(99), "seo-audit/draft"), call(5, spent(50), state=CallState.RELEASED)]
    assert own(versions, 2, [*calls, *others]) == [447, 936]


def test_a_round_that_a_person_sent_back_keeps_what_it_cost() -> None:
    versions = [version(1, DRAFT, spent(100)), version(2, APPROVED, spent(250)), version(3, APPROVED, spent(400))]
    assert own(versions, 3, [call(1, spent(250)), call(2, spent(400))]) == [100, 150, 400]


def test_answers_that_a_later_round_replayed_are_not_paid_again() -> None:
    versions = [version(1, DRAFT, spent(100)), version(2, APPROVED, spent(250)), version(3, APPROVED, spent(290))]
    assert own(versions, 3, [call(1, spent(250)), call(2, spent(40))]) == [100, 150, 40]


def test_work_that_has_not_ended_is_the_newest_versions() -> None:
    versions = [version(1, DRAFT, spent(100)), version(2, DRAFT, spent(50))]
    assert own(versions, None, [call(1, spent(100)), call(2, spent(50)), call(3, spent(20))]) == [100, 70]


def test_without_a_ledger_what_was_stored_counts() -> None:
    versions = [version(1, DRAFT, spent(100)), version(2, APPROVED, spent(250)), version(3, APPROVED, spent(400))]
    assert own(versions, 3, []) == [100, 150, 400]


drafts = st.lists(st.integers(0, 500), min_size=1, max_size=4)
rounds = st.lists(st.tuples(drafts, st.integers(0, 900), st.integers(0, 3), st.booleans()), min_size=1, max_size=3)


@settings(deadline=None)
@given(rounds, st.booleans())
def test_sums_over_versions_are_the_ledgers(work: list[tuple[list[int], int, int, bool]], ended: bool) -> None:
    """Rounds of drafts and reviews, each ending on any of its versions, some replaying all that was paid before."""
    versions, paid, head = list[Artefact](), list[int](), None
    for costs, reviews, chosen, replays in work:
        first, before = len(versions), sum(paid)
        versions += [version(first + n + 1, DRAFT, spent(cost)) for n, cost in enumerate(costs)]
        paid += [*costs, reviews]
        place = first + chosen % len(costs)
        whole = spent(sum(costs) + reviews + (before if replays else 0))
        versions[place] = versions[place].model_copy(update={"status": APPROVED, "spend": whole})
        head = place + 1
    if not ended:
        versions.append(version(len(versions) + 1, DRAFT, spent(7)))
        paid.append(7)
    found = own(versions, head, [call(n, spent(cost)) for n, cost in enumerate(paid)])
    assert sum(found) == sum(paid)
    assert min(found) >= 0
