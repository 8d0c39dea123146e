"""Flaws of lines: what nobody would say, what only a search box holds, what stands there twice."""

import re
from collections.abc import Iterator, Sequence

from marketeer_dagster.sandbox.author.flaws import Flaw, costs, flaw
from marketeer_dagster.sandbox.author.headlines import repeats
from marketeer_dagster.sandbox.author.lines import LINE, Lines, weight
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import bare, cjk_count, plain, sentences, words
from marketeer_dagster.sandbox.author.work import Work

_LINE_COSTS = costs("clarity=1.6 creativity=1.7 brand=1.3 completeness=0.6 actionability=0.8 data=0.6")
_FIELD_KINDS = (
    ("email", r"e-?mail|邮箱"),
    ("phone", r"phone|mobile|telefon|电话|手机"),
    ("name", r"\bname|姓名|称呼"),
    ("company", r"company|organi[sz]ation|firma|公司"),
    ("address", r"address|street|adresse|地址"),
)
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
            yield flaw(
                work,
                "search_phrase",
                _LINE_COSTS,
                where,
                text,
                ("A search phrase stands where a sentence should: nobody says it like this.",
                 "这是搜索词，不是一句话，没有人这样说。"),
                ("Say the answer to that search as you would say it to a person.", "像对人说话那样写出答案。"),
            )  # fmt: skip
    for where, text in (("title_tag", title), headline):
        word = repeats(text)
        if word:
            yield flaw(
                work,
                "doubled",
                _LINE_COSTS,
                where,
                text,
                (f"The same words stand twice in it: “{word}”.", f"同一个词出现了两次：“{word}”。"),
                ("Keep one of the two phrases.", "两个说法只留一个。"),
            )
    if not _sayable(headline[1], work):
        yield flaw(
            work,
            "stiff_headline",
            costs("clarity=1.8 creativity=1.8 brand=1.4 actionability=1.0 completeness=0.5 data=0.6"),
            "headline",
            headline[1],
            ("No reader would say this headline: it is too long, joined together, or an answer nobody asked for.",
             "没有人会这样说标题：太长、拼接，或者答非所问。"),
            ("Say in one short sentence what the reader gets.", "用一句短话说出读者能得到什么。"),
        )  # fmt: skip


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
            yield flaw(
                work,
                "field_twice",
                costs("actionability=1.3 clarity=1.0 brand=0.8 creativity=0.4 completeness=0.4"),
                "form_fields",
                field,
                (f"The form asks for the same thing twice: “{seen[kind]}” and “{field}”.",
                 f"同一项问了两次：“{seen[kind]}”和“{field}”。"),
                ("Ask for it once.", "只问一次。"),
            )  # fmt: skip
        seen.setdefault(kind, field)


def repeated(work: Work) -> str:
    """The problem of a sentence that stands twice: by it, revisions know what to do."""
    return work.say("This sentence already stands on the page.", "这句话页面上已经有了。")


def repetition_flaws(page: Record, work: Work) -> Iterator[Flaw]:
    """Sentences of sections, points and answers that were already said above."""
    said: set[str] = set()
    for where, text in _told(page):
        for sentence in sentences(text):
            key = bare(_POINT_LABEL.sub("", plain(sentence))).lower()
            if words(key) < 4 and cjk_count(key) < 6:
                continue
            if key in said:
                yield flaw(
                    work,
                    "repeated",
                    costs("clarity=1.2 creativity=1.4 completeness=0.9 brand=0.9 technical=0.6 actionability=0.4"),
                    where,
                    sentence[:300],
                    (repeated(work), repeated(work)),
                    ("Say it once, where it matters most.", "只说一次，放在最要紧的地方。"),
                )
            said.add(key)


def _told(page: Record) -> Iterator[tuple[str, str]]:
    for index, section in enumerate(page.records("sections")):
        yield f"sections[{index}].body", section.text("body")
        for number, point in enumerate(section.texts("bullets")):
            yield f"sections[{index}].bullets[{number}]", point
    for index, entry in enumerate(page.records("faq")):
        yield f"faq[{index}].answer", entry.text("answer")
