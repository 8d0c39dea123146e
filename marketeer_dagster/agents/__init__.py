"""Author, reviewers and Director: who writes, who judges, who decides; and the one prompt assembler they share."""

from marketeer_dagster.agents.assignment import Assignment, Drafted, LivePage, Reviewed
from marketeer_dagster.agents.author import Author
from marketeer_dagster.agents.director import Director
from marketeer_dagster.agents.reviewer import Reviewer, no_verdict
from marketeer_dagster.agents.revision import (
    MAX_ASKED_AGAIN,
    MAX_ROUNDS,
    Candidate,
    Recorder,
    ReviewOutcome,
    review_until,
)

__all__ = [
    "MAX_ASKED_AGAIN",
    "MAX_ROUNDS",
    "Assignment",
    "Author",
    "Candidate",
    "Director",
    "Drafted",
    "LivePage",
    "Recorder",
    "ReviewOutcome",
    "Reviewed",
    "Reviewer",
    "no_verdict",
    "review_until",
]
