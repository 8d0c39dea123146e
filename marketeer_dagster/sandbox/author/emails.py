"""Email sequences: one argument an email, in the order in which a hesitant reader needs them."""

from dataclasses import dataclass

from marketeer_dagster.sandbox.author.facts import Statement
from marketeer_dagster.sandbox.author.page_copy import quotations
from marketeer_dagster.sandbox.author.questions import as_question
from marketeer_dagster.sandbox.author.request import Record
from marketeer_dagster.sandbox.author.text import (
    bare,
    capital,
    clauses,
    cut,
    ended,
    first_fitting,
    joined,
    lower_first,
    numbers,
    plain,
    sentences,
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
    """Three to five emails: benefit, problem solved, proof, objections, offer; those the context has material for."""
    arguments = [
        a for a in (_concern(work), _benefit(work), _problem(work), _proof(work), _objection(work), _offer(work)) if a
    ]
    while len(arguments) < 3:
        arguments.append(_spare(work, len(arguments)))
    used: set[str] = set()
    reserved = {bare(s).lower() for argument in arguments for s in argument.subjects}
    emails = [_email(work, argument, _DELAYS[min(i, 4)], i, used, reserved) for i, argument in enumerate(arguments[:5])]
    label = work.action.label
    return {
        "name": cut(work.say(f"{work.name}: back to “{label}”", f"{work.name}：回到“{label}”"), 290),
        "audience": work.audience,
        "trigger": work.say(
            f"Showed interest on {work.place} and did not choose “{label}”", f"访问了{work.place}但没有“{label}”"
        ),
        "goal": cut(
            work.brief.text("objective") or work.say(f"More people choose “{label}”", f"让更多人“{label}”"), 290
        ),
        "exit_rule": work.say(
            f"Leaves as soon as “{label}” is done, or on unsubscribing", f"完成“{label}”或退订后立即退出"
        ),
        "emails": emails,
    }


def _email(work: Work, argument: Argument, delay: int, index: int, used: set[str], reserved: set[str]) -> Content:
    subjects = _subjects(work, argument, used, reserved)
    hello = work.say("Hello,", "您好，")
    sign = work.say(f"The {work.name} team", f"{work.name}团队")
    body = "\n\n".join([hello, *argument.paragraphs, _closing(work, index, " ".join(argument.paragraphs)), sign])
    return {
        "purpose": argument.purpose,
        "delay_days": delay,
        "subjects": subjects,
        "preheader": _preheader(work, argument, subjects),
        "body": body,
        "cta_label": work.action.label,
        "cta_url": work.action.url,
    }


def _subjects(work: Work, argument: Argument, used: set[str], reserved: set[str]) -> list[str]:
    """Two or three subjects of at most 60 characters that differ, also from those of earlier emails."""
    fitting = [capital(bare(t)) if not t.endswith(("?", "？")) else capital(t) for t in argument.subjects]
    short = [t for t in fitting if 3 <= len(t) <= SUBJECT]
    pool = work.facts.short("differentiation", "proof points", "product overview", limit=SUBJECT)
    spare = [bare(t) for t in work.dice.order(f"spare {argument.purpose}", pool) if bare(t).lower() not in reserved]
    label = work.say(f"{work.name}: {work.action.label}", f"{work.name}：{work.action.label}")
    unique = _distinct(
        [t for t in [*short, *spare, cut(label, SUBJECT), cut(work.name.ljust(3, "."), SUBJECT)] if len(t) >= 3]
    )
    fresh = [t for t in unique if t.lower() not in used]
    chosen = (fresh + [t for t in unique if t not in fresh])[: max(2, min(3, len(fresh)))]
    used.update(t.lower() for t in chosen)
    return chosen if len(chosen) >= 2 else [*chosen, cut(f"{work.name} – {work.action.label}", SUBJECT)]


def _preheader(work: Work, argument: Argument, subjects: list[str]) -> str:
    said = {subject.lower() for subject in subjects}
    lines = [plain(line.lstrip("> ")) for p in argument.paragraphs for line in p.splitlines() if line.strip("> ")]
    text = [s for line in lines for s in sentences(line)]
    options = [s for s in text if bare(s).lower() not in said and 20 <= len(s) <= PREHEADER]
    options += [c for s in text for c in clauses(s) if c.lower() not in said and len(c) <= PREHEADER]
    note = work.action.note
    return first_fitting(
        [
            *options[:1],
            *([note] if note else []),
            *work.facts.short("product overview", limit=PREHEADER),
            work.name.ljust(3, "."),
        ],
        PREHEADER,
        least=3,
    )


def _distinct(lines: list[str]) -> list[str]:
    """Without repeats, also of lines that differ in case or end mark only."""
    found: dict[str, str] = {}
    for line in lines:
        found.setdefault(bare(line).rstrip("?？").lower(), line)
    return list(found.values())


def _closing(work: Work, index: int, said: str) -> str:
    reassuring = bool(work.action.note) and index % 2 == 0 and work.action.note not in said
    note = f"{ended(work.action.note)}{'' if work.chinese else ' '}" if reassuring else ""
    label = lower_first(work.action.label)
    english = (
        f"If this is what you need: {label}.",
        f"The next step is a small one: {label}.",
        f"When you are ready: {label}.",
        f"See for yourself: {label}.",
        f"One step from here: {label}.",
    )
    chinese = (
        f"如果这正是您需要的，欢迎{label}。",
        f"下一步很简单：{label}。",
        f"准备好了，就{label}。",
        f"眼见为实：{label}。",
        f"只差一步：{label}。",
    )
    return note + (chinese if work.chinese else english)[(index + work.dice.number("closing", 5)) % 5]


def _sentences(statements: list[Statement]) -> str:
    return joined(s.sentence for s in statements)


def _concern(work: Work) -> Argument | None:
    found = [c for c in work.concerns if c.leads and c.statements]
    if not found:
        return None
    concern = found[0]
    heading = work.heading(concern, SUBJECT)
    best = concern.statements[0]
    subjects = [t for t in (heading, best.label if not best.label.endswith("?") else "", *clauses(best.text)) if t]
    return Argument(
        work.say(f"Answer what people ask: {concern.text}", f"回答大家关心的问题：{concern.text}"),
        subjects,
        [_sentences(list(concern.statements)), *([work.overview[0].sentence] if work.overview else [])],
    )


def _benefit(work: Work) -> Argument | None:
    pool = work.dice.order("email benefits", work.facts.benefits[:4])
    if not pool:
        return None
    lead = sorted(pool, key=lambda s: not s.has_number)[:2]
    subjects = [t for s in lead for t in (s.label, *(clauses(sentences(s.text)[0]) if s.stands else [])) if t]
    intro = [s for s in work.overview if s.full and not s.label][:1]
    return Argument(
        work.say("Show the main benefit", "说明主要好处"),
        subjects,
        [p for p in (_sentences(intro), _sentences(lead)) if p],
    )


def _problem(work: Work) -> Argument | None:
    pool = work.facts.problems
    if not pool:
        return None
    lead = work.dice.order("email problem", pool[:3])[:1]
    answer = work.facts.about(lead[0].text, work.facts.benefits, most=1) or work.facts.benefits[:1]
    subjects = [t for t in (lead[0].label, *(clauses(sentences(lead[0].text)[0]) if lead[0].stands else [])) if t]
    turn = work.say(f"This is where {work.name} comes in.", f"{work.name}就是为此而来。")
    return Argument(work.say("Name the problem and the way out", "点出问题和出路"), subjects,
                    [lead[0].sentence, joined([turn, _sentences(answer)])])  # fmt: skip


def _proof(work: Work) -> Argument | None:
    proof = [s for s in work.facts.proof if s.has_number][:2]
    said = [Record.of(q) for q in quotations(work)][:1]
    if not proof and not said:
        return None
    subjects = [c for s in proof for c in clauses(sentences(s.text)[0])]
    subjects += [q.text("text") for q in said if len(q.text("text")) <= SUBJECT]
    quoted = [f"> {q.text('text')}\n>\n> {q.text('attribution')}" for q in said]
    return Argument(
        work.say("Show that it works for others", "用事实证明"),
        subjects,
        [p for p in (_sentences(proof), *quoted) if p],
    )


def _objection(work: Work) -> Argument | None:
    if not work.facts.objections:
        return None
    leading = next((c for c in work.concerns if c.leads and c.statements), None)
    answered = leading.statements[0].text if leading else ""
    open_ones = [pair for pair in work.facts.objections[:5] if pair[1] != answered] or work.facts.objections
    pairs = work.dice.order("email objections", open_ones)[:2]
    lead = work.say(f"{work.name} is asked this before people decide.", f"决定之前，常有人这样问{work.name}。")
    asked = [(as_question(o, work.chinese), ended(a)) for o, a in pairs]
    return Argument(work.say("Answer the objections that hold people "
        "back", "回应让人犹豫的顾虑"), [q for q, _ in asked],
                    [lead, *(f"**{q}**\n\n{a}" for q, a in asked)])  # fmt: skip


def _offer(work: Work) -> Argument | None:
    pool = work.offers[:3]
    if not pool:
        return None
    subjects = [t for s in pool for t in ([*clauses(sentences(s.text)[0])] if numbers(s.text) or s.stands else []) if t]
    lines = joined(ended(s.point if s.label else s.text) for s in pool)
    return Argument(work.say("Make the offer plain", "把优惠和费用说清楚"), [work.action.label, *subjects], [lines])


def _spare(work: Work, index: int) -> Argument:
    pool = work.facts.public
    statement = pool[index % len(pool)].sentence if pool else ended(work.name)
    return Argument(work.say("Keep in touch with something useful", "保持联系"), [bare(statement)], [statement])
