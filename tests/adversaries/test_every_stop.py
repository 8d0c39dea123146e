"""A Claude that refuses, babbles, breaks off or calls the request invalid: each stop leaves a reason and a question."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from marketeer_dagster.campaigns.decisions import decide
from marketeer_dagster.campaigns.intake import take_goal
from marketeer_dagster.cli.report import campaign_report
from marketeer_dagster.model.campaign import CampaignStatus
from marketeer_dagster.model.review import ApprovalReason, ApprovalState
from tests.support.campaign_home import TENANT, CampaignHome, campaign_home
from tests.support.messages_server import Fault, MessagesServer, Reply, messages_server


def refuses(claude: MessagesServer) -> None:
    claude.answer = lambda body: Reply("I will not.", stop_reason="refusal")


def babbles(claude: MessagesServer) -> None:
    claude.answer = lambda body: Reply("Certainly! Here is a plan in prose.")


def breaks_off(claude: MessagesServer) -> None:
    claude.answer = lambda body: Reply('{"summary": "To be', stop_reason="max_tokens")


def answers_unsoundly(claude: MessagesServer) -> None:
    claude.answer = lambda body: Reply('{"summary": "Do something", "skills": ["telepathy"]}')


def calls_it_invalid(claude: MessagesServer) -> None:
    claude.faults = [Fault(400, kind="invalid_request_error") for _ in range(20)]


@pytest.fixture(scope="module")
def claude() -> Iterator[MessagesServer]:
    with messages_server() as running:
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, claude: MessagesServer) -> Iterator[CampaignHome]:
    path: Path = tmp_path_factory.mktemp("stops") / "home"
    with campaign_home(path, config=f'anthropic_base_url = "{claude.url}"') as made:
        made.add_tenant()
        made.figures()
        yield made


@pytest.mark.parametrize("misbehave", [refuses, babbles, breaks_off, answers_unsoundly, calls_it_invalid])
def test_a_goal_that_cannot_be_planned_says_why_and_asks(
    home: CampaignHome, claude: MessagesServer, misbehave: Callable[[MessagesServer], None]
) -> None:
    claude.faults = []
    misbehave(claude)
    clock = home.home.clock
    taken = take_goal(home.store, clock, tenant=TENANT, text=f"More trials, whatever it takes ({misbehave.__name__})")
    ended = home.finish(taken.key)
    assert ended.status is CampaignStatus.ESCALATED
    assert ended.reason.startswith("campaign plan: ")
    (question,) = home.store.approvals.list(campaign=taken.key, state=ApprovalState.PENDING)
    assert question.reason in (ApprovalReason.WORK_FAILED, ApprovalReason.CASCADING_FAILURE)
    assert ended.reason.splitlines()[0] in question.detail
    report = campaign_report(home.home, ended)
    assert (report["status"], report["reason"]) == ("escalated", ended.reason)
    assert [asked["id"] for asked in report["inbox"]] == [question.id]
    assert home.store.publications.list(campaign=taken.key) == ()

    before = len(report["runs"])
    decide(home.store, clock, question.id, ApprovalState.APPROVED, by="dana")
    again = home.finish(taken.key)
    assert len(campaign_report(home.home, again)["runs"]) == before + 1, "approving tried it again"
    (second,) = home.store.approvals.list(campaign=taken.key, state=ApprovalState.PENDING)
    decide(home.store, clock, second.id, ApprovalState.REJECTED, by="dana", note="enough")
    over = home.store.campaigns.get(taken.key)
    assert (over.status, over.reason.splitlines()[0]) == (CampaignStatus.FAILED, "ended by dana: enough")
