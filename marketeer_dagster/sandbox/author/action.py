"""The one action an artefact asks for: its label, where it leads, what it takes from the visitor, what reassures."""

import re
from dataclasses import dataclass

from marketeer_dagster.sandbox.author.facts import Facts
from marketeer_dagster.sandbox.author.text import bare, capital, clauses, cut, sentences

_NAMED = re.compile(
    r"(?:primary |main )?(?:call to action|cta|main action|primary action|行动按钮|行动号召|"
    r"主要行动)\**\s*[:：]\**\s*(?P<label>[^.;\n。；]{2,60})",
    re.IGNORECASE,
)
_PHRASE = re.compile(
    r"\b(?:start (?:a |your |the )?(?:free )?trial|book (?:a|an|your) (?:free )?[a-z]+|donate(?: monthly| now)?|"
    r"install (?:the )?[A-Za-z]+|sign up|request a (?:quote|demo)|join (?:us|the [a-z]+)|get a quote|subscribe)\b|"
    r"免费试用|预约[\u4e00-\u9fff]{0,4}|立即捐款|捐赠|安装|报名|注册|立即购买|在线咨询",
    re.IGNORECASE,
)
_KINDS = (
    ("donate", r"donat|give|member|捐"),
    ("install", r"install|download|安装|下载"),
    ("book", r"\bbook|appointment|reserve|visit|schedule|预约|挂号"),
    ("demo", r"demo|talk to|quote|演示"),
    ("trial", r"trial|sign ?up|start|try|register|create|试用|注册|开始"),
    ("contact", r"contact|call|ask|咨询|联系"),
    ("buy", r"buy|order|shop|purchase|购买|下单"),
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
    "donate": (("Amount", "Email"), ("金额", "邮箱")),
    "install": (("Email",), ("邮箱",)),
    "book": (("Name", "Phone"), ("姓名", "手机号")),
    "demo": (("Name", "Work email"), ("姓名", "工作邮箱")),
    "contact": (("Name", "Email"), ("姓名", "手机号")),
    "buy": (("Email",), ("手机号",)),
    "join": (("Name", "Email"), ("姓名", "手机号")),
    "trial": (("Work email",), ("手机号",)),
}
_REASSURING = re.compile(
    r"no (?:credit )?card|cancel|guarantee|refund|money back|\bfree\b|no obligation|no setup|"
    r"无需|免费|退款|随时|不收",
    re.IGNORECASE,
)
_WEAK = re.compile(
    r"^(?:learn more|read more|submit|click here|find out more|more|go|continue|send|了解更多|点击这里|提交|更多)$",
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
    named = _NAMED.search(facts.document)
    phrase = _PHRASE.search(facts.document)
    raw = wanted or (named["label"] if named else "") or (phrase[0] if phrase else "")
    label = cut(capital(bare(raw.strip("\"“”「」'*` "))), 40) or ("立即开始" if facts.chinese else "Get started")
    kind = next((kind for kind, pattern in _KINDS if re.search(pattern, label, re.I)), "trial")
    personal = facts.chinese or not re.search(
        r"team|compan|business|finance|enterprise", facts.body("target audience"), re.I
    )
    fields = _FIELDS[kind][1 if facts.chinese else 0]
    fields = tuple("Email" if field == "Work email" and personal else field for field in fields)
    return Action(kind, label, _link(kind, facts, known_paths, page), _note(facts), fields, _EVENTS[kind])


def _link(kind: str, facts: Facts, known_paths: list[str], page: str) -> str:
    pattern = dict(_KINDS)[kind]
    named = re.search(r"\bpage\s*[:：]\**\s*(/[a-z0-9][\w/-]*)", facts.document, re.IGNORECASE)
    if named and named[1] != page:
        return named[1]
    known = [*known_paths, *_PATH_TEXT.findall(facts.document)]
    return next((path for path in known if path != page and re.search(pattern, path, re.I)), _PATHS[kind])


def _note(facts: Facts) -> str:
    for statement in facts.public:
        for sentence in sentences(statement.text):
            parts = [p for p in re.split(r"[，。；]", sentence) if len(p) >= 5] if facts.chinese else clauses(sentence)
            for clause in (*parts, sentence):
                if (
                    _REASSURING.search(clause)
                    and len(clause) <= 120
                    and statement.section != "problems and pain points"
                ):
                    return capital(bare(clause))
    return ""
