"""The author, through the real SDK: typed drafts, one repair, honest accounts."""

import pytest

from marketeer_dagster.agents.author import Author
from marketeer_dagster.catalog import Catalog
from marketeer_dagster.model.artefacts.experiment_plan import Arm, ExperimentPlan
from marketeer_dagster.model.errors import BadInput, NoVerdict
from marketeer_dagster.model.review import Finding, Severity
from marketeer_dagster.store import Store
from resources.claude import Claude
from tests.support import marketing
from tests.support.messages_script import in_order, said_in, user_turns
from tests.support.messages_server import MessagesServer, Reply

PLAN = ExperimentPlan(
    path="/pricing", hypothesis="Naming 20 minutes lifts trials", primary_metric="conversion_rate",
    arms=(Arm(name="control", description="now", share=0.5), Arm(name="b", description="new", share=0.5)),
    baseline_rate=0.0211, minimum_effect=0.2, sample_per_arm=19000, max_days=28, stopping_rule="s", analysis="a",
)  # fmt: skip
FLAW = Finding(dimension="data", severity=Severity.MAJOR, where="analysis", problem="no method named")


async def test_a_draft_is_typed_and_carries_its_cost_and_prompt(
    claude: Claude, server: MessagesServer, store: Store, catalog: Catalog
) -> None:
    server.answer = in_order(PLAN)
    work = marketing.assignment(catalog, "ab-test-setup")
    drafted = await Author(claude).draft(work)
    assert drafted.content == PLAN
    assert (drafted.spend.calls, drafted.replayed) == (1, False)
    (call,) = store.llm.list(campaign=marketing.KEY)
    assert (call.purpose, call.run_id, call.spend) == ("ab-test-setup/draft", "run-1", drafted.spend)
    again = await Author(claude).draft(work)
    assert (again.content, again.replayed, again.prompt_hash) == (PLAN, True, drafted.prompt_hash)
    assert len(server.requests) == 1


async def test_an_answer_of_another_form_is_repaired_once_with_its_errors_named(
    claude: Claude, server: MessagesServer, store: Store, catalog: Catalog
) -> None:
    broken = PLAN.model_dump_json().replace('"max_days":28', '"max_days":2')
    server.answer = in_order(broken, PLAN)
    drafted = await Author(claude).draft(marketing.assignment(catalog, "ab-test-setup"))
    assert (drafted.content, drafted.spend.calls) == (PLAN, 2)
    first, repair = user_turns(server.requests)
    assert repair[:2] == [first[0], broken]
    assert "max_days: Input should be greater than or equal to 7" in repair[2]
    assert server.requests[0]["system"] == server.requests[1]["system"]
    assert [call.purpose for call in store.llm.list()] == ["ab-test-setup/draft", "ab-test-setup/draft-form-repair"]
    assert server.invalid == []


@pytest.mark.parametrize("broken", ["not JSON", "", '{"path": "/pricing"}'])
async def test_a_second_answer_of_another_form_is_no_verdict(
    claude: Claude, server: MessagesServer, catalog: Catalog, broken: str
) -> None:
    server.answer = in_order(broken)
    with pytest.raises(NoVerdict, match="no answer of the form asked for, twice"):
        await Author(claude).draft(marketing.assignment(catalog, "ab-test-setup"))
    assert len(server.requests) == 2


async def test_a_refusal_is_not_repaired(claude: Claude, server: MessagesServer, catalog: Catalog) -> None:
    server.answer = in_order(Reply("", stop_reason="refusal"))
    with pytest.raises(NoVerdict, match="refusal"):
        await Author(claude).draft(marketing.assignment(catalog, "ab-test-setup"))
    models = [body["model"] for body in server.requests]
    assert models == ["claude-opus-5-5", "claude-sonnet-5-5"], "asked of another model, once"


async def test_a_revision_names_the_findings_and_shares_the_drafts_prefix(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    better = PLAN.model_copy(update={"analysis": "Always-valid interval on the difference."})
    server.answer = in_order(PLAN, better)
    work = marketing.assignment(catalog, "ab-test-setup")
    drafted = await Author(claude).draft(work)
    revised = await Author(claude).revise(work, drafted.content, (FLAW,))
    assert revised.content == better
    one, other = server.requests
    assert all(one[shared] == other[shared] for shared in ("system", "model", "output_config"))
    assert "no method named" in said_in(other["messages"][0])


async def test_without_findings_there_is_nothing_to_revise(
    claude: Claude, server: MessagesServer, catalog: Catalog
) -> None:
    with pytest.raises(BadInput, match="at least one finding"):
        await Author(claude).revise(marketing.assignment(catalog, "ab-test-setup"), PLAN, ())
    assert server.requests == []
