"""A language model that says what it is told, prompt by prompt, and replays what it said: for chains of many shapes."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from marketeer_dagster.agents.answers import ReviewAnswer
from marketeer_dagster.agents.prompt import prompt_hash
from marketeer_dagster.agents.protocols import Answer, CallScope, Prompt, Tier, Usage
from marketeer_dagster.model.artefacts import Spend
from marketeer_dagster.model.artefacts.experiment_plan import Arm, ExperimentPlan
from marketeer_dagster.model.errors import NoVerdict, ToolError, ToolErrorKind
from marketeer_dagster.model.review import Severity
from marketeer_dagster.quality.earlier import JudgedMend
from marketeer_dagster.quality.rubric import JudgedDimension, JudgedFinding

REVIEWS = (
    "APPROVE",
    "APPROVE",
    "APPROVE",
    "REVISE",
    "REVISE",
    "REJECT",
    "NONE",
    "DOWN",
    "FLAKY",
    "LIE",
    "CONTRADICT",
    "FORGET",
)
REVISIONS = ("NEW", "NEW", "NEW", "SAME", "BACK", "DOWN", "FLAKY", "REFUSE")
ENDINGS = {"REJECT", "NONE", "DOWN", "LIE"}
"""What a reviewer says that ends a chain, whoever else approves."""


class Killed(BaseException):
    """The process ended in the middle of a step."""


def plan(number: int) -> ExperimentPlan:
    """The content that is version `number` where every revision brings something new."""
    arms = (Arm(name="control", description="now", share=0.5), Arm(name="b", description="new", share=0.5))
    return ExperimentPlan(
        path="/pricing", hypothesis=f"hypothesis number {number}", primary_metric="conversion_rate", arms=arms,
        baseline_rate=0.02, minimum_effect=0.2, sample_per_arm=1000, max_days=28, stopping_rule="s", analysis="a",
    )  # fmt: skip


def number_of(text: str) -> int:
    """Which of the plans a text holds."""
    found = re.search(r"hypothesis number (\d+)", text)
    assert found
    return int(found[1])


@dataclass(frozen=True)
class Said:
    """One new question and what was said."""

    who: str
    number: int
    """The plan that was asked about."""
    move: str


@dataclass
class ScriptedModel:
    """Implements LanguageModel. `choose` picks a move for every new prompt of somebody (`revise` is the author)."""

    choose: Callable[[str, tuple[str, ...]], str]
    kill_at: int = 0
    """The call at which the process dies, once; 0 never."""
    said: dict[str, Said] = field(default_factory=dict)
    newest: int = 1
    calls: int = 0
    _failed: set[str] = field(default_factory=set)
    _written: dict[str, ExperimentPlan] = field(default_factory=dict)

    async def complete(
        self, prompt: Prompt, answer: type[Answer], *, tier: Tier, scope: CallScope
    ) -> tuple[Answer, Usage]:
        self.calls += 1
        if self.calls == self.kill_at:
            raise Killed
        task = prompt.turns[0].text
        key = prompt_hash(prompt.model_copy(update={"turns": prompt.turns[:1]}))
        who = scope.purpose.partition("/")[2].removesuffix("-repair").removeprefix("review-")
        if key not in self.said:
            moves = REVISIONS if who == "revise" else REVIEWS
            self.said[key] = Said(who, number_of(task.rpartition("<draft>" if who == "revise" else "<artefact")[2]), "")
            self.said[key] = Said(who, self.said[key].number, self.choose(who, moves))
        move = self.said[key].move
        if move in ("NONE", "REFUSE"):
            raise NoVerdict("declined")
        if move == "DOWN" or (move == "FLAKY" and key not in self._failed):
            self._failed.add(key)
            raise ToolError("claude", ToolErrorKind.OUTAGE, "overloaded")
        made = self._revision(key) if who == "revise" else _review(task, self.said[key].number, move)
        usage = Usage(model="scripted", fingerprint=key, spend=Spend(calls=1), replayed=False)
        return answer.model_validate(made.model_dump()), usage

    async def reject(self, calls: Collection[str], why: str, *, scope: CallScope) -> None:
        """A script has no ledger: what it said of a prompt it says again."""

    def _revision(self, key: str) -> ExperimentPlan:
        if key not in self._written:
            said = self.said[key]
            self.newest += said.move in ("NEW", "FLAKY")
            number = {"SAME": said.number, "BACK": 1}.get(said.move, self.newest)
            self._written[key] = plan(number)
        return self._written[key]


def _review(task: str, number: int, move: str) -> ReviewAnswer:
    there = f"hypothesis number {number}"
    quote = "words of nobody" if move == "LIE" else there
    score = {"REVISE": 3, "REJECT": 1}.get(move, 5)
    rubric = task.rpartition("<rubric>")[2]
    names = re.findall(r'"([a-z_]+)": ', rubric)
    earlier = re.findall(r'"id": "(f_[0-9a-f]+)"', task.partition("<earlier>")[2].partition("</earlier>")[0])
    flaw = JudgedFinding(
        dimension=names[0], where="hypothesis", quote=quote, problem="p", suggestion="s",
        severity=Severity.BLOCKER if move == "CONTRADICT" else Severity.MAJOR,
    )  # fmt: skip
    shown = earlier if move != "FORGET" else []
    return ReviewAnswer(
        earlier=tuple(JudgedMend(finding=f, quote=there, reason="r", mended=True) for f in shown),
        findings=(flaw,) if move in ("REVISE", "CONTRADICT") else (),
        dimensions=tuple(JudgedDimension(dimension=n, quote=quote, reason="r", score=score) for n in names),
        summary="s",
    )  # fmt: skip
