"""Promises that bind a company: free, refundable, cancellable, around the clock. Each must be one the context makes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from marketeer_dagster.quality.denials import affirms, denied
from marketeer_dagster.quality.text import folded, plain, stem


@dataclass(frozen=True)
class Promise:
    """One kind of promise and how it is worded: what a text says, and what a source must say for it."""

    name: str
    hints: tuple[str, ...]
    """Letters without which nothing of it can be said: for speed."""
    said: re.Pattern[str]
    backed: re.Pattern[str]


def _promise(name: str, hints: str, said: tuple[str, ...], backed: tuple[str, ...] = ()) -> Promise:
    says, backs = "|".join(said), "|".join((*said, *backed))
    return Promise(name, tuple(hints.split()), re.compile(says, re.IGNORECASE), re.compile(backs, re.IGNORECASE))


_NOT_FREE = (
    r"to |up\b|of (?!charge)|from|your|themselves|yourself|time|hand|space|afternoon|evening|will\b|and open|range"
)
_PROMISES = (
    _promise(
        "no credit card",
        "card karte 信用卡",
        (
            r"\b(?:no|without|needs? no|not need) (?:a )?(?:credit )?card\b",
            r"\b(?:keine|ohne) Kreditkarte\b",
            r"(?:无需|不需要|不用)(?:绑定)?信用卡",
        ),
        (r"\bcard\b[^.\n]{0,30}\bnot\b", r"\bnot\b[^.\n]{0,30}\bcard\b"),
    ),
    _promise(
        "cancellation at any time",
        "cancel kündbar kündigen 取消",
        (
            r"\bcancel(?:led|lable|lation)? (?:at )?any ?time\b",
            r"\bcancel whenever\b",
            r"\bjederzeit (?:kündbar|kündigen)\b",
            r"随时(?:可以)?取消",
        ),
        (r"\bcancel[^.\n]{0,40}\b(?:any ?time|one click|whenever)\b",),
    ),
    _promise(
        "a refund",
        "refund back zurück erstatt 退",
        (
            r"\brefund\w*",
            r"\bmoney[- ]back\b",
            r"\byour money back\b",
            r"\bGeld[- ]zurück",
            r"\berstatte\w*",
            "退款|退费|退全款",
        ),
    ),
    _promise(
        "no contract",
        "contract commitment bindung laufzeit 合约",
        (
            r"\bno (?:long[- ]term )?(?:contract|commitment)s?\b",
            r"\bohne (?:Vertrags)?bindung\b",
            r"\bkeine Mindestlaufzeit\b",
            r"无(?:需)?合约",
        ),
        (r"\bwithout (?:a )?contract\b", r"\bmonthly\b[^.\n]{0,40}\bcancel"),
    ),
    _promise(
        "something for free",
        "free charge cost kosten gratis 免 零费用",
        (
            rf"(?<![-\w])(?<!feel )(?<!hands )free(?! (?:{_NOT_FREE}))(?![-\w])",
            r"\bfree of charge\b",
            r"\bat no (?:extra )?(?:charge|cost)\b",
            r"\bkosten(?:los|frei)\w*",
            r"\bgratis\b",
            "免费|免单|零费用",
        ),
        (r"\bno charge\b", r"\bcosts? nothing\b", r"不收(?:钱|费)", r"[$€£]0\b", r"\binbegriffen\b"),
    ),
    _promise(
        "free delivery",
        "ship deliver versand 邮 运费",
        (r"\bfree (?:shipping|delivery)\b", "versandkostenfrei", "包邮|免运费"),
    ),
    _promise(
        "service around the clock",
        "24 clock uhr 全天",
        (
            r"\b24/7\b",
            r"\b(?:a)?round[- ]the[- ]clock\b",
            r"\b24 hours a day\b",
            r"\brund um die Uhr\b",
            r"全天候|24 ?小时(?:服务|在线|营业)",
        ),
    ),
    _promise(
        "a discount",
        "discount off price save rabatt spar 折 优惠",
        (
            r"\bdiscount(?:s|ed)?\b",
            r"% off\b",
            r"\bhalf price\b",
            r"\bRabatt\w*",
            r"打折|折扣|优惠价|限时优惠|[一二三四五六七八九\d.]+折",
        ),
    ),
    _promise(
        "a deadline",
        "ends limited left only heute last letzte 今天 最后 名额",
        (
            r"\b(?:offer|deal|price|sale) ends\b",
            r"\blimited[- ]time\b",
            r"\bonly \w+ (?:spots?|seats?|places?) left\b",
            r"\btoday only\b",
            r"\bnur (?:noch )?heute\b",
            r"\b(?:letzte Chance|last chance)\b",
            "仅限今天|最后一天|名额有限",
        ),
    ),
    _promise(
        "a certificate",
        "certif accred zertif 认证",
        (r"\b(?:certified|accredited)\b", r"\bzertifiziert\w*", "认证"),
        (r"\b(?:certificat|accreditat|Zertifi)\w+",),
    ),
    _promise(
        "compliance",
        "complian ready konform 合规",
        (r"\b(?:GDPR|HIPAA|PCI|DSGVO|SOX|CCPA)[- ](?:complian(?:t|ce)|ready|konform)\b", r"\b\w+konform\b", "合规"),
    ),
    _promise("a patent", "patent 专利", (r"\bpatent(?:ed|iert\w*|s)?\b", "专利")),
)


_CERTIFIED_AS = re.compile(
    r"\b(?P<kind>[^\W\d_]{4,})[- ](?:certified|accredited|zertifiziert\w*)|(?P<cn>[一-鿿]{2})认证"
)
_CERTIFYING = re.compile(r"certif|accredit|zertifi|认证|证书", re.IGNORECASE)
_ANY_CERTIFICATE_WORDS = """
fully also been independently officially regularly externally unabhängig extern wurde wird sind sowie werden with
通过 获得 取得 权威 国际 官方 相关 专业 没有 多项 已有 经过 这些
"""
_ANY_CERTIFICATE = frozenset(_ANY_CERTIFICATE_WORDS.split())
_CERTIFICATE_NAMED = re.compile(
    r'"(?P<one>[^"]{3,50})"(?: in \w+)?,? (?:certified|accredited|zertifiziert)|'
    r'(?:certified|accredited|zertifiziert)[: ]+(?:as |als |to |nach )?"(?P<two>[^"]{3,50})"',
    re.IGNORECASE,
)
_FREE_OF_COST = re.compile(
    r"(?<![-\w])(?:free|kostenlose?[nrs]?|gratis) (?P<what>[^\W\d_]{4,})|"
    r"\b(?P<which>[^\W\d_]{4,}) (?:is|are|ist|sind|comes?|bleib\w+) (?:\w+ )?(?:free|kostenlos|gratis)\b(?!-)|"
    r"免费(?P<cn>[一-鿿]{2})",
    re.IGNORECASE,
)
_TIME_AND_TRIAL = re.compile(
    r"days?$|weeks?$|months?$|years?$|trial|hours?$|start|from$|with$|until|under$|tage|woche|monat|jahr|test|試|试|体验|"
    r"every|this|that|while|when|they|which|auch|ohne|oder|für$|during|forever|und$",
    re.IGNORECASE,
)


def _narrower(line: str, source: str) -> Iterator[tuple[str, str]]:
    """Which certificate, and what is free: one certificate does not prove another, one free thing no other."""
    known = source.casefold().splitlines()
    for match in _CERTIFIED_AS.finditer(line):
        kind = (match["kind"] or match["cn"]).casefold()
        certified = [raw for raw in known if affirms(_CERTIFYING, raw)]
        if certified and kind not in _ANY_CERTIFICATE and not any(stem(kind) in raw for raw in certified):
            yield "this certificate", match[0]
    for match in _CERTIFICATE_NAMED.finditer(line):
        if folded(match["one"] or match["two"]) not in folded(source):
            yield "this certificate", match[0]
    free = next(promise for promise in _PROMISES if promise.name == "something for free")
    for match in _FREE_OF_COST.finditer(line):
        what = (match["what"] or match["which"] or match["cn"]).casefold()
        given = [raw for raw in known if affirms(free.backed, raw)]
        if given and not _TIME_AND_TRIAL.search(what) and not any(stem(what) in raw for raw in given):
            yield f"that {what} is free", match[0]


def unbacked(text: str, source: str) -> Iterator[tuple[str, str]]:
    """(promise, words) for every promise of `text` that `source` does not make, each once."""
    line = plain(text)
    low = line.casefold()
    for promise in _PROMISES:
        if any(hint in low for hint in promise.hints):
            said = (
                match for match in promise.said.finditer(line) if not denied(line[: match.start()], line[match.end() :])
            )
            if (match := next(said, None)) and not affirms(promise.backed, source):
                yield promise.name, match[0].strip()
    if any(hint in low for hint in ("certif", "accred", "zertif", "认证", "free", "kostenlos", "gratis", "免费")):
        yield from _narrower(line, source)
