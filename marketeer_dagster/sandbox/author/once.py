"""Mends of what stands twice, and lines that stand nowhere yet."""

import re

from marketeer_dagster.sandbox.author.facts import PROBLEMS
from marketeer_dagster.sandbox.author.lines import Lines, core
from marketeer_dagster.sandbox.author.paths import as_list, get, leaves, put
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.sections import plain_headings
from marketeer_dagster.sandbox.author.text import bare, joined, sentences
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
_ENTRY = re.compile(r"^(?P<list>.*(?:bullets|faq))\[(?P<index>\d+)\](?:\.\w+)?$")
_FEWEST_SECTIONS = 3


def fresh_line(content: Content, where: str, better: str, work: Work) -> str:
    """A heading or subject for this place that no other place has and that is no search; `better` where it is one."""
    lines = Lines(work)
    others = [core(text) for path, text in leaves(content) if re.search(r"headline$|heading$|subjects\[", path)]
    role = Record.of(get(content, where.rpartition(".")[0])).text("role")
    options = [better, *(plain_headings(work, role) if role else []), *lines.general, work.name]
    fresh = [text for text in options if text and core(text) not in others and not lines.is_search(text)]
    limit = 110 if role else 60
    return next((text for text in fresh if 3 <= len(text) <= limit), work.name)


def say_once(content: Content, where: str, quote: str, work: Work) -> None:
    """Take the sentence `quote` out of this place; where nothing remains, say something else, or nothing."""
    told = get(content, where)
    if not isinstance(told, str) or quote not in told:
        return
    left = joined(sentence for sentence in sentences(told) if sentence[:300] != quote)
    entry = _ENTRY.match(where)
    if left:
        put(content, where, left)
    elif entry:
        entries = as_list(get(content, entry["list"])) or []
        put(content, entry["list"], [item for n, item in enumerate(entries) if n != int(entry["index"])])
    else:
        _refill(content, where, work)


def _refill(content: Content, where: str, work: Work) -> None:
    """Another statement for a section's emptied body; without one the section goes."""
    said = " ".join(text for _, text in leaves(content)).lower()
    pool = [s for s in work.facts.public if s.section != PROBLEMS and bare(s.text).lower() not in said]
    section = re.match(r"^(?P<list>.*sections)\[(?P<index>\d+)\]\.body$", where)
    sections = as_list(get(content, section["list"])) or [] if section else []
    if section and len(sections) > _FEWEST_SECTIONS:
        put(content, section["list"], [item for n, item in enumerate(sections) if n != int(section["index"])])
    elif pool:
        put(content, where, pool[0].sentence)
