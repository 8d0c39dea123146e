"""What became of earlier findings: looked up in the text as it stands now, whoever named them."""

from collections.abc import Mapping, Sequence

from marketeer_dagster.sandbox.author.flaws import Flaw
from marketeer_dagster.sandbox.author.flaws_lines import REPEATED
from marketeer_dagster.sandbox.author.paths import get, leaves
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_LONGEST = 300


def answers(content: Mapping[str, object], flaws: Sequence[Flaw], work: Work) -> list[Content]:
    """One answer per finding of the task's `earlier` block."""
    return [_answer(finding, content, flaws, work) for finding in work.task.records("earlier")]


def _answer(finding: Record, content: Mapping[str, object], flaws: Sequence[Flaw], work: Work) -> Content:
    words = _words_there(finding, content)
    if _still_there(finding, content, flaws, work):
        quote, mended = finding.text("quote"), False
        reason = "The place is as it was."
    else:
        quote, mended = words, True
        reason = "The words at fault are gone from this place."
    return {"finding": finding.text("id"), "quote": quote[:_LONGEST], "reason": reason, "mended": mended}


def _still_there(finding: Record, content: Mapping[str, object], flaws: Sequence[Flaw], work: Work) -> bool:
    """A flaw of the same kind in the same words or place; or words at fault, of whatever kind, that nobody touched."""
    quote = finding.text("quote")
    if any(is_of(flaw, finding) for flaw in flaws):
        return True
    if not quote or finding.text("problem") == REPEATED:  # Said once, it rightly stands in its other place.
        return False
    here = get(content, finding.text("where"))
    # A place that holds no text of its own is everything below it; words whose place is gone may be anywhere.
    places = [here] if isinstance(here, str) else [told for _, told in leaves(content if here is None else here)]
    return any(quote in place for place in places)


def is_of(flaw: Flaw, finding: Record) -> bool:
    """Whether `flaw` is what an earlier finding named: the same problem with the same words or in the same place."""
    same = flaw.quote == finding.text("quote") or flaw.where == finding.text("where")
    return same and flaw.problem == finding.text("problem")


def _words_there(finding: Record, content: Mapping[str, object]) -> str:
    """What stands in the finding's place now; where the place is gone, what stands in the nearest place above it."""
    where, quote = finding.text("where"), finding.text("quote")
    here = get(content, where)
    if isinstance(here, str):
        return here
    while where and not any(leaves(here)):
        where = where.rpartition("." if where.rpartition(".")[2].count("[") == 0 else "[")[0]
        here = get(content, where) if where else content
    return next((text for _, text in leaves(here) if not quote or quote not in text), "")
