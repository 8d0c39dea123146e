"""What a materialised artefact says of itself, so that a reader of the UI never needs a terminal."""

from collections.abc import Sequence

from dagster import MetadataValue

from assets.artefact_checks import finders, findings_table
from assets.plans import spend_metadata
from assets.workshop import Workshop
from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.review import Review
from marketeer_dagster.quality.gate import newest_words

PREVIEW_LIMIT = 20_000
"""Characters of the rendered preview; longer ones slow the event log without being read."""


def artefact_metadata(bench: Workshop, artefact: Artefact, verdict: Review) -> dict[str, object]:
    """Preview, score, verdict, reviews, cost, tokens, and where it came from."""
    brief = bench.assignment.brief
    said = [review for review in bench.store.reviews.list(artefact=artefact.id) if review.version == artefact.version]
    of_this_version = list(newest_words(said, artefact.version).values()) or [verdict]
    found = tuple(dict.fromkeys(finding for review in of_this_version for finding in review.findings))
    learnings = ", ".join(learning.id for learning in bench.assignment.learnings)
    return {
        "preview": MetadataValue.md(artefact.parsed().render()[:PREVIEW_LIMIT]),
        "score": artefact.score,
        "verdict": artefact.verdict.value,
        "status": artefact.status.value,
        "version": artefact.version,
        "revisions": artefact.revisions,
        "scores": MetadataValue.md(_scores(of_this_version)),
        "findings": MetadataValue.md(findings_table(found, finders(of_this_version))),
        "reviews": MetadataValue.md(_reviews(bench, artefact)),
        "brief": MetadataValue.md(f"**{brief.objective}**\n\n{brief.key_message}"),
        "learnings_applied": learnings or "none",
        "skill_hash": artefact.skill_hash,
        "context_version": artefact.context_version,
        "prompt_hash": artefact.prompt_hash,
        "store_row": MetadataValue.md(f"`marketeer artefact show {artefact.id} --version {artefact.version}`"),
        "read": ", ".join(f"{a.skill} v{a.version} ({a.campaign})" for a in bench.assignment.upstream) or "nothing",
        "simulated": artefact.simulated,
        **spend_metadata(artefact.spend),
    }


def _scores(reviews: Sequence[Review]) -> str:
    """Every mark with whose it is, why, and the words it rests on."""
    rows = [
        f"| {review.reviewer} | {d.dimension} | {d.score:.1f} | {d.reason} | {d.quote} |"
        for review in reviews
        for d in review.dimensions
    ]
    head = ["| Reviewer | Dimension | Score | Why | Words |", "|---|---|---|---|---|"]
    return "\n".join([*head, *(row.replace("\n", " ") for row in rows)])


def _reviews(bench: Workshop, artefact: Artefact) -> str:
    rows = [
        f"| {r.version} | {r.reviewer} | {r.round} | {r.verdict.value} | {r.score:.1f} | {len(r.findings)} |"
        for r in bench.store.reviews.list(artefact=artefact.id)
    ]
    return "\n".join(
        ["| Version | Reviewer | Round | Verdict | Score | Findings |", "|---|---|---|---|---|---|", *rows]
    )
