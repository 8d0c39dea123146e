"""Reviewers that reject, lie, contradict themselves and fall silent, in real campaigns: what they did not approve on
the very version that stands stays in the house, nothing more is paid, and a person hears why."""

import shutil
from collections.abc import Iterator

import pytest

from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.model.artefacts import Artefact, ArtefactStatus
from marketeer_dagster.model.campaign import Campaign, CampaignStatus
from marketeer_dagster.model.review import Approval, ApprovalState, Verdict
from marketeer_dagster.quality.gate import gate
from tests.support.campaign_home import ROOT, CampaignHome, campaign_home, forget_definitions
from tests.support.rude_reviewers import Rude, rude_reviewers

ONE_PAGE = "one-page"
CHAIN = ("copy-editing", "page-cro")
PIPELINE = f"""
  {ONE_PAGE}:
    description: One page, two reviewers, one channel.
    skills: [copywriting]
    priority: P2
"""


@pytest.fixture(scope="module")
def model() -> Iterator[Rude]:
    with rude_reviewers() as made:
        yield made


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, model: Rude) -> Iterator[CampaignHome]:
    root = tmp_path_factory.mktemp("rude")
    shutil.copytree(ROOT / "skills", root / "catalog" / "skills")
    data = ROOT / "marketeer_dagster" / "catalog" / "data"
    shutil.copytree(data, root / "catalog" / "catalog")
    pipelines = root / "catalog" / "catalog" / "pipelines.yaml"
    pipelines.write_text(pipelines.read_text(encoding="utf-8") + PIPELINE, encoding="utf-8")
    config = f'anthropic_base_url = "{model.server.url}"\ncatalog = "{root / "catalog"}"'
    with campaign_home(root / "home", config=config) as made:
        model.sandbox_url = made.sandbox.url
        made.add_tenant()
        assert made.home.catalog.skill("copywriting").reviewers == CHAIN
        forget_definitions()
        yield made
    forget_definitions()


def play(home: CampaignHome, model: Rude, slug: str, **script: list[str]) -> Campaign:
    """A campaign from its pipeline to its end, or to the person it waits for."""
    model.begin(**script)
    return home.finish(home.take(ONE_PAGE, slug).key)


def judged(model: Rude) -> list[tuple[str, str]]:
    """What was asked after the plan and the draft."""
    return [(who, said) for who, said in model.asked if who not in ("plan", "draft")]


def head_of(home: CampaignHome, campaign: Campaign) -> Artefact:
    (head,) = home.store.artefacts.heads(campaign.key)
    return head


def pages(home: CampaignHome) -> list[str]:
    """What was written to WordPress."""
    return [entry.key for entry in home.sandbox.admin.ledger(vendor="wordpress")]


def held(home: CampaignHome, campaign: Campaign, written: list[str]) -> Approval:
    """The campaign waits for a person, about its very head, and nothing went out; the question."""
    assert campaign.status is CampaignStatus.ESCALATED
    head = head_of(home, campaign)
    assert head.status is ArtefactStatus.ESCALATED
    (question,) = home.store.approvals.list(campaign=campaign.key, state=ApprovalState.PENDING)
    assert question.subject == f"{head.id}@{head.version}"
    assert home.store.publications.list(campaign=campaign.key) == ()
    assert pages(home) == written
    return question


def everybody_approved(home: CampaignHome, head: Artefact) -> bool:
    reviews = home.store.reviews.list(artefact=head.id)
    return gate(reviews, (*CHAIN, "director"), head.version).approved


def test_a_chain_that_agrees_publishes(home: CampaignHome, model: Rude) -> None:
    done = play(home, model, "agreed")
    assert done.status is CampaignStatus.PUBLISHED
    assert judged(model) == [("copy-editing", "APPROVE"), ("page-cro", "APPROVE"), ("director", "APPROVE")]
    assert everybody_approved(home, head_of(home, done))
    assert pages(home)


