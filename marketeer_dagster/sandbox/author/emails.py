"""Email sequences: one argument an email, in the order in which a hesitant reader needs them."""

from dataclasses import dataclass

from marketeer_dagster.sandbox.author.facts import OBJECTIONS, PROOF, Statement
from marketeer_dagster.sandbox.author.lines import Lines, core, weight
from marketeer_dagster.sandbox.author.page_copy import quotations
from marketeer_dagster.sandbox.author.questions import as_question
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import (
    DEPENDENT,
    THIN,
    bare,
    capital,
    cjk_count,
    cut,
    ended,
    joined,
    plain,
    sentences,
    words,
)
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
SUBJECT, PREHEADER = 60, 110
_DELAYS = (0, 2, 3, 4, 5)


@dataclass(frozen=True)
class Argument:
    """What one email says: its purpose, subjects to choose from, and paragraphs."""

    purpose: str
    subjects: list[str]
    paragraphs: list[str]


def email_sequence(work: Work) -> Content:
    """Three to five emails; those the context has material for. The first is about what the reader did."""
    label = work.action.label
    return {
        "name": cut(f"{work.name}: back to “{label}”", 290),
        "audience": work.audience,
        "trigger": f"Showed interest on {work.place} and did not choose “{label}”",
        "goal": cut(work.brief.text("objective") or f"More people choose “{label}”", 290),
        "exit_rule": f"Leaves as soon as “{label}” is done, or on unsubscribing",
        "emails": Emails(work).all(),
    }


