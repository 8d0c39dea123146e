"""What to do about an audit's finding, from its own evidence: for revisions, which see neither page nor metrics."""

import re

from marketeer_dagster.sandbox.author.headlines import headlines
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import ended
from marketeer_dagster.sandbox.author.work import Work

_QUOTED = re.compile(r"[“「]([^”」]{2,200})[”」]")


def advice(finding: Record, work: Work) -> str:
    """A recommendation that somebody could carry out."""
    quoted = _QUOTED.search(finding.text("evidence"))
    subject = quoted[1] if quoted else finding.text("problem")
    page = finding.text("page") or work.place
    area = finding.text("area")
    best = headlines(work)[0]
    if area in ("headline", "value_proposition", "on_page"):
        return f"Lead with what is true and concrete, for instance “{best}”."
    if area == "cta":
        label, note = work.action.label, ended(work.action.note or work.action.label)
        return f"Label the button “{label}” and put under it: {note}"
    if area == "friction":
        needed = ", ".join(work.action.fields)
        return f"Ask only for what the first step needs: {needed}."
    if area == "proof" and (work.facts.proof or work.facts.quotes):
        proof = work.facts.proof[0].sentence if work.facts.proof else f"“{work.facts.quotes[0].text}”"
        return f"Put proof beside the claim: {proof}"
    answers = work.facts.about(subject, most=1)
    if answers:
        return f"Say it on {page} in the words people use: {answers[0].sentence}"
    return (
        f"Decide whether {work.name} wants this reader; the context says nothing about the subject, so ask the "
        "product team before writing."
    )
