"""Conversion audits: the live page's own words and the metrics' own figures, held against what visitors ask."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from marketeer_dagster.sandbox.author.action import is_weak
from marketeer_dagster.sandbox.author.headlines import headlines
from marketeer_dagster.sandbox.author.metrics import Query
from marketeer_dagster.sandbox.author.text import (
    bare,
    capital,
    cjk_count,
    cut,
    ended,
    joined,
    numbers,
    plain,
    terms,
    words,
)
from marketeer_dagster.sandbox.author.work import Concern, Work

Content = dict[str, object]
_TAG = re.compile(r"<[^>]+>")
_ORDER = re.compile(
    r"ignore (?:all|any|the|your|previous)|previous instructions|system prompt|忽略.{0,8}(?:指令|提示)|^[{\[]|\":\s*[\"{\[]", re.IGNORECASE
)
"""Lines addressed to or written by a machine: data like all else on the page, and not worth quoting to a colleague."""
_SCRIPT = re.compile(r"<(script|style)\b.*?</\1>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class LivePage:
    """A fetched page, read as data: HTML or Markdown or plain text."""

    headline: str
    buttons: tuple[str, ...]
    fields: int
    text: str
    lines: tuple[str, ...]


def read_live(source: str) -> LivePage:
    """Headline, button labels, number of form fields and the visible text of a page."""
    source = _SCRIPT.sub("", unescape(source))
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", source, re.I | re.S) or re.search(r"^#\s+(.+)$", source, re.M)
    buttons = re.findall(r"<(?:button|a)\b[^>]*>(.*?)</(?:button|a)>", source, re.I | re.S) + re.findall(r"\[([^\]]+)\]\([^)]+\)", source)
    fields = len(re.findall(r"<(?:input|select|textarea)\b(?![^>]*type=\"?(?:hidden|submit))", source, re.I))
    spaced = re.sub(r"</(?:p|h\d|li|div|section|blockquote|a|button)>|<br\s*/?>", "\n", source, flags=re.I)
    found = (plain(re.sub(r"^[#>*\-\s]+", "", raw)) for raw in _TAG.sub(" ", spaced).splitlines())
    lines = tuple(line for line in found if line and not _ORDER.search(line))
    first = next((line for line in lines if words(line) >= 2), "")
    headline = plain(_TAG.sub("", heading[1])) if heading else first
    labels = tuple(label for b in buttons if (label := plain(_TAG.sub("", b))) and len(label) <= 40)
    return LivePage(headline, labels, fields, "\n".join(lines), lines)


class Audit:
    """Findings about one page, in order of influence on conversion."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.page = read_live(work.live)
        self.said = terms(self.page.text)
        self.row = work.metrics.pages.get(work.path)
        self.queries = [q for q in work.metrics.queries if not q.page or q.page == work.path] or work.metrics.queries

    def content(self) -> Content:
        findings = list(self._findings())
        return {
            "path": self.work.path,
            "summary": self._summary(findings),
            "findings": findings[:12],
            "quick_wins": self._quick_wins(),
            "test_ideas": self._tests(),
        }

    def figures(self) -> str:
        """The page's own figures, as the metrics have them."""
        if self.row is None:
            return ""
        cells = [f"{name.replace('_', ' ')} {value}" for name, value in self.row.cells.items() if numbers(value) and not value.startswith("/")]
        return self.work.say(", ", "，").join(cells)

    def _findings(self) -> Iterator[Content]:
        yield from self._message_match()
        yield from self._headline()
        yield from self._action()
        yield from self._proof()
        yield from self._objections()
        yield from self._friction()
        yield from self._value()

    def _message_match(self) -> Iterator[Content]:
        work = self.work
        for query, concern in self._unanswered()[:3]:
            figures = _figures(query, work)
            new = work.say(" (new in the metrics)", "（数据中新出现）") if query.fresh else ""
            answer = concern.statements[0].sentence
            yield _finding(
                "message_match", "high",
                work.say(f"Query “{query.text}”{new}{figures}; the page does not speak of it.", f"查询“{query.text}”{new}{figures}；页面没有提到。"),
                work.say("Visitors ask something the page does not answer", "访客关心的问题，页面没有回答"),
                work.say(f"Answer it in the headline or the first section, in those words: {answer}", f"在标题或第一段用同样的说法回答：{answer}"),
            )  # fmt: skip

    def _unanswered(self) -> list[tuple[Query, Concern]]:
        asked = {c.text.lower(): c for c in self.work.concerns if c.statements}
        pairs: list[tuple[Query, Concern]] = [
            (Query(c.text, self.work.path, fresh=False), c) for c in asked.values() if c.leads and not self._answered(c.text)
        ]
        known = {q.text.lower() for q, _ in pairs}
        for query in sorted(self.queries, key=lambda q: not q.fresh):
            answers = self.work.facts.about(query.text)
            topic = self.work.topic(query.text).lower()
            if answers and not self._answered(query.text):
                pair = (query, Concern(query.text, tuple(answers)))
                pairs = [pair if q.text.lower() == topic else (q, c) for q, c in pairs] if topic in known else [*pairs, pair]
        return pairs

    def _answered(self, text: str) -> bool:
        wanted = terms(text)
        return bool(self.page.text) and len(wanted & self.said) >= 0.7 * len(wanted)

    def _headline(self) -> Iterator[Content]:
        work, text = self.work, self.page.headline
        own = terms(text) - terms(work.name)
        best = next((h for h in headlines(work) if h != text), work.name)
        if text and not numbers(text) and len(own & terms(work.facts.document)) < 3:
            yield _finding(
                "headline", "high", work.say(f"The page's headline reads “{cut(text, 200)}”.", f"页面标题是“{cut(text, 200)}”。"),
                work.say("The headline names no benefit a visitor could check", "标题没有说出可以核对的好处"),
                work.say(f"Lead with what is true and concrete, for instance “{best}”.", f"用真实而具体的说法开头，例如“{best}”。"),
            )  # fmt: skip
        elif text:
            yield _finding(
                "headline", "medium", work.say(f"The page's headline reads “{cut(text, 200)}”.", f"页面标题是“{cut(text, 200)}”。"),
                work.say("The headline is sound but does not use the strongest argument", "标题可用，但没有用上最强的理由"),
                work.say(f"Test “{best}” against it.", f"用“{best}”与之对比测试。"),
            )  # fmt: skip

    def _action(self) -> Iterator[Content]:
        work, wanted = self.work, self.work.action.label
        weak = next((b for b in self.page.buttons if is_weak(b)), "")
        if weak:
            yield _finding(
                "cta", "high", work.say(f"A button reads “{weak}”.", f"按钮文字是“{weak}”。"),
                work.say("The button does not say what happens next", "按钮没有说明下一步"),
                work.say(f"Label it “{wanted}” and put the reassurance under it: {ended(work.action.note or wanted)}", f"改为“{wanted}”，并在下方写明：{ended(work.action.note or wanted)}"),
            )  # fmt: skip
        elif self.page.text and not any(terms(b) & terms(wanted) for b in self.page.buttons):
            shown = work.say(", ", "、").join(f"“{b}”" for b in self.page.buttons[:3])
            yield _finding(
                "cta", "high",
                work.say(f"The buttons read {shown}." if shown else f"The page text has no button; its first line is “{cut(self.page.headline, 120)}”.",
                         f"按钮文字有{shown}。" if shown else f"页面没有按钮，首行是“{cut(self.page.headline, 120)}”。"),
                work.say(f"Nothing on the page asks for “{wanted}”", f"页面没有请访客“{wanted}”"),
                work.say(f"Put one button “{wanted}” in the hero and repeat it after the proof.", f"在首屏放一个“{wanted}”按钮，并在证据之后重复一次。"),
            )  # fmt: skip

    def _proof(self) -> Iterator[Content]:
        work = self.work
        missing = [s for s in work.facts.proof if s.has_number and s.text not in self.page.text and len(s.terms & self.said) < 0.7 * len(s.terms)]
        quote = next((q for q in work.facts.quotes if q.who and q.text not in self.page.text), None)
        if self.page.text and (missing or quote):
            longest = max(self.page.lines, key=lambda line: min(len(line), 160))
            best = f"“{quote.text}” ({quote.who})" if quote else missing[0].sentence
            yield _finding(
                "proof", "high" if missing and quote else "medium",
                work.say(f"The page argues “{cut(longest, 160)}” and shows no figure or customer for it.", f"页面写着“{cut(longest, 160)}”，没有数字或客户作证。"),
                work.say("Benefits are claimed without proof", "只有说法，没有证据"),
                work.say(f"Put proof beside the claim: {best}", f"在说法旁边放证据：{best}"),
            )  # fmt: skip

    def _objections(self) -> Iterator[Content]:
        work = self.work
        open_ones = [(o, a) for o, a in work.facts.objections if len(terms(a) & self.said) < 0.5 * len(terms(a))]
        if open_ones:
            objection, answer = open_ones[0]
            mark = self.figures()
            base = work.say(f"The product context records the objection “{objection}”", f"产品资料记录了顾虑“{objection}”")
            last = self.page.lines[-1] if self.page.lines else ""
            where = work.say(f"; the page ends with “{cut(last, 120)}” without answering it", f"；页面以“{cut(last, 120)}”结尾，没有回应") if last else ""
            yield _finding(
                "objections", "medium", f"{base}{where}{work.say('. Figures: ', '。数据：') + mark if mark and not last else ''}{work.say('.', '。')}",
                work.say("A known objection stays unanswered", "已知的顾虑没有回应"),
                work.say(f"Add it to the questions with this answer: {ended(answer)}", f"加入常见问题并回答：{ended(answer)}"),
            )  # fmt: skip

    def _friction(self) -> Iterator[Content]:
        work = self.work
        if self.page.fields > 3:
            needed = work.say(", ", "、").join(work.action.fields)
            tags = re.findall(r"<(?:input|select|textarea)\b[^>]*name=\"([^\"]+)\"", work.live, re.I)
            listed = work.say(", ", "、").join(f"“{tag}”" for tag in tags[:8])
            yield _finding(
                "friction", "high", work.say(f"The form asks for {listed or 'more than one screen of fields'}.", f"表单要求填写{listed or '很多项'}。"),
                work.say("The form asks for more than the first step needs", "表单超过第一步所需"),
                work.say(f"Ask only for: {needed}.", f"只问：{needed}。"),
            )  # fmt: skip

    def _value(self) -> Iterator[Content]:
        work = self.work
        figures = self.figures()
        best = next(iter(headlines(work)), work.name)
        basis = work.say(f"Figures for {work.place}: {figures}.", f"{work.place}的数据：{figures}。") if figures else (
            work.say(f"The first lines read “{cut(' '.join(self.page.lines[:2]), 200)}”.", f"开头写着“{cut(' '.join(self.page.lines[:2]), 200)}”。") if self.page.lines
            else work.say(f"No live page and no figures were given for {work.path}; the brief asks: “{cut(work.brief.text('objective') or work.action.label, 200)}”.",
                          f"没有{work.path}的页面和数据；任务要求：“{cut(work.brief.text('objective') or work.action.label, 200)}”。")
        )  # fmt: skip
        yield _finding(
            "value_proposition", "medium", basis,
            work.say("The value proposition is spread over the page instead of leading it", "价值主张分散在页面各处，没有放在最前"),
            work.say(f"Open with “{best}” and follow with what it means: {_support(work)}", f"以“{best}”开头，接着说明：{_support(work)}"),
        )  # fmt: skip

    def _summary(self, findings: list[Content]) -> str:
        work, figures = self.work, self.figures()
        lead = capital(work.say(f"{work.place} stands at {figures}. ", f"{work.place}目前：{figures}。")) if figures else ""
        problems = work.say("; ", "；").join(list(dict.fromkeys(bare(str(f["problem"])) for f in findings))[:3])
        asked = [q.text for q, _ in self._unanswered()[:2]]
        mix = work.say("; ", "；").join(f"“{q}”" for q in asked)
        queries = work.say(f" What visitors ask and the page does not answer: {mix}.", f"访客在问而页面没有回答的是：{mix}。") if asked else ""
        learned = work.say(" ", "").join(f"[{identity}]" for identity, _ in work.learnings[:3])
        cited = work.say(f" Earlier learnings considered: {learned}.", f"参考了已有经验：{learned}。") if learned else ""
        return work.say(f"{lead}What costs most, in order: {problems}.{queries}{cited}", f"{lead}影响由大到小：{problems}。{queries}{cited}")

    def _quick_wins(self) -> list[str]:
        work = self.work
        wins = [work.say(f"Label the button “{work.action.label}”", f"把按钮文字改为“{work.action.label}”")]
        wins += [work.say(f"Put under the button: {ended(work.action.note)}", f"在按钮下写上：{ended(work.action.note)}")] if work.action.note else []
        wins += [work.say(f"Say in the first section: {c.statements[0].sentence}", f"在第一段写上：{c.statements[0].sentence}") for _, c in self._unanswered()[:2]]
        proof = next((s for s in work.facts.proof if s.has_number), None)
        wins += [work.say(f"Move this up: {proof.sentence}", f"把这句提前：{proof.sentence}")] if proof else []
        return [cut(win, 300) for win in wins][:6]

    def _tests(self) -> list[Content]:
        work = self.work
        best = next(iter(headlines(work)), work.name)
        asked = next((q.text for q, _ in self._unanswered()), "")
        reason = work.say(f"because visitors ask about “{asked}”" if asked else "because the present one names no benefit", f"因为访客关心“{asked}”" if asked else "因为现有标题没有说出好处")
        ideas: list[Content] = [{
            "hypothesis": work.say(f"A headline that says “{best}” brings more visitors to “{work.action.label}”, {reason}.", f"用“{best}”作标题，会有更多访客“{work.action.label}”，{reason}。"),
            "change": work.say("Headline and first section", "标题和第一段"),
            "expected_effect": work.say("More visitors act; guard the quality of those who do", "行动的访客增加，同时关注其质量"),
        }]  # fmt: skip
        if work.facts.proof or work.facts.quotes:
            ideas.append({
                "hypothesis": work.say("Proof beside the button lowers doubt at the moment of decision, because known objections concern trust.", "在按钮旁放证据能减少犹豫，因为已知的顾虑多与信任有关。"),
                "change": work.say("Proof next to the button", "按钮旁的证据"),
                "expected_effect": work.say("More visitors act on the first visit", "首次访问就行动的人增加"),
            })  # fmt: skip
        return ideas


def page_audit(work: Work) -> Content:
    """The audit of the page the brief names."""
    return Audit(work).content()


def _support(work: Work) -> str:
    pool = [s for c in work.concerns for s in c.statements[:1]] or work.facts.benefits or work.overview
    return joined(s.sentence for s in pool[:2]) or ended(work.name)


def _figures(query: Query, work: Work) -> str:
    known = [(query.clicks, work.say("clicks", "次点击")), (query.impressions, work.say("impressions", "次展示"))]
    listed = work.say(", ", "，").join(f"{value} {name}" if not cjk_count(name) else f"{value}{name}" for value, name in known if value)
    return work.say(f": {listed}", f"：{listed}") if listed else ""


def _finding(area: str, impact: str, evidence: str, problem: str, recommendation: str) -> Content:
    return {"area": area, "impact": impact, "evidence": evidence, "problem": problem, "recommendation": recommendation}


