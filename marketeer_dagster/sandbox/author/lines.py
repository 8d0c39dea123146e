"""Lines a careful person would put over a text or into a subject field, and none that only a search box would hold.

They come from the context: approved lines, the outcome that its one-liner names, labels of what makes it different,
the key message of the brief, short whole sentences. What visitors type into a search box is none of them.
"""

import re
from functools import cached_property

from marketeer_dagster.sandbox.author.facts import (
    DIFFERENTIATION,
    OBJECTIONS,
    OVERVIEW,
    PROBLEMS,
    PROOF,
    VOICE,
    Statement,
)
from marketeer_dagster.sandbox.author.questions import as_question
from marketeer_dagster.sandbox.author.text import (
    DEPENDENT,
    MARKS,
    SAYS,
    bare,
    capital,
    cjk_count,
    clauses,
    sentences,
    words,
)
from marketeer_dagster.sandbox.author.words import FUNCTION_WORDS, JOINS, stem, terms
from marketeer_dagster.sandbox.author.work import Concern, Work

LINE = 70
"""Characters of a line that is read at a glance; a Chinese one counts as two and a half."""
_SHORT = 9
"""Words of what somebody wrote as a line of its own, with or without a verb."""
_SPOKEN = 0.6
"""Share of an approved line's words that a text must speak of to be announced by it."""
_OUTCOME = re.compile(
    r"\bso (?:that )?(?P<en>[^,;.]{12,})|\b(?P<de>damit [^,;.]{12,})|\b(?:pour que|para que) (?P<romance>[^,;.]{12,})|"
    r"[，,](?P<zh>让[^，。；]{4,})"
)
_OURS = re.compile(
    r"(?:we|our|us|their|its|his|her|they|i|wir|unser\w*|ihre?|nous|nos|notre|ils|leurs?|nosotros|nuestr\w+|我们|他们)\b",
    re.IGNORECASE,
)
_UNREADABLE = re.compile(r"[;:()；：（）\[\]{}]|[$€£¥]|\w_\w|\S@\S|https?:|(?<!\w)/\w|[→+=<>|]| [–—-] ")
_TAIL = re.compile(r"(?:, and |; )(?=(?:the|your|you|each|every|nobody|anyone|anybody|a person)\b)", re.IGNORECASE)
_VERBS = re.compile(
    r"(?:send|close|see|start|stop|replay|import|upload|pay|cancel|get|move|keep|book|try|join|know)\b", re.I
)


def weight(text: str) -> float:
    """Characters as readers see them: a Chinese one says about as much as two and a half Latin ones."""
    return len(text) + 1.5 * cjk_count(text)


def core(text: str) -> frozenset[str]:
    """The words of `text` without those that only join others: two texts with the same ones say the same."""
    found = re.findall(r"[^\W_]+(?:['’][^\W_]+)?", text.lower())
    return frozenset(word for word in found if word not in FUNCTION_WORDS | JOINS) or frozenset(found)


def _stems(text: str) -> frozenset[str]:
    """The words of `text` in whatever form: a search with an ending more is the same search."""
    return frozenset(stem(word) for word in core(text))


