"""Search and social ads within the platforms' limits: every line is a clause of the context or the action itself."""

import re

from marketeer_dagster.sandbox.author.facts import DIFFERENTIATION, OBJECTIONS, OVERVIEW, PROBLEMS, PROOF
from marketeer_dagster.sandbox.author.lines import Lines
from marketeer_dagster.sandbox.author.text import bare, capital, clauses, cut, ended, joined, numbers, sentences, words
from marketeer_dagster.sandbox.author.words import terms
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
HEADLINE, DESCRIPTION, PATH = 30, 90, 15
_NEGATIVES = (
    ("jobs", "salary", "definition", "template", "wikipedia", "course"),
    ("招聘", "工资", "是什么意思", "模板", "百科", "培训"),
)
PRIMARY, META_HEADLINE, META_DESCRIPTION = 125, 40, 30


def ad_campaign(work: Work) -> Content:
    """Ad groups by what people search for, ad sets by argument."""
    groups = _groups(work)
    sets = _ad_sets(work)
    return {
        "name": cut(f"{work.name} · {work.action.label}", 290),
        "objective": cut(work.brief.text("objective") or work.action.label, 290),
        "daily_budget_usd": _budget(work),
        "search_share": 0.7 if work.metrics.queries else 0.6,
        "ad_groups": groups,
        "ad_sets": sets,
        "rationale": _rationale(work),
    }


def _budget(work: Work) -> float:
    named = re.search(
        r"\$\s?(\d[\d,]*)\s*(?:a|per)\s*day", f"{work.brief.text('objective')} {work.brief.text('evidence')}", re.I
    )
    return float(named[1].replace(",", "")) if named else 30.0


def _groups(work: Work) -> list[Content]:
    topics = _topics(work)
    return [_group(work, topic, keywords) for topic, keywords in topics[:3]]


def _topics(work: Work) -> list[tuple[str, list[str]]]:
    """Ad group names and their keywords: visitors' concerns and searches, then the product's own subjects."""
    searched = [work.topic(q.text) for q in work.metrics.queries if work.facts.supports(q.text)]
    asked = [c.text for c in work.concerns if c.statements and not c.objection]
    known = [
        t
        for t in dict.fromkeys([*asked, *searched, *work.facts.vocabulary, *work.facts.searched])
        if 2 <= len(t) <= 60 and words(t) <= 7
    ]
    known = [t for t in known if not t.endswith(("?", "？"))]
    if not known:
        known = [bare(t).lower() for t in Lines(work).short(DIFFERENTIATION, OVERVIEW, limit=40)][:3]
    brand = work.name.lower()
    groups = [(capital(known[0]), known[:1] + _near(known[0], known[1:]))] if known else []
    rest = [t for t in known if not groups or t not in groups[0][1]]
    if rest:
        groups.append((capital(rest[0]), rest[:6]))
    return [*groups, (f"{work.name} by name", [brand])]


def _near(topic: str, others: list[str]) -> list[str]:
    return [other for other in others if terms(other) & terms(topic)][:5]


def _group(work: Work, topic: str, keywords: list[str]) -> Content:
    matches = ["exact", "phrase"] if len(keywords) == 1 else ["phrase"]
    entries = [{"text": cut(k, 80), "match": match} for k in keywords for match in matches]
    entries += [{"text": cut(keywords[0], 80), "match": "exact"}] if len(keywords) > 1 else []
    return {
        "name": cut(topic, 290),
        "keywords": entries[:20],
        "negative_keywords": list(_NEGATIVES[work.chinese]),
        "ad": {
            "headlines": _headlines(work, topic),
            "descriptions": _descriptions(work, topic),
            "paths": _paths(work, topic),
            "final_url": work.path,
        },
    }


def _headlines(work: Work, topic: str) -> list[str]:
    """Eight to twelve lines of at most 30 characters that stand alone."""
    facts = work.facts
    said = "" if Lines(work).is_search(topic) else topic if work.name not in topic else work.name
    options = [said, work.action.label, work.name, work.action.note]
    wanted = facts.about(topic, most=3)
    pool = [*wanted, *facts.benefits, *facts.proof, *work.offers, *facts.statements(OVERVIEW)]
    for statement in pool:
        options.append(statement.label if statement.section != OBJECTIONS and words(statement.label) >= 2 else "")
        options += _short_clauses(statement.text, HEADLINE) if statement.stands else []
    options += [capital(word) for word in facts.vocabulary if words(word) >= 2]
    fitting = [capital(bare(t)) for t in options if t and 2 <= len(bare(t)) <= HEADLINE]
    unique = _distinct(fitting)
    figures = [t for t in unique if numbers(t)]
    found = _distinct([*unique[:4], *figures, *unique])[:12]
    if len(found) < 3:
        spare = [cut(t, HEADLINE) for t in Lines(work).short(OVERVIEW, DIFFERENTIATION, PROOF, PROBLEMS, limit=90)]
        more = work.tell("words")
        found = _distinct([*found, *spare, cut(more, HEADLINE), work.tell("look")])[:12]
    return found


