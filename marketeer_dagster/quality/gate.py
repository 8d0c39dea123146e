"""Whether a version may go on: what every reviewer last said of that very version, and nothing else.

The op that asks reviewers, the Director, and the blocking check each put this question to the stored rows themselves.
A word on another version counts for nothing, a missing word approves nothing, and an APPROVE beside serious findings
of its own is none. Pure: no I/O, no clock.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from marketeer_dagster.model.review import Review, Verdict

_GRAVEST_FIRST = (Verdict.REJECT, Verdict.NONE, Verdict.REVISE)


@dataclass(frozen=True)
class Standing:
    """How one version stands with its reviewers."""

    verdict: Verdict
    """APPROVE when every reviewer approved this version; otherwise the gravest that stands against it."""
    cause: str
    """For a person: who stands against it and why. Empty when it is approved."""
    unheard: tuple[str, ...]
    """Reviewers who have said nothing of this version, in their order."""

    @property
    def approved(self) -> bool:
        return self.verdict is Verdict.APPROVE


def gate(reviews: Iterable[Review], reviewers: Iterable[str], version: int) -> Standing:
    """How `version` stands with all of `reviewers`; `reviews` may hold those of other versions and other people.

    No reviewers at all approve everything: an artefact whose skill names none is the Director's alone to judge.
    """
    known = tuple(reviews)
    wanted = tuple(dict.fromkeys(reviewers))
    said = newest_words(known, version)
    unheard = tuple(name for name in wanted if name not in said)
    for verdict in _GRAVEST_FIRST:
        against = [said[name] for name in wanted if name in said and worth(said[name]) is verdict]
        if against:
            return Standing(verdict, " ".join(map(objection, against)), unheard)
    if unheard:
        return Standing(Verdict.NONE, " ".join(_silence(name, known, version) for name in unheard), unheard)
    return Standing(Verdict.APPROVE, "", ())


def newest_words(reviews: Iterable[Review], version: int) -> dict[str, Review]:
    """Each reviewer's last review of this version, by name, in the order of their first."""
    found: dict[str, Review] = {}
    for review in reviews:
        known = found.get(review.reviewer)
        if review.version == version and (known is None or _when(review) >= _when(known)):
            found[review.reviewer] = review
    return found


def worth(review: Review) -> Verdict:
    """What a review counts as: an APPROVE that names a blocker or major contradicts itself and is a REVISE."""
    contradicts = review.verdict is Verdict.APPROVE and any(finding.serious for finding in review.findings)
    return Verdict.REVISE if contradicts else review.verdict


def objection(review: Review) -> str:
    """One sentence for a person on a review that is no approval."""
    who, what = review.reviewer, f"version {review.version}"
    said = {
        Verdict.REJECT: f"{who} rejected {what}",
        Verdict.REVISE: f"{who} sent {what} back at {review.score:.1f}",
        Verdict.NONE: f"{who} gave no verdict on {what}",
    }
    reason = review.summary.strip().removeprefix("No verdict: ")
    return f"{said.get(worth(review), f'{who} approved {what}')}{f': {reason}' if reason else ''}".rstrip(".") + "."


def _silence(reviewer: str, reviews: Sequence[Review], version: int) -> str:
    others = sorted({review.version for review in reviews if review.reviewer == reviewer})
    if not others:
        return f"{reviewer} has judged no version."
    return f"{reviewer} has judged version {others[-1]}, not version {version}."


def _when(review: Review) -> tuple[int, int]:
    return review.take, review.round
