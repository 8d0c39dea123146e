"""Which currency an amount is in, as far as its marks say: a code, or a sign that several currencies share.

`$`, `¥` and `kr` name no currency by themselves. What such a sign means is decided by the document it stands in: by
the currencies that the document names elsewhere, else by the sign's usual ones.
"""

import re

SIGNS: dict[str, tuple[str, ...]] = {"$": ("USD",), "¥": ("CNY", "JPY"), "kr": ("SEK", "NOK", "DKK", "ISK")}
"""Signs that several currencies share, and which are meant where nothing tells."""
_DOLLARS = {
    "US": "USD", "U": "USD", "A": "AUD", "AU": "AUD", "C": "CAD", "CA": "CAD", "NZ": "NZD", "HK": "HKD", "S": "SGD",
    "SG": "SGD", "NT": "TWD", "R": "BRL", "MX": "MXN", "Mex": "MXN", "J": "JMD", "Z": "ZWL",
}  # fmt: skip
"""What stands before `$`: A$49 is Australian, R$ 99 are reais."""
_BY_SIGN = {
    "€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₺": "TRY", "₽": "RUB", "₴": "UAH", "₪": "ILS", "฿": "THB",
    "₫": "VND", "₱": "PHP", "₦": "NGN", "zł": "PLN", "kč": "CZK", "ft": "HUF", "元": "CNY", "块钱": "CNY", "円": "JPY",
    "美元": "USD", "欧元": "EUR", "日元": "JPY", "港元": "HKD", "港币": "HKD", "英镑": "GBP", "rs": "INR", "rs.": "INR",
    "rp": "IDR", "rp.": "IDR", "rm": "MYR", "dh": "AED", "dhs": "AED",
}  # fmt: skip
_EVERY_CODE = """
USD EUR GBP CNY RMB CHF INR AUD CAD NZD HKD SGD TWD JPY KRW SEK NOK DKK ISK PLN CZK HUF RON BGN TRY RUB UAH ILS ZAR BRL
MXN ARS CLP COP PEN THB VND PHP IDR MYR AED SAR QAR EGP NGN KES
"""
CODES = tuple(_EVERY_CODE.split())
"""ISO 4217's codes that people write."""
_WORDS = {
    r"(?:US|U\.S\.|American)[ -]dollars?": "USD", r"Australian dollars?": "AUD", r"Canadian dollars?": "CAD",
    r"New Zealand dollars?": "NZD", r"Singapore dollars?": "SGD", r"Hong Kong dollars?": "HKD", r"dollars?": "$",
    r"euros?": "EUR", r"pounds?(?: sterling)?": "GBP", r"francs?": "CHF", r"franken": "CHF", r"yen": "JPY",
    r"yuan": "CNY", r"rupees?": "INR", r"reais|real": "BRL", r"(?:Swedish )kron(?:or|a)": "SEK", r"kronor": "SEK",
    r"(?:Norwegian )kroner?": "NOK", r"(?:Danish )kroner?": "DKK", r"kroner": "kr", r"zloty|złoty(?:ch)?": "PLN",
}  # fmt: skip
_APART = tuple(sorted((prefix for prefix in _DOLLARS if len(prefix) > 1), key=len, reverse=True))
"""Those that may stand apart from the sign: US $49. A single letter would be an article: a $49 plan."""
_PREFIXES = rf"(?:(?:{'|'.join(_APART)}) ?|{'|'.join(prefix for prefix in _DOLLARS if len(prefix) == 1)})"
_NO_WORD_INSIDE = r"(?![\w])"
_ANY_CODE = "|".join(CODES)
BEFORE = (
    rf"(?:\b(?:{_ANY_CODE}) ?|(?<![\w]){_PREFIXES}\$ ?|"
    r"[$€£¥₹₩₺₽₴₪฿₫₱₦] ?|(?<![\w])(?:[Kk]r\.? |R[sp]\.? ?|CHF ?|RM ?|Dhs? ))"
)
"""What stands before an amount."""
AFTER = (
    rf"(?:[ -]?(?:{_ANY_CODE}){_NO_WORD_INSIDE}|[ -]?(?i:{'|'.join(_WORDS)}){_NO_WORD_INSIDE}|"
    rf" ?(?:[€£¥$₹₩₺₽₴₪฿₫₱]|zł|Kč|Ft|kr\.?){_NO_WORD_INSIDE}|"
    r" ?(?:美元|欧元|日元|港元|港币|英镑|人民币|元|块钱|円))"
)
"""What stands after one."""
NAMED_AFTER = rf"(?: ?\((?:in )?(?:{_ANY_CODE}|{'|'.join(_APART)})\)| (?:{_ANY_CODE}){_NO_WORD_INSIDE})"
"""A code that says which dollar or yen was meant: $49 (AUD), ¥4,900 JPY."""
AMOUNT_WORDS = re.compile(
    rf"[$€£¥₹₩₺₽₴₪฿₫₱]|\b(?:{_ANY_CODE}|{'|'.join(_WORDS)})\b|\bkr\b|\bzł|\bKč|price|cost|\bfees?\b|preis|kosten|gebühr|元|价|费用|收费",
    re.IGNORECASE,
)
"""A line that speaks of prices."""
_NAMED = tuple(
    (re.compile(pattern), code)
    for pattern, code in (
        *((rf"\b{code}\b", "CNY" if code == "RMB" else code) for code in CODES),
        *((rf"(?<!\w){prefix}{' ?' if prefix in _APART else ''}\$", code) for prefix, code in _DOLLARS.items()),
        *((rf"(?i:\b{word}\b)", code) for word, code in _WORDS.items() if code not in SIGNS),
        (r"日元|円", "JPY"), (r"人民币|元(?!素|旦)", "CNY"),
    )
)  # fmt: skip
_FAMILIES = {
    "$": frozenset({"USD", "AUD", "CAD", "NZD", "HKD", "SGD", "TWD", "MXN", "ARS", "CLP", "COP", "JMD"}),
    "¥": frozenset({"CNY", "JPY"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
}


def currency(*marks: str | None) -> str:
    """The code that the marks around an amount name, the sign when they name no more, "" without any.

    The last mark that names a code stands before a sign: in `$49 AUD` the code.
    """
    named = [code for mark in marks if mark and (code := _of(mark.strip(" -()")))]
    return next((code for code in reversed(named) if code not in SIGNS), named[-1] if named else "")


def meant_by(sign: str, document: str) -> frozenset[str]:
    """The codes that `sign` stands for in a document: those of its family that the document names, else the usual."""
    named = {code for pattern, code in _NAMED if code in _FAMILIES[sign] and pattern.search(document)}
    return frozenset(named or SIGNS[sign])


def sign_of(code: str) -> str:
    """The shared sign that an amount in `code` may be written with; "" when there is none."""
    return next((sign for sign, family in _FAMILIES.items() if code in family), "")


def _of(mark: str) -> str:
    bare = mark.removeprefix("in ").strip()
    upper = bare.upper()
    if upper in CODES:
        return "CNY" if upper == "RMB" else upper
    if bare.endswith("$"):
        return _DOLLARS.get(bare[:-1].strip(), "$")
    if bare in _APART:
        return _DOLLARS[bare]
    low = bare.casefold()
    if low in ("¥", "kr", "kr."):
        return low.rstrip(".")
    if low == "人民币":
        return "CNY"
    return _BY_SIGN.get(low) or next(
        (code for word, code in _WORDS.items() if re.fullmatch(word, bare, re.IGNORECASE)), ""
    )


IN_NAMES = rf"\b{_PREFIXES}(?=\$)|\b(?:{_ANY_CODE}|Rp|RM)(?= ?\d)|(?<=\d)[ -]?(?:{_ANY_CODE})\b"
"""What says how much something costs where names are looked for: US $49, AUD49, 49 AUD."""
