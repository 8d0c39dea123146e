"""From a request to an answer: which writer, which form. The one entry of the author."""

import copy
import hashlib
from collections.abc import Callable, Mapping

from marketeer_dagster.sandbox.author.ads import ad_campaign
from marketeer_dagster.sandbox.author.context_document import context_document
from marketeer_dagster.sandbox.author.direction import look_back
from marketeer_dagster.sandbox.author.edited_copy import edited_copy
from marketeer_dagster.sandbox.author.emails import email_sequence
from marketeer_dagster.sandbox.author.experiment import experiment_plan
from marketeer_dagster.sandbox.author.fill import Filler, conformed
from marketeer_dagster.sandbox.author.page_audit import page_audit
from marketeer_dagster.sandbox.author.page_copy import page_copy
from marketeer_dagster.sandbox.author.plan import plan
from marketeer_dagster.sandbox.author.request import Task
from marketeer_dagster.sandbox.author.review import SIGNATURES, review
from marketeer_dagster.sandbox.author.revise import revised
from marketeer_dagster.sandbox.author.schema import Node
from marketeer_dagster.sandbox.author.seo import seo_audit
from marketeer_dagster.sandbox.author.strategy import content_strategy
from marketeer_dagster.sandbox.author.text import ended, joined
from marketeer_dagster.sandbox.author.tracking import tracking_plan
from marketeer_dagster.sandbox.author.weaken import weakened
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
WRITERS: dict[str, Callable[[Work], Content]] = {
    "page_copy": page_copy,
    "edited_copy": edited_copy,
    "page_audit": page_audit,
    "email_sequence": email_sequence,
    "ad_campaign": ad_campaign,
    "experiment_plan": experiment_plan,
    "tracking_plan": tracking_plan,
    "content_strategy": content_strategy,
    "seo_audit": seo_audit,
    "context_document": context_document,
}


def structured(task: Task, schema: Mapping[str, object]) -> object:
    """An answer in the form of `schema` to whatever `task` asks."""
    work = Work(task)
    node = Node(schema, schema)
    asks = set(node.properties)
    if {"dimensions", "findings"} <= asks:
        return conformed(review(work), node, work)
    if {"kpi", "briefs"} <= asks:
        return conformed(plan(work), node, work)
    if {"happened", "recommendations"} <= asks:
        return conformed(look_back(work), node, work)
    kind = next((kind for kind, fields in SIGNATURES.items() if fields <= asks and kind in WRITERS), "")
    if not kind:
        return Filler(work)("answer", node)
    return _artefact(kind, node, work)


def _artefact(kind: str, node: Node, work: Work) -> object:
    best = WRITERS[kind](work)
    draft = work.task.record("draft").values
    if draft:
        return conformed(revised(dict(draft), best, work.task.records("findings"), work), node, work)
    first = weakened(kind, best, work) if work.task.role in ("draft", "") else copy.deepcopy(best)
    return conformed(first, node, work)


def prose(task: Task) -> str:
    """An answer in plain text, for requests without a schema."""
    work = Work(task)
    statements = work.facts.about(task.user[-1500:]) or work.facts.benefits or work.overview
    text = joined(statement.sentence for statement in statements[:4])
    return text or ended("There is no product context in the request, so nothing can be said about the product")


def tool_input(task: Task, schema: Mapping[str, object]) -> dict[str, object]:
    """Arguments for a tool call, from the context."""
    filled = Filler(Work(task))("input", Node(schema, schema))
    return {str(k): v for k, v in filled.items()} if isinstance(filled, dict) else {}


def fingerprint(text: str) -> str:
    """A short stable name for `text`."""
    return hashlib.sha256(text.encode()).hexdigest()[:24]
