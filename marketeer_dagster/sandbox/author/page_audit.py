"""Conversion audits: the live page's own words and the metrics' own figures, held against what visitors ask."""

from marketeer_dagster.sandbox.author.audit_checks import Checks
from marketeer_dagster.sandbox.author.headlines import headlines
from marketeer_dagster.sandbox.author.text import bare, capital, cut, ended
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]


class Audit:
    """The audit of one page, put together from its findings."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.checks = Checks(work)

    def content(self) -> Content:
        findings = list(self.checks.all())
        return {
            "path": self.work.path,
            "summary": self._summary(findings),
            "findings": findings[:12],
            "quick_wins": self._quick_wins(),
            "test_ideas": self._tests(),
        }

    def _summary(self, findings: list[Content]) -> str:
        work, figures = self.work, self.checks.figures()
        lead = capital(f"{work.place} stands at {figures}. ") if figures else ""
        problems = "; ".join(list(dict.fromkeys(bare(str(f["problem"])) for f in findings))[:3])
        asked = [q.text for q, _ in self.checks.unanswered()[:2]]
        mix = "; ".join(f"“{q}”" for q in asked)
        queries = f" What visitors ask and the page does not answer: {mix}." if asked else ""
        learned = " ".join(f"[{identity}]" for identity, _ in work.learnings[:3])
        cited = f" Earlier learnings considered: {learned}." if learned else ""
        return f"{lead}What costs most, in order: {problems}.{queries}{cited}"

    def _quick_wins(self) -> list[str]:
        work = self.work
        wins = [f"Label the button “{work.action.label}”"]
        wins += [f"Put under the button: {ended(work.action.note)}"] if work.action.note else []
        wins += [f"Say in the first section: {c.statements[0].sentence}" for _, c in self.checks.unanswered()[:2]]
        proof = next((s for s in work.facts.proof if s.has_number), None)
        wins += [f"Move this up: {proof.sentence}"] if proof else []
        return [cut(win, 300) for win in wins][:6]

    def _tests(self) -> list[Content]:
        work = self.work
        best = next(iter(headlines(work)), work.name)
        asked = next((q.text for q, _ in self.checks.unanswered()), "")
        reason = f"because visitors ask about “{asked}”" if asked else "because the present one names no benefit"
        ideas: list[Content] = [
            {
                "hypothesis": f"A headline that says “{best}” brings more visitors to “{work.action.label}”, {reason}.",
                "change": "Headline and first section",
                "expected_effect": "More visitors act; guard the quality of those who do",
            }
        ]
        if work.facts.proof or work.facts.quotes:
            ideas.append(
                {
                    "hypothesis": (
                        "Proof beside the button lowers doubt at the moment of decision, because known "
                        "objections concern trust."
                    ),
                    "change": "Proof next to the button",
                    "expected_effect": "More visitors act on the first visit",
                }
            )
        return ideas


def page_audit(work: Work) -> Content:
    """The audit of the page the brief names."""
    return Audit(work).content()