class Emails:
    """Writes the emails of one sequence and keeps account of what was already said and which subjects are taken."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.lines = Lines(work)
        self.said: set[str] = set()
        self.taken: set[frozenset[str]] = set()
        self.shown: list[frozenset[str]] = []

    def all(self) -> list[Content]:
        """Each email is made after what stands before it."""
        makers = (self._first, self._problem, self._proof, self._objection, self._offer)
        made: list[Content] = []
        for maker in makers:
            argument = maker()
            if argument:
                made.append(self._email(argument, len(made)))
        while len(made) < 3:
            made.append(self._email(self._spare(), len(made)))
        return made

    def _take(self, pool: list[Statement], most: int) -> list[Statement]:
        taken = [s for s in dict.fromkeys(pool) if s.text not in self.said][:most]
        self.said.update(s.text for s in taken)
        return taken

    def _email(self, argument: Argument, index: int) -> Content:
        work = self.work
        subjects = self._subjects(argument)
        closing = _closing(work, index, " ".join(argument.paragraphs))
        body = "\n\n".join([work.tell("hello"), *argument.paragraphs, closing, work.tell("team")])
        return {
            "purpose": argument.purpose,
            "delay_days": _DELAYS[min(index, 4)],
            "subjects": subjects,
            "preheader": self._preheader(argument, subjects),
            "body": body,
            "cta_label": work.action.label,
            "cta_url": work.action.url,
        }

    def _subjects(self, argument: Argument) -> list[str]:
        """Two or three lines of at most 60 characters that no earlier email has and that nobody types into a search."""
        work, lines = self.work, self.lines
        spare = [work.tell(key) for key in ("words", "still", "more", "deciding")]
        pool = [*argument.subjects, *spare, *lines.general]
        fresh: dict[frozenset[str], str] = {}
        for text in pool:
            asks = text.endswith(("?", "？", "“"))
            line = capital(text if asks else bare(text))
            key = core(line)
            if 3 <= len(line) <= SUBJECT and key not in self.taken and not lines.is_search(line):
                fresh.setdefault(key, line)
        chosen = list(fresh.items())[: 3 if len(argument.subjects) > 2 else 2]
        self.taken.update(key for key, _ in chosen)
        return [line for _, line in chosen]

    def _first(self) -> Argument:
        """What the reader looked at and what it does for them; where they asked something, the answer to that."""
        work, lines = self.work, self.lines
        asked = next((c for c in work.concerns if c.leads and c.statements), None)
        about = [s for s in work.overview if s.full and not s.label and s not in work.offers]
        intro = self._take(about, 1)
        known = [s for s in asked.statements if s.section != PROOF] if asked else []
        answer = self._take(known, 3 if known and known[0] in work.offers else 1)
        intro += self._take(about, 0 if answer else 1)
        near = [*lines.near(asked.text), *lines.of(answer[0], SUBJECT)] if asked and answer else []
        shown = [*near, lines.outcome, lines.message]
        parts = [
            work.tell("briefly"),
            joined(s.sentence for s in intro),
            *[f"**{as_question(s.label, work.facts.language)}**" for s in answer[:1] if s.section == OBJECTIONS],
            joined(s.sentence for s in answer),
        ]
        subjects = [t for t in shown if t]
        subjects.insert(1, work.tell("looked"))
        return Argument("Pick up where the reader left, and say what it is for",
                        subjects, [part for part in parts if part])  # fmt: skip

    def _problem(self) -> Argument | None:
        """One problem, and what is different: told from the reader's side."""
        work = self.work
        pairs = [(problem, b) for problem, b in work.problem_pairs if b and b.text not in self.said]
        problem = self._take([pair[0] for pair in pairs[:1]], 1)
        answer = self._take([*(b for _, b in pairs[:1] if b), *work.facts.benefits], 1 if problem else 2)
        if not answer:
            return None
        subjects = [t for s in [*problem, *answer] for t in self.lines.of(s, SUBJECT) if words(t) >= 3 or cjk_count(t)]
        lead = [ended(problem[0].text)] if problem else []
        told = joined(s.sentence for s in answer)
        return Argument(
            "Name the problem and the way out",
            subjects,
            [*lead, joined([work.tell("turn"), told]) if problem else told],
        )

    def _proof(self) -> Argument | None:
        work = self.work
        pool = [s for s in work.facts.proof if s.has_number]
        proof = self._take(sorted(pool, key=lambda s: not s.stands), 2)
        said = [Record.of(q) for q in quotations(work)][:1]
        if not said and words(joined(s.text for s in proof)) < THIN:
            return None
        subjects = [first for q in said for first in sentences(q.text("text"))[:1] if words(first) >= 4]
        subjects += [t for s in proof for t in self.lines.whole(s, SUBJECT)]
        subjects.append(work.tell("others" if said else "figures"))
        quoted = [f"> {q.text('text')}\n>\n> {q.text('attribution')}" for q in said]
        told = joined(s.sentence for s in proof)
        return Argument("Show that it works for others", subjects, [p for p in (told, *quoted) if p])

    def _objection(self) -> Argument | None:
        work = self.work
        open_ones = [pair for pair in work.facts.objections[:5] if pair[1] not in self.said]
        pairs = work.dice.order("email objections", open_ones)[:2]
        if not pairs:
            return None
        self.said.update(answer for _, answer in pairs)
        lead = [told] if (told := work.tell("wonder")) else []
        asked = [(as_question(o, work.facts.language), ended(a)) for o, a in pairs]
        return Argument("Answer the objections that hold people back",
                        [q for q, _ in asked], [*lead, *(f"**{q}**\n\n{a}" for q, a in asked)])  # fmt: skip

    def _offer(self) -> Argument | None:
        work = self.work
        pool = self._take(work.offers, 4)
        if not pool:
            return None
        told, listed = [s for s in pool if s.stands][:2], [s for s in pool if not s.stands]
        priced = work.tell("helping" if work.action.kind in ("donate", "join") else "costs")
        subjects = [priced, *(t for s in told for t in self.lines.whole(s, SUBJECT))]
        points = "\n".join(f"- {ended(s.point)}" for s in listed)
        lead = joined(ended(s.text) for s in told) or work.tell("prices")
        return Argument("Make the offer plain", subjects, [p for p in (lead, points) if p])

    def _spare(self) -> Argument:
        told = self._take([*self.work.facts.benefits, *self.work.facts.public], 2)
        text = joined(s.sentence for s in told) or ended(f"{self.work.name}: {self.work.action.label}")
        return Argument("Keep in touch with something useful",
                        [t for s in told for t in self.lines.of(s, SUBJECT)], [text])  # fmt: skip

    def _preheader(self, argument: Argument, subjects: list[str]) -> str:
        """The first sentence of the body that no subject says and that fits; else what reassures, else what it is."""
        work = self.work
        said = [*(core(subject) for subject in subjects), *self.shown]
        texts = [
            plain(line.lstrip("> "))
            for p in argument.paragraphs
            for line in p.splitlines()
            if not line.startswith("- ")
        ]
        stock = [core(work.tell(key)) for key in ("wonder", "turn", "prices")]
        told = [s for text in texts for s in sentences(text) if not s.endswith((":", "："))]
        found = [s for s in told if core(s) not in [*said, *stock]]
        pool = [*found[1:], *found[:1]] if len(argument.paragraphs) > 2 else found
        listed = [
            line.removeprefix("- ") for p in argument.paragraphs for line in p.splitlines() if line.startswith("- ")
        ]
        note = [ended(work.action.note)] if work.action.note else []
        options = [*pool, *listed, *note, *(ended(t) for t in self.lines.general)]
        whole = [s for s in options if s.endswith((".", "?", "。", "？"))]
        fitting = [s for s in whole if weight(s) <= PREHEADER and _says(s) and core(s) not in said]
        chosen = (fitting or [cut(f"{work.name}: {work.action.label}", PREHEADER)])[0]
        self.shown.append(core(chosen))
        return chosen


def _says(text: str) -> bool:
    """Whether a sentence is worth a glance by itself."""
    return (words(text) >= 4 or cjk_count(text) >= 5) and not DEPENDENT.match(text)


def _closing(work: Work, index: int, said: str) -> str:
    """Asks for the action, each time in other words."""
    reassuring = bool(work.action.note) and index % 2 == 0 and work.action.note not in said
    note = f"{ended(work.action.note)}{'' if work.chinese else ' '}" if reassuring else ""
    return note + work.tell(f"close{(index + work.dice.number('closing', 5)) % 5 + 1}")
