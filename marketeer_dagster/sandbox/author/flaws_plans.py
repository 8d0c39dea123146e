"""Flaws peculiar to experiment and tracking plans, strategies and the context document."""

import re
from collections.abc import Iterator

from marketeer_dagster.sandbox.author.flaws import Flaw, costs, flaw, grounded
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import words
from marketeer_dagster.sandbox.author.work import Work


def experiment_flaws(content: Record, work: Work) -> Iterator[Flaw]:
    shares = [arm.number("share") or 0.0 for arm in content.records("arms")]
    if shares and abs(sum(shares) - 1) > 0.011:
        yield flaw(work, "shares", costs("technical=3.0 data=1.0 clarity=0.5"), "arms", "",
                    ("The arms' shares do not add up to the whole traffic.", "各组流量占比之和不是全部流量。"),
                    ("Make them add up to one.", "让占比之和为一。"), "blocker")  # fmt: skip
    if not content.texts("guardrails"):
        yield flaw(
            work,
            "no_guardrails",
            costs("completeness=1.5 technical=1.5 data=1.0 actionability=0.7 clarity=0.3"),
            "guardrails",
            "",
            (
                "Nothing guards against winning the metric and losing the business.",
                "没有护栏指标，可能赢了指标却伤了业务。",
            ),
            ("Name guardrail metrics and their limits.", "写出护栏指标和界限。"),
        )
    rule = content.text("stopping_rule")
    if words(rule) < 14:
        yield flaw(
            work,
            "vague_stopping",
            costs("technical=1.8 actionability=1.2 clarity=1.0 data=1.2 completeness=0.9"),
            "stopping_rule",
            rule,
            ("The rule leaves open when the test ends and who decides.", "没有写明何时结束、由什么决定。"),
            ("State the evidence that ends it, and the longest duration.", "写明终止所需的证据和最长时间。"),
        )
    reasoned = r"because|since|so that|expect|因为|由于|预计"
    if not re.search(reasoned, content.text("hypothesis"), re.I):
        yield flaw(work, "no_reason", costs("clarity=1.0 data=1.5 actionability=0.8 "
            "completeness=0.8 technical=0.6"), "hypothesis",
                    content.text("hypothesis")[:300],
                    ("The hypothesis gives no reason to expect an effect.", "假设没有说明为什么会有效果。"),
                    ("Say because of what the change should work.", "写明依据。"))  # fmt: skip


def tracking_flaws(content: Record, work: Work) -> Iterator[Flaw]:
    events = content.records("events")
    if not any(event.values.get("key_event") is True for event in events):
        yield flaw(
            work,
            "no_key_event",
            costs("technical=2.2 data=1.5 actionability=1.0 completeness=1.2"),
            "events",
            "",
            ("No event counts as the conversion.", "没有任何事件算作转化。"),
            ("Mark the event of the primary action as key event.", "把主要行动的事件标为关键事件。"),
            "blocker",
        )
    for index, event in enumerate(events):
        if not event.records("parameters") and event.values.get("key_event") is True:
            yield flaw(
                work,
                "no_parameters",
                costs("technical=1.5 data=1.4 completeness=1.0 actionability=0.6"),
                f"events[{index}].parameters",
                event.text("name"),
                (
                    "Without parameters the conversion cannot be traced to a page or variant.",
                    "没有参数，转化无法归到页面或版本。",
                ),
                ("Add page and experiment parameters.", "加上页面和实验参数。"),
            )
    checks = content.texts("checks")
    if len(checks) < 3:
        yield flaw(
            work,
            "few_checks",
            costs("technical=1.2 completeness=1.3 actionability=1.2 data=0.9 clarity=0.4"),
            "checks",
            checks[0] if checks else "",
            ("There is no way to notice that tracking broke.", "跟踪坏了也没有办法发现。"),
            (
                "Add checks for duplicates, silence and mismatch with the back office.",
                "补充重复、中断、与后台不符的检查。",
            ),
        )


def strategy_flaws(content: Record, work: Work) -> Iterator[Flaw]:
    roadmap = content.records("roadmap")
    reasons = [item.text("why_now") for item in roadmap]
    if len(reasons) > 2 and len(set(reasons)) == 1:
        yield flaw(work, "same_reason", costs("data=1.6 clarity=1.0 actionability=1.4 "
            "creativity=1.0 completeness=0.8"), "roadmap[0].why_now", reasons[0],
                    ("Every piece has the same reason; nothing is prioritised.", "每条理由都一样，等于没有排优先级。"),
                    ("Give each piece the figure or objection behind it.", "写出每条背后的数字或顾虑。"))  # fmt: skip
    if len(roadmap) < 5:
        yield flaw(work, "short_roadmap", costs("completeness=1.6 actionability=1.0 "
            "creativity=0.7 data=0.4"), "roadmap", "",
                    ("Too few pieces to cover the pillars.", "条目太少，覆盖不了各支柱。"),
                    ("Add a piece for each main objection and query.", "为每个主要顾虑和查询各补一条。"))  # fmt: skip
    if len(content.texts("measures")) < 2:
        yield flaw(work, "few_measures", costs("actionability=1.1 data=1.2 "
            "technical=1.0 completeness=0.7"), "measures", "",
                    ("Success is not measurable from this.", "看不出怎样算成功。"),
                    ("Name leading and lagging measures.", "写出过程指标和结果指标。"))  # fmt: skip


def context_flaws(content: Record, work: Work) -> Iterator[Flaw]:
    if not content.texts("open_questions"):
        yield flaw(work, "no_questions", costs("completeness=1.8 actionability=1.6 "
            "data=1.2 clarity=0.4"), "open_questions", "",
                    ("No document is complete; the gaps are not named.", "没有写出资料的缺口。"),
                    ("Ask for what is missing.", "提出缺什么。"))  # fmt: skip
    for index, section in enumerate(content.records("sections")):
        if grounded(section.text("body"), work.facts) < 0.8:
            yield flaw(work, "foreign_section", costs("data=2.5 completeness=1.0 brand=1.0 "
                "technical=0.5"), f"sections[{index}].body",
                        section.text("body")[:200],
                        ("Says things the sources do not.", "写了来源里没有的内容。"),
                        ("Keep to the sources.", "以来源为准。"), "blocker")  # fmt: skip
