"""Flaws peculiar to ads, audits, plans and strategies."""

import re
from collections.abc import Iterator, Mapping

from marketeer_dagster.sandbox.author.flaws import Flaw, costs, flaw, grounded, public
from marketeer_dagster.sandbox.author.flaws_emails import email_flaws
from marketeer_dagster.sandbox.author.flaws_plans import context_flaws, experiment_flaws, strategy_flaws, tracking_flaws
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import cjk_count, numbers, words
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

_VAGUE_ADVICE = re.compile(
    r"^(?:improve|optimi[sz]e|consider improving|make) (?:it|this|the page|the copy|better)\b.{0,20}$|^优化一下", re.I
)


def kind_flaws(kind: str, content: Mapping[str, object], work: Work) -> list[Flaw]:
    """What is wrong with an artefact of this kind beyond its wording."""
    checks = {
        "email_sequence": email_flaws, "ad_campaign": _ads, "page_audit": _audit, "seo_audit": _audit,
        "experiment_plan": experiment_flaws, "tracking_plan": tracking_flaws, "content_strategy": strategy_flaws,
        "context_document": context_flaws,
    }  # fmt: skip
    check = checks.get(kind)
    if check:
        return list(check(Record(content), work))
    return [] if kind in ("page_copy", "edited_copy") else list(_any(Record(content), work))


def _ads(content: Record, work: Work) -> Iterator[Flaw]:
    for index, group in enumerate(content.records("ad_groups")):
        ad = group.record("ad")
        lines = ad.texts("headlines")
        said = " ".join([*lines, *ad.texts("descriptions")])
        asks = terms(work.action.label)
        if asks and not asks & terms(said):
            yield flaw(
                work,
                "no_cta",
                costs("actionability=1.8 completeness=0.9 clarity=0.7 creativity=0.4 brand=0.4"),
                f"ad_groups[{index}].ad.headlines",
                "",
                ("No headline or description asks for the action.", "没有一条文案说出要做什么。"),
                (f"Add a headline with “{work.action.label}”.", f"加一条含“{work.action.label}”的标题。"),
            )
        short = [n for s in work.facts.public for n in numbers(s.text) if len(s.text) < 90]
        if short and not numbers(said):
            yield flaw(work, "no_figures", costs("data=1.6 creativity=1.4 clarity=0.8 completeness=0.6 brand=0.5"),
                        f"ad_groups[{index}].ad.headlines", "",
                        ("All lines are general; none has a figure.", "文案都很泛，没有一个数字。"),
                        ("Use a figure of the proof points.", "用上证据里的数字。"))  # fmt: skip
        if len(lines) < 5:
            yield flaw(
                work,
                "few_headlines",
                costs("completeness=1.3 technical=1.0 creativity=1.3 clarity=1.1 actionability=0.6"),
                f"ad_groups[{index}].ad.headlines",
                "",
                ("Too few headlines for the platform to find a good combination.", "标题太少，平台难以找到好的组合。"),
                ("Add distinct headlines.", "补充不同角度的标题。"),
            )
        if not group.texts("negative_keywords"):
            yield flaw(
                work,
                "no_negatives",
                costs("technical=0.7 completeness=0.6 data=0.4"),
                f"ad_groups[{index}].negative_keywords",
                "",
                (
                    "No negative keywords: money goes to the wrong searches.",
                    "没有否定关键词，预算会花在不相关的搜索上。",
                ),
                ("Exclude jobs, definitions and free templates.", "排除招聘、定义、模板类搜索。"),
                "minor",
            )


def _audit(content: Record, work: Work) -> Iterator[Flaw]:
    findings = content.records("findings")
    for index, finding in enumerate(findings):
        evidence = finding.text("evidence")
        advice = finding.text("recommendation") or finding.text("fix")
        if not numbers(evidence) and not re.search(r"[“\"「]", evidence) and not _from_live(evidence, work):
            yield flaw(
                work,
                "no_evidence",
                costs("data=1.8 completeness=1.1 actionability=0.9 technical=1.0 clarity=0.6"),
                f"findings[{index}].evidence",
                evidence[:300],
                (
                    "An assertion, not evidence: no figure and no words of the page.",
                    "只是断言：没有数字，也没有引用页面文字。",
                ),
                ("Quote the page or give the figure.", "引用页面原文或给出数字。"),
            )
        if _VAGUE_ADVICE.match(advice) or (words(advice) < 6 and cjk_count(advice) < 9):
            yield flaw(work, "vague_advice", costs("actionability=2.0 clarity=1.0 "
                "completeness=1.0 data=0.5 technical=0.6"),
                        f"findings[{index}].{'fix' if finding.text('fix') else 'recommendation'}", advice[:300],
                        ("Nobody could carry this out without asking what is meant.", "照着做不了，必须再问清楚。"),
                        ("Say what to write, move or remove.", "写清楚要写什么、移动什么、删什么。"))  # fmt: skip
    if len(findings) < 3:
        yield flaw(
            work,
            "few_findings",
            costs("completeness=1.4 actionability=0.7 data=0.6"),
            "findings",
            "",
            ("The audit stops after the obvious.", "审查停留在表面。"),
            ("Check message match, proof, action and objections.", "检查信息匹配、证据、行动和顾虑。"),
        )
    answerable = any(work.facts.about(query.text) for query in work.metrics.queries)
    if answerable and "opportunities" in content.values and not content.records("opportunities"):
        yield flaw(work, "no_opportunities", costs("completeness=1.5 actionability=1.2 "
            "data=1.2 technical=0.8"), "opportunities", "",
                    ("The rankings were given and no query is picked.", "有排名数据，却没有挑出任何查询。"),
                    ("List the queries with impressions and few clicks.", "列出展示多点击少的查询。"))  # fmt: skip


def _from_live(evidence: str, work: Work) -> bool:
    return bool(work.live) and len(terms(evidence) & terms(work.live)) >= 5


def _any(content: Record, work: Work) -> Iterator[Flaw]:
    """Kinds the author has no special eye for: is it about this product at all?"""
    said = " ".join(text for _, text in public(content.values))
    if grounded(said, work.facts) < 0.4:
        yield flaw(
            work,
            "generic",
            costs("data=1.8 clarity=1.0 completeness=1.4 creativity=1.2 brand=1.0 actionability=0.8"),
            "",
            said[:200],
            ("Could be about any product.", "放在任何产品上都成立。"),
            ("Use the product context's figures, names and words.", "用产品资料里的数字、名称和说法。"),
        )