ENDINGS = {
    # who is rude: the script, what was asked, words of the inbox
    "a first reviewer rejects": (
        {"copy_editing": ["REJECT"]},
        [("copy-editing", "REJECT")],
        "copy-editing rejected version 1: It says REJECT.",
    ),
    "a second reviewer rejects": (
        {"page_cro": ["REJECT"]},
        [("copy-editing", "APPROVE"), ("page-cro", "REJECT")],
        "page-cro rejected version 1",
    ),
    "three times sent back": (
        {"copy_editing": ["REVISE"]},
        [("copy-editing", "REVISE"), ("revise", ""), ("copy-editing", "REVISE"), ("revise", ""),
         ("copy-editing", "REVISE")],
        "Not approved in 3 rounds. copy-editing sent version 3 back",
    ),
    "a refusal": (
        {"copy_editing": ["REFUSE"]},
        [("copy-editing", "REFUSE")],
        "copy-editing gave no verdict on version 1",
    ),
    "a word instead of a review": (
        {"page_cro": ["MUMBLE"]},
        [("copy-editing", "APPROVE"), ("page-cro", "MUMBLE")],
        "page-cro gave no verdict on version 1",
    ),
    "quotes that are not there": (
        {"copy_editing": ["LIE"]},
        [("copy-editing", "LIE")],
        "cannot be believed, twice",
    ),
    "a mark left out": ({"page_cro": ["FORGET"]}, [("copy-editing", "APPROVE"), ("page-cro", "FORGET")], "has no mark"),
    "marks for something else": ({"copy_editing": ["OVERALL"]}, [("copy-editing", "OVERALL")], "has no mark"),
    "a rejection after others' changes": (
        {"copy_editing": ["APPROVE", "REJECT"], "page_cro": ["REVISE", "APPROVE"]},
        [("copy-editing", "APPROVE"), ("page-cro", "REVISE"), ("revise", ""), ("page-cro", "APPROVE"),
         ("copy-editing", "REJECT")],
        "copy-editing rejected version 2",
    ),
    "silence after others' changes": (
        {"copy_editing": ["APPROVE", "REFUSE"], "page_cro": ["REVISE", "APPROVE"]},
        [("copy-editing", "APPROVE"), ("page-cro", "REVISE"), ("revise", ""), ("page-cro", "APPROVE"),
         ("copy-editing", "REFUSE")],
        "copy-editing gave no verdict on version 2",
    ),
    "mends that nobody can see": (
        {"page_cro": ["REVISE", "WAVE_THROUGH"]},
        [("copy-editing", "APPROVE"), ("page-cro", "REVISE"), ("revise", ""), ("page-cro", "WAVE_THROUGH"),
         ("revise", ""), ("page-cro", "WAVE_THROUGH")],
        "Not approved in 3 rounds",
    ),
    "top marks beside a blocker": (
        {"copy_editing": ["CONTRADICT"]},
        [("copy-editing", "CONTRADICT"), ("revise", "")] * 2 + [("copy-editing", "CONTRADICT")],
        "Not approved in 3 rounds",
    ),
    "a Director who rejects": (
        {"director": ["REJECT"]},
        [("copy-editing", "APPROVE"), ("page-cro", "APPROVE"), ("director", "REJECT")],
        "It says REJECT.",
    ),
    "a Director who says nothing": (
        {"director": ["CUT"]},
        [("copy-editing", "APPROVE"), ("page-cro", "APPROVE"), ("director", "CUT")],
        "No verdict",
    ),
    "a Director who lies": (
        {"director": ["LIE"]},
        [("copy-editing", "APPROVE"), ("page-cro", "APPROVE"), ("director", "LIE")],
        "cannot be believed, twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("script", "asked", "told"), ENDINGS.values(), ids=ENDINGS)
def test_what_is_not_approved_stays_and_a_person_hears_why(
    home: CampaignHome,
    model: Rude,
    request: pytest.FixtureRequest,
    script: dict[str, list[str]],
    asked: list[tuple[str, str]],
    told: str,
) -> None:
    written = pages(home)
    slug = f"held-{list(ENDINGS).index(request.node.callspec.id)}"
    campaign = play(home, model, slug, **script)
    question = held(home, campaign, written)
    assert judged(model) == asked, "nobody revises on top of an ending, and nothing more is paid"
    assert told in question.detail
    assert not everybody_approved(home, head_of(home, campaign))


def test_others_changes_are_shown_to_whoever_approved_before_and_may_reopen_the_work(
    home: CampaignHome, model: Rude
) -> None:
    done = play(
        home, model, "reopened", copy_editing=["APPROVE", "REVISE", "APPROVE"], page_cro=["REVISE", "APPROVE"]
    )  # fmt: skip
    assert judged(model) == [
        ("copy-editing", "APPROVE"),
        ("page-cro", "REVISE"), ("revise", ""), ("page-cro", "APPROVE"),
        ("copy-editing", "REVISE"), ("revise", ""), ("copy-editing", "APPROVE"), ("page-cro", "APPROVE"),
        ("director", "APPROVE"),
    ]  # fmt: skip
    head = head_of(home, done)
    assert (done.status, head.version, head.revisions) == (CampaignStatus.PUBLISHED, 3, 2)
    assert everybody_approved(home, head)


def test_reviewers_who_never_agree_end_within_the_bound(home: CampaignHome, model: Rude) -> None:
    written = pages(home)
    campaign = play(
        home, model, "quarrel", copy_editing=["APPROVE", "REVISE", "APPROVE"],
        page_cro=["REVISE", "APPROVE", "REVISE", "APPROVE"],
    )  # fmt: skip
    question = held(home, campaign, written)
    reviews = [who for who, _ in judged(model) if who != "revise"]
    assert max(map(reviews.count, CHAIN)) <= 5
    assert "copy-editing was asked 2 times and has not approved what came out." in question.detail


def test_a_persons_approval_of_the_very_version_stands_above_the_chain(home: CampaignHome, model: Rude) -> None:
    campaign = play(home, model, "overruled", copy_editing=["REJECT"])
    head, written = head_of(home, campaign), pages(home)
    question = held(home, campaign, written)
    paid = list(model.server.billed)
    decide(home.store, home.home.clock, question.id, ApprovalState.APPROVED, by="dana", note="I know better")
    done = home.finish(campaign.key)
    assert done.status is CampaignStatus.PUBLISHED
    assert head_of(home, done).version == head.version
    assert model.server.billed == paid
    assert pages(home) != written


def test_work_that_a_person_sent_back_is_judged_anew_even_when_the_same_text_returns(
    home: CampaignHome, model: Rude
) -> None:
    written = pages(home)
    campaign = play(home, model, "returned", copy_editing=["REJECT"])
    question = held(home, campaign, written)
    model.begin(page_cro=["REJECT"])
    decide(home.store, home.home.clock, question.id, ApprovalState.REVISE, by="dana", note="Look at it once more.")
    again = home.finish(campaign.key)
    question = held(home, again, written)
    assert judged(model) == [("copy-editing", "APPROVE"), ("page-cro", "REJECT")]
    assert "page-cro rejected" in question.detail


def test_an_approved_status_alone_keeps_nothing(home: CampaignHome, model: Rude) -> None:
    """A store from before the gate held may call a version approved that a reviewer rejected: it is not published."""
    campaign = play(home, model, "from-before", page_cro=["REJECT"])
    head, written = head_of(home, campaign), pages(home)
    home.store.artefacts.finalise(
        head.id, head.version, status=ArtefactStatus.APPROVED, score=8.0, verdict=Verdict.APPROVE,
        revisions=0, spend=head.spend, prompt_hash=head.prompt_hash,
    )  # fmt: skip
    home.store.campaigns.reopen(campaign.key, home.home.clock.now())
    again = home.finish(campaign.key)
    assert again.status is CampaignStatus.ESCALATED
    assert pages(home) == written
