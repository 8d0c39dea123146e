"""The one action an artefact asks for: its label, where it leads, what it takes from the visitor, what reassures."""

import re
from dataclasses import dataclass

from marketeer_dagster.sandbox.author.facts import OVERVIEW, PROBLEMS, Facts
from marketeer_dagster.sandbox.author.labels import ACTION
from marketeer_dagster.sandbox.author.text import MARKS, bare, capital, clauses, cut, sentences
from marketeer_dagster.sandbox.author.wording import FIELDS, WORDINGS

_NAMED = re.compile(rf"(?:{ACTION.pattern})\**\s*(?:[:：]|\bis\b)\**\s*(?P<label>[^.;\n。；]{{2,60}})", re.IGNORECASE)
_PHRASE = re.compile(
    r"\b(?:start (?:a |your |the )?(?:free )?trial|book (?:a|an|your) (?:free )?[a-z]+|donate(?: monthly| now)?|"
    r"install (?:the )?[A-Za-z]+|sign up|request a (?:quote|demo)|join (?:us|the [a-z]+)|get a quote|subscribe)\b|"
    r"免费试用|预约[\u4e00-\u9fff]{0,4}|立即捐款|捐赠|安装|报名|注册|立即购买|在线咨询",
    re.IGNORECASE,
)
_KINDS = (
    ("donate", r"donat|give|member|捐"),
    ("install", r"install|download|安装|下载"),
    (
        "book",
        r"\bbook|appointment|reserve|visit|schedule|termin|vereinbar|buch(?:e|ung)|rendez|réserv|reserv|cita\b|预约|挂号",
    ),
    ("demo", r"demo|quote|audit|angebot|devis|presupuesto|演示"),
    ("trial", r"trial|sign ?up|start|try|register|create|试用|注册|开始"),
    ("contact", r"contact|call|ask|talk|get in touch|write|kontakt|anruf|schreib|écri|appel|llam|escrí|咨询|联系"),
    ("buy", r"buy|order|shop|purchase|bestell|kauf|command|panier|achet|compr|pedir|购买|下单"),
    ("join", r"join|volunteer|报名|加入"),
)
_PATHS = {
    "donate": "/donate", "install": "/install", "book": "/book", "demo": "/demo", "trial": "/signup",
    "contact": "/contact", "buy": "/checkout", "join": "/join",
}  # fmt: skip
_EVENTS = {
    "donate": "donate", "install": "install", "book": "book_appointment", "demo": "generate_lead", "trial": "sign_up",
    "contact": "generate_lead", "buy": "purchase", "join": "join_group",
}  # fmt: skip
_FIELDS = {
    "donate": ("Amount", "Email"), "install": ("Email",), "book": ("Name", "Phone"), "demo": ("Name", "Work email"),
    "contact": ("Name", "Email"), "buy": ("Email",), "join": ("Name", "Email"), "trial": ("Work email",),
}  # fmt: skip
_CHINESE_FIELDS = {"donate": ("Amount", "Email"), "install": ("Email",), "book": ("Name", "Phone"),
                   "demo": ("Name", "Work email"), "contact": ("Name", "Phone"), "join": ("Name", "Phone")}  # fmt: skip
_REASSURING = re.compile(
    r"no (?:credit )?card|cancel|guarantee|refund|money back|\bfree\b|no obligation|no setup|"
    r"无需|免费|退款|随时|不收",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"^(?:learn more|read more|submit|click here|find out more|more|go|continue|send|了解更多|点击这里|提交|更多|"
    r"mehr erfahren|weiter|absenden|en savoir plus|envoyer|saber más|enviar|info)$",
    re.I,
)
_PATH_TEXT = re.compile(r"(?<![\w/.])(/[a-z0-9][a-z0-9/_-]*)\b")


@dataclass(frozen=True)
class Action:
    """What the visitor is asked to do."""

    kind: str
    label: str
    url: str
    note: str
    fields: tuple[str, ...]
    event: str
    """The analytics event that says it was done."""


def is_weak(label: str) -> bool:
    """Whether a button label says nothing about what happens next."""
    return bool(_WEAK.match(label.strip()))


def choose_action(facts: Facts, wanted: str, known_paths: list[str], page: str) -> Action:
    """The action: `wanted` (the brief's) before what the context names; the link is a known page where one fits."""
    inline = _NAMED.search(facts.document)
    named = next((item.text for item in facts.items(OVERVIEW) if ACTION.search(item.label)), "")
    named = named or (inline["label"] if inline else "")
    phrase = _PHRASE.search(facts.document)
    spoken = WORDINGS["contact" if re.search(r"\S@\S", facts.body(OVERVIEW)) else "start"][facts.language]
    raw = wanted or re.split(r"[.;。；]", named)[0] or (phrase[0] if phrase else "")
    label = cut(capital(bare(raw).strip(MARKS)), 40) or spoken
    kind = next((kind for kind, pattern in _KINDS if re.search(pattern, label, re.I)), "trial")
    personal = not re.search(r"team|compan|business|finance|enterprise", facts.body("target audience"), re.I)
    asked = _CHINESE_FIELDS.get(kind, ("Phone",)) if facts.chinese else _FIELDS[kind]
    fields = [FIELDS["Email" if f == "Work email" and personal else f][facts.language] for f in asked]
    fields = tuple(dict.fromkeys(fields))
    return Action(kind, label, _link(kind, facts, known_paths, page), _note(facts), fields, _EVENTS[kind])


def _link(kind: str, facts: Facts, known_paths: list[str], page: str) -> str:
    pattern = dict(_KINDS)[kind]
    named = re.search(r"[:：]\s*\**\s*\[?`?(/[a-z0-9][\w/-]*)`?\s*(?:\]|\)|$)", facts.body(OVERVIEW), re.I | re.M)
    if named and named[1] != page:
        return named[1]
    told = [path for path in _PATH_TEXT.findall(facts.body(OVERVIEW)) if path != page]
    if told:
        return told[0]
    known = [*known_paths, *_PATH_TEXT.findall(facts.document)]
    return next((path for path in known if path != page and re.search(pattern, path, re.I)), _PATHS[kind])


def _note(facts: Facts) -> str:
    for statement in facts.public:
        for sentence in sentences(statement.text)[:1]:
            parts = [p for p in re.split(r"[，。；]", sentence) if len(p) >= 5] if facts.chinese else clauses(sentence)
            for clause in (*parts, sentence):
                if _REASSURING.search(clause) and len(clause) <= 120 and statement.section != PROBLEMS:
                    return capital(bare(clause))
    return ""