class Lines:
    """The lines of one piece of work."""

    def __init__(self, work: Work) -> None:
        self.work = work

    @cached_property
    def searches(self) -> frozenset[frozenset[str]]:
        """What people type: queries of the metrics, keywords and subjects of the brief, searches the context lists."""
        work = self.work
        asked = [c.text for c in work.concerns if not c.objection]
        typed = [q.text for q in work.metrics.queries] + work.brief.texts("keywords") + asked + work.facts.searched
        return frozenset(_stems(text) for text in typed)

    def is_search(self, text: str) -> bool:
        """Whether `text` differs from a search by nothing but case, endings and joining words."""
        return _stems(text) in self.searches

    def reads(self, text: str, limit: int = LINE) -> bool:
        """Whether somebody would say `text` as a line: short, whole, not about ourselves, no search."""
        short = words(text) <= 13 and weight(text) <= limit and words(text) >= 3
        stuttering = any(text.lower().startswith(word) for word in (self.work.name.lower(), "the product"))
        begins = _OURS.match(text) or DEPENDENT.match(text)
        return short and not stuttering and not begins and not _UNREADABLE.search(text) and not self.is_search(text)

    @cached_property
    def approved(self) -> list[Statement]:
        """Lines that the context approves of, as statements, so that the nearest to a subject can be found."""
        return [Statement(line, VOICE) for line in self.work.facts.approved if self.reads(line, 90)]

    def near(self, *texts: str, most: int = 1) -> list[str]:
        """Approved lines on the subject of these texts, closest first."""
        facts = self.work.facts
        found = [s for text in texts for s in (facts.about(text, self.approved, most=most) if self.approved else [])]
        covered = {s: max(facts.share(s.text, Statement(text, VOICE)) for text in texts) for s in self.approved}
        spoken = sorted((s for s in covered if covered[s] >= _SPOKEN), key=lambda s: -covered[s])
        return [s.text for s in dict.fromkeys([*found, *spoken])][:most]

    @cached_property
    def outcome(self) -> str:
        """What the one-liner says it is good for: 'so that nobody has to chase' is 'Nobody has to chase'."""
        for statement in self.work.overview[:2]:
            found = _OUTCOME.search(statement.text)
            text = capital(bare(next(part for part in found.groups() if part))) if found else ""
            if text and self.reads(text):
                return text
        return ""

    @cached_property
    def message(self) -> str:
        """The brief's key message where it is a line and true."""
        text = bare(self.work.brief.text("key_message"))
        doubts = [core(objection) for objection, _ in self.work.facts.objections]
        return capital(text) if self.work.true(text) and self._says(text) and core(text) not in doubts else ""

    def _says(self, text: str) -> bool:
        """Whether a line says something: neither a question nor what somebody else said."""
        return self.reads(text) and not text.endswith(("?", "？")) and text[0] not in MARKS

    def of(self, statement: Statement, limit: int = LINE) -> list[str]:
        """Lines that announce a statement: approved ones on its subject, its label, its own short clauses."""
        label = statement.label if statement.section in (DIFFERENTIATION, PROBLEMS) else ""
        asks = as_question(statement.label, self.work.facts.language) if statement.section == OBJECTIONS else ""
        options = [
            *self.near(f"{statement.label} {statement.text}"),
            *([capital(label)] if label else []),
            *([asks] if asks else []),
        ]
        return [t for t in [*options, *self.whole(statement, limit)] if self.reads(t, limit)]

    def whole(self, statement: Statement, limit: int = LINE) -> list[str]:
        """Beginnings and ends of a statement that are short sentences of their own."""
        if not statement.stands:
            return []
        found: list[str] = []
        # What follows an answer's first sentence leans on it.
        for sentence in sentences(statement.text)[: 1 if statement.section == OBJECTIONS else 2]:
            tails = _TAIL.split(bare(sentence))[1:]
            found += [t for t in [*clauses(sentence), *tails] if self._whole_thought(t)]
        return [text for text in map(capital, dict.fromkeys(found)) if self.reads(text, limit)]

    def short(self, *sections: str, limit: int = LINE) -> list[str]:
        """Lines from the statements of these sections, in order."""
        told = [t for s in self.work.facts.statements(*sections) for t in (capital(s.label), *self.whole(s, limit)[:1])]
        return [text for text in dict.fromkeys(told) if self.reads(text, limit)]

    def _whole_thought(self, text: str) -> bool:
        """Whether a clause says something; where we know no verbs, what is long enough for one."""
        known = self.work.facts.language in ("en", "de")
        return bool(SAYS.search(text) or _VERBS.match(text) or cjk_count(text) or (not known and words(text) >= 4))

    def answering(self, concern: Concern) -> list[str]:
        """Lines that answer what visitors want to know, closest first; objections are answered, not repeated."""
        found = self.near(concern.text, most=2)
        answers = [s for s in concern.statements if s.section != PROOF]
        for statement in answers[:3]:
            found += self.near(statement.label, *sentences(statement.text)[:2]) if statement.label else []
        for statement in answers[:2]:
            # A trouble's name announces a section about it; over the whole page it would promise the trouble.
            trouble = capital(statement.label) if statement.section == PROBLEMS else ""
            options = [t for t in self.of(statement) if t != trouble and self._says(t)]
            found += sorted(options, key=lambda t: -len(terms(t) & terms(concern.text)))[:2]
        return list(dict.fromkeys(found))

    @cached_property
    def general(self) -> list[str]:
        """Lines for anybody, best first."""
        facts = self.work.facts
        benefits = facts.statements(DIFFERENTIATION)
        labels = [capital(s.label) for s in benefits if words(s.label) >= 3 or cjk_count(s.label) >= 5]
        told = [text for s in [*benefits, *facts.statements(OVERVIEW)] for text in self.whole(s)[:1]]
        short = [bare(s.text) for s in benefits if not s.label and words(s.text) <= _SHORT and self.reads(bare(s.text))]
        lead = self.work.dice.order("approved", [s.text for s in self.approved])
        pool = [
            *lead,
            self.outcome,
            *self.work.dice.order("labels", [t for t in labels if self.reads(t)]),
            *told,
            *short,
        ]
        return list(dict.fromkeys(text for text in pool if text))
