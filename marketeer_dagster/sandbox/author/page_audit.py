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
        lead = (
            capital(work.say(f"{work.place} stands at {figures}. ", f"{work.place}目前：{figures}。"))
            if figures
            else ""
        )
        problems = work.say("; ", "；").join(list(dict.fromkeys(bare(str(f["problem"])) for f in findings))[:3])
        asked = [q.text for q, _ in self.checks.unanswered()[:2]]
        mix = work.say("; ", "；").join(f"“{q}”" for q in asked)
        queries = (
            work.say(f" What visitors ask and the page does not answer: {mix}.", f"访客在问而页面没有回答的是：{mix}。")
            if asked
            else ""
        )
        learned = work.say(" ", "").join(f"[{identity}]" for identity, _ in work.learnings[:3])
        cited = (
            work.say(f" Earlier learnings considered: {learned}.", f"参考了已有经验：{learned}。") if learned else ""
        )
        return work.say(
            f"{lead}What costs most, in order: {problems}.{queries}{cited}",
            f"{lead}影响由大到小：{problems}。{queries}{cited}",
        )

    def _quick_wins(self) -> list[str]:
        work = self.work
        wins = [work.say(f"Label the button “{work.action.label}”", f"把按钮文字改为“{work.action.label}”")]
        wins += (
            [work.say(f"Put under the button: {ended(work.action.note)}", f"在按钮下写上：{ended(work.action.note)}")]
            if work.action.note
            else []
        )
        wins += [
            work.say(
                f"Say in the first section: {c.statements[0].sentence}", f"在第一段写上：{c.statements[0].sentence}"
            )
            for _, c in self.checks.unanswered()[:2]
        ]
        proof = next((s for s in work.facts.proof if s.has_number), None)
        wins += [work.say(f"Move this up: {proof.sentence}", f"把这句提前：{proof.sentence}")] if proof else []
        return [cut(win, 300) for win in wins][:6]

    def _tests(self) -> list[Content]:
        work = self.work
        best = next(iter(headlines(work)), work.name)
        asked = next((q.text for q, _ in self.checks.unanswered()), "")
        reason = work.say(
            f"because visitors ask about “{asked}”" if asked else "because the present one names no benefit",
            f"因为访客关心“{asked}”" if asked else "因为现有标题没有说出好处",
        )
        ideas: list[Content] = [
            {
                "hypothesis": work.say(
                    f"A headline that says “{best}” brings more visitors to “{work.action.label}”, {reason}.",
                    f"用“{best}”作标题，会有更多访客“{work.action.label}”，{reason}。",
                ),
                "change": work.say("Headline and first section", "标题和第一段"),
                "expected_effect": work.say(
                    "More visitors act; guard the quality of those who do", "行动的访客增加，同时关注其质量"
                ),
            }
        ]
        if work.facts.proof or work.facts.quotes:
            ideas.append(
                {
                    "hypothesis": work.say(
                        "Proof beside the button lowers doubt at the moment of decision, because known "
                        "objections concern trust.",
                        "在按钮旁放证据能减少犹豫，因为已知的顾虑多与信任有关。",
                    ),
                    "change": work.say("Proof next to the button", "按钮旁的证据"),
                    "expected_effect": work.say("More visitors act on the first visit", "首次访问就行动的人增加"),
                }
            )
        return ideas


def page_audit(work: Work) -> Content:
    """The audit of the page the brief names."""
    return Audit(work).content()
