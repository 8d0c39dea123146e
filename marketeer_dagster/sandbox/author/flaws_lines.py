"""Flaws of lines: what nobody would say, what only a search box holds, what stands there twice."""

import re
from collections.abc import Iterator, Sequence

from marketeer_dagster.sandbox.author.flaws import Flaw, flaw
from marketeer_dagster.sandbox.author.headlines import repeats
from marketeer_dagster.sandbox.author.lines import LINE, Lines, weight
from marketeer_dagster.sandbox.author.reproaches import KINDS
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import bare, cjk_count, plain, sentences, words
from marketeer_dagster.sandbox.author.work import Work

_FIELD_KINDS = (
    ("email", r"e-?mail|邮箱"),
    ("phone", r"phone|mobile|telefon|电话|手机"),
    ("name", r"\bname|姓名|称呼"),
    ("company", r"company|organi[sz]ation|firma|公司"),
    ("address", r"address|street|adresse|地址"),
)
_TELLING = {
    "en": frozenset(["the", "and", "are", "with", "your", "you", "what", "how", "this", "from", "about"]),
    "de": frozenset(["und", "nicht", "für", "eine", "werden", "wir", "ihre", "sind"]),
    "fr": frozenset(["les", "vous", "nous", "dans", "avec", "pour", "chez", "votre"]),
    "es": frozenset(["para", "usted", "una", "del", "más", "cómo"]),
    "zh": frozenset[str](),
}
"""Words that only one of these languages has."""
_POINT_LABEL = re.compile(r"^[^:：.]{2,48}[:：]\s*(?=\S)")


def line_flaws(page: Record, work: Work) -> Iterator[Flaw]:
    """What is wrong with a page's title, headline and headings."""
    lines = Lines(work)
    name = re.escape(work.name)
    title = page.text("title_tag")
    topic = bare(re.sub(rf"\s*[|｜–—-]\s*{name}$|^{name}\s*[|｜:–—-]\s*", "", title))
    headings = [(f"sections[{i}].heading", s.text("heading")) for i, s in enumerate(page.records("sections"))]
    headline = ("headline", page.text("headline"))
    for where, text in (("title_tag", topic), headline, *headings):
        if text and lines.is_search(text):
            yield flaw("search_phrase", where, text)
    for where, text in (("title_tag", title), headline):
        word = repeats(text)
        if word and text not in work.facts.document:  # The company's own sentence may play with a word.
            yield flaw("doubled", where, text, word=word)
    if not _sayable(headline[1], work):
        yield flaw("stiff_headline", "headline", headline[1])


_TOOLS = re.compile(
    r"tl;?dr|one-liner|primary cta|\btodo\b|\btbd\b|roadmap|[\U0001F300-\U0001FAFF\u2600-\u27BF\u23E9-\u23FF]|~~|"
    r"\]\(|(?:^|[.:]\s)\d[.)](?:\s|$)",
    re.IGNORECASE,
)
"""Labels, notes and marks that only colleagues and tools write."""


def stray_flaws(texts: Sequence[tuple[str, str]], work: Work) -> Iterator[Flaw]:
    """Words that are not for these readers: of another language, or for colleagues."""
    known = frozenset(re.findall(r"\w+", work.facts.document.lower()))
    own = work.facts.language
    others = frozenset(word for code, words in _TELLING.items() if own and code != own for word in words) - known
    for where, text in texts:
        found = _TOOLS.search(text)
        if found and found[0] not in work.facts.name:
            yield flaw("for_colleagues", where, text, word=found[0].strip() or text[:40])
        foreign = [word for word in re.findall(r"[^\W\d_]+", text.lower()) if word in others]
        if foreign:
            yield flaw("foreign_words", where, text, word=foreign[0])


def _sayable(headline: str, work: Work) -> bool:
    """Whether a headline is one short thought, and not an objection's answer that begins with our name."""
    answers = [answer for _, answer in work.facts.objections]
    ours = headline.lower().startswith(work.name.lower())
    answer = ours and any(bare(headline).lower() in text.lower() for text in answers)
    return weight(headline) <= LINE and not re.search(r"[;；]", headline) and not answer


def field_flaws(fields: Sequence[str], work: Work) -> Iterator[Flaw]:
    """A form that asks the same thing twice."""
    seen: dict[str, str] = {}
    for field in fields:
        kind = next((kind for kind, pattern in _FIELD_KINDS if re.search(pattern, field, re.I)), field.lower())
        if kind in seen:
            yield flaw("field_twice", "form_fields", field, first=seen[kind], field=field)
        seen.setdefault(kind, field)


REPEATED = KINDS["repeated"].problem
"""By it, revisions know a sentence that stands twice."""


def repetition_flaws(page: Record, work: Work) -> Iterator[Flaw]:
    """Sentences of sections, points and answers that were already said above."""
    said: set[str] = set()
    for where, text in _told(page):
        for sentence in sentences(text):
            key = bare(_POINT_LABEL.sub("", plain(sentence))).lower()
            if words(key) < 4 and cjk_count(key) < 6:
                continue
            if key in said:
                yield flaw("repeated", where, sentence)
            said.add(key)


def _told(page: Record) -> Iterator[tuple[str, str]]:
    for index, section in enumerate(page.records("sections")):
        yield f"sections[{index}].body", section.text("body")
        for number, point in enumerate(section.texts("bullets")):
            yield f"sections[{index}].bullets[{number}]", point
    for index, entry in enumerate(page.records("faq")):
        yield f"faq[{index}].answer", entry.text("answer")