def _short_clauses(text: str, limit: int) -> list[str]:
    """Clauses of all sentences that fit, and for Chinese the parts between commas."""
    found = [clause for sentence in sentences(text) for clause in clauses(sentence) if len(clause) <= limit]
    parts = (
        [part for part in re.split(r"[，。；：]", text) if 4 <= len(part) <= limit]
        if re.search(r"[\u3400-\u9fff]", text)
        else []
    )
    return [*found, *parts]


def _descriptions(work: Work, topic: str) -> list[str]:
    facts = work.facts
    pool = [*facts.about(topic, most=2), *facts.benefits, *facts.proof, *work.offers, *facts.statements(OVERVIEW)]
    texts = [
        ended(clause)
        for s in pool
        for clause in (
            [s.sentence]
            if len(s.sentence) <= DESCRIPTION
            else _short_clauses(s.text, DESCRIPTION - 1)
            if s.stands
            else []
        )
    ]
    call = ended(work.action.label)
    with_call = [joined([t, call]) for t in texts if len(joined([t, call])) <= DESCRIPTION]
    found = _distinct([t for t in [*with_call[:1], *texts] if 5 <= len(t) <= DESCRIPTION])[:4]
    spare = [
        ended(cut(t, DESCRIPTION - 1)) for t in Lines(work).short(OVERVIEW, DIFFERENTIATION, PROOF, PROBLEMS, limit=89)
    ]
    spare += [cut(ended(f"{work.name}: {work.action.label}"), DESCRIPTION).ljust(5, ".")]
    spare += [cut(ended(work.ways("solution")[0]), DESCRIPTION)]
    return _distinct([*found, *spare])[:4] if len(found) < 2 else found


def _distinct(lines: list[str]) -> list[str]:
    """Without repeats, also of lines that differ in case or end mark only."""
    found: dict[str, str] = {}
    for line in lines:
        found.setdefault(bare(line).lower(), line)
    return list(found.values())


def _paths(work: Work, topic: str) -> list[str]:
    slug = re.sub(r"[^a-z0-9]+", "-", topic.lower()).strip("-")
    short = ""
    for part in slug.split("-"):
        longer = f"{short}-{part}" if short else part
        if len(longer) > PATH:
            break
        short = longer
    kind = work.action.kind
    return [path for path in dict.fromkeys([short, kind]) if path and len(path) <= PATH]


def _ad_sets(work: Work) -> list[Content]:
    angles = (
        ("Benefit", work.facts.benefits),
        ("Proof", [s for s in work.facts.proof if s.has_number] or work.facts.proof),
        ("Problem", work.facts.problems),
    )
    ads: list[Content] = []
    for angle, pool in angles:
        texts = [s for s in pool if len(s.sentence) <= PRIMARY] or pool
        if not texts:
            continue
        statement = work.dice.pick(f"ad {angle}", texts[:3])
        ads.append({
            "angle": angle,
            "primary_text": _primary(work, statement.sentence),
            "headline": _meta_headline(work, statement.label),
            "description": cut(work.action.note, META_DESCRIPTION) if len(work.action.note) <= META_DESCRIPTION else "",
            "link": work.path,
        })  # fmt: skip
    name = "People with the problem"
    return [{"name": name, "audience": work.audience, "ads": ads}] if ads else []


def _primary(work: Work, sentence: str) -> str:
    text = sentence if len(sentence) <= PRIMARY else ended(cut(sentence, PRIMARY - 1))
    both = joined([text, ended(work.action.label)])
    return both if len(both) <= PRIMARY else text


def _meta_headline(work: Work, label: str) -> str:
    options = [label, *Lines(work).short(DIFFERENTIATION, PROOF, OVERVIEW, limit=META_HEADLINE), work.action.label]
    return capital(
        next(
            (bare(t) for t in options if 2 <= len(bare(t)) <= META_HEADLINE and words(t) >= 2),
            cut(work.action.label, META_HEADLINE),
        )
    )


def _rationale(work: Work) -> str:
    named = ", ".join(f"“{q.text}”" for q in [q for q in work.metrics.queries if work.facts.supports(q.text)][:3])
    basis = f"what people already type: {named}" if named else "the words customers use"
    learned = " ".join(f"[{identity}]" for identity, _ in work.learnings[:3])
    cited = f" Learnings applied: {learned}." if learned else ""
    return (
        f"Search groups follow {basis}. Most of the budget goes to search, where intent is visible; social tests "
        f"one angle per ad. Lines are the product context's own statements.{cited}"
    )
