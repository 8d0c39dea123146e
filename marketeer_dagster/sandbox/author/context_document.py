"""The product context, tightened: what it says stays word for word, what it lacks becomes a question."""

import re

from marketeer_dagster.sandbox.author.facts import OBJECTIONS, PROOF, Facts
from marketeer_dagster.sandbox.author.text import cut, numbers, words
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_SECTIONS = (
    "Product overview",
    "Target audience",
    "Personas",
    "Problems and pain points",
    "Competitive landscape",
    "Differentiation",
    "Objections",
    "Switching dynamics",
    "Customer language",
    "Brand voice",
    "Proof points",
    "Goals",
)


def context_document(work: Work) -> Content:
    """All twelve sections, and what only the tenant can answer."""
    changes: list[str] = []
    sections: list[Content] = []
    for title in _SECTIONS:
        before = work.facts.body(title.lower())
        after = _tidied(before) or "Not yet known."
        if before and after != before:
            changes.append(f"{title}: bullets and spacing made uniform")
        sections.append({"section": title, "body": _whole_lines(after, 5900)})
    return {"name": work.name, "sections": sections, "changes": changes, "open_questions": _questions(work)}


def _tidied(body: str) -> str:
    """The body with one kind of bullet, no trailing spaces and no runs of empty lines. Words stay."""
    lines = [re.sub(r"^(\s*)[*+•]\s+", r"\1- ", line.rstrip()) for line in body.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _whole_lines(body: str, limit: int) -> str:
    """The lines that fit; a section beyond the form's limit loses its last lines, never half of one."""
    if len(body) <= limit:
        return body
    end = body.rfind("\n", 0, limit)
    return body[:end].rstrip() if end > 0 else cut(body, limit)


def _questions(work: Work) -> list[str]:
    facts = work.facts
    checks = (
        (not any(q.who for q in facts.quotes), "Which customer may be quoted by name?"),
        (not any(s.has_number for s in facts.proof), "Which result can be stated as a figure, and for whom?"),
        (not work.offers, "What does it cost, and what is free?"),
        (not facts.objections, "Which objections do buyers raise, and what is the true answer?"),
        (not facts.steps, "What are the steps from first contact to first result?"),
        (not facts.avoided, "Which words should never be used?"),
        (len(facts.vocabulary) < 3, "Which words do customers themselves use for the problem?"),
        (not numbers(facts.body("goals")), "What is the goal as a figure, and by when?"),
        (
            words(facts.body("competitive landscape")) < 25,
            "What do people use instead today, and why do they stay with it?",
        ),
        (
            not re.search(r"guarantee|refund|cancel|退|取消", facts.document, re.I),
            "Is there a guarantee, refund or cancellation rule?",
        ),
    )
    found = [question for missing, question in checks if missing]
    undated = "From when are the proof points, and who may confirm them?"
    return [*found, undated][:8] if _has_proof(facts) else found[:8] or [undated]


def _has_proof(facts: Facts) -> bool:
    return bool(facts.body(PROOF) or facts.body(OBJECTIONS))
