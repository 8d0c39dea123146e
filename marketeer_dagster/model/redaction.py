"""The one redaction: what must never be stored, shown or logged is taken out of a text here and nowhere else.

Two nets. Secrets that this process has read (connections, settings) are known by their value, in whatever form a
vendor echoes them back. What merely has the shape of a credential (a key with a vendor's prefix, a password in an
address) is taken out too: an error may carry a secret that nobody here has read.
"""

import base64
import binascii
import json
import os
import re
import threading
from collections.abc import Iterable, Mapping
from html import escape
from urllib.parse import quote, quote_plus

GONE = "***"
SHORTEST = 8
"""Characters of the shortest secret known by its value: shorter ones would blank out ordinary words."""

_SECRET_NAME = re.compile(r"(?:KEY|SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS)$", re.IGNORECASE)
_NAMES = (
    r"access_token|refresh_token|id_token|api[_-]?key|client_secret|secret[_-]?(?:access[_-]?)?key|secrets_key|"
    r"account_?key|private_key|application_password|password|passwd|pwd|secret|token|x-api-key|authorization|signature|"
    r"sig|(?:set-)?cookie"
)

_SHAPES = tuple(
    re.compile(shape)
    for shape in (
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)",
        r"\bsk-[A-Za-z0-9_-]{8,}",  # Anthropic and others
        r"\b(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9*]{4,}",  # Stripe; it echoes keys with asterisks in the middle
        r"\bwhsec_[A-Za-z0-9]{8,}",
        r"\bya29\.[A-Za-z0-9._-]{6,}",  # Google: access token, refresh token, client secret, API key
        r"\b1//[A-Za-z0-9_-]{10,}",
        r"\bGOCSPX-[A-Za-z0-9_-]{10,}",
        r"\bAIza[A-Za-z0-9_-]{20,}",
        r"\b[0-9a-f]{32}-us\d{1,3}\b",  # Mailchimp
        r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*",  # JSON Web Token
        r"\b(?:ghp|gho|github_pat|xoxb|xoxp)[_-][A-Za-z0-9_-]{10,}",
    )
)
_USERINFO = re.compile(r"(?<=://)[^\s/?#]*@")
"""Up to the last sign: a password may hold some that nobody encoded."""
_PAIR = re.compile(
    rf"(?i)(?<![A-Za-z0-9])({_NAMES})([\"']?\s*[=:]\s*)([\"']?)((?:bearer|basic|token|digest)\s+)?"
    r"((?<=\")[^\"\n]+(?=\")|(?<=')[^'\n]+(?=')|[^\s\"'&,;<>}\])]+)"
)
_SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+([A-Za-z0-9._~+/=-]{6,})")
_WORDPRESS = re.compile(r"\b(?:[A-Za-z0-9]{4} ){5}[A-Za-z0-9]{4}\b")

_URLSAFE = str.maketrans("+/", "-_")

_lock = threading.Lock()
_known: set[str] = set()


def keep_out(secrets: Iterable[str]) -> None:
    """Have these values taken out of every text from now on, in this process, however they are written."""
    for secret in secrets:
        forms = set(_forms(secret))
        if not forms <= _known:
            with _lock:
                _known.update(forms)


def keep_out_environment(environ: Mapping[str, str] | None = None) -> None:
    """The same for every environment variable whose name says that it is a secret."""
    keep_out(value for name, value in (environ or os.environ).items() if _SECRET_NAME.search(name))


def redact(text: str) -> str:
    """`text` without secrets. Safe to repeat; a text without any comes back as it is."""
    for secret in sorted(_known, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, GONE)
    for shape in _SHAPES:
        text = shape.sub(GONE, text)
    text = _USERINFO.sub(lambda found: f"{GONE}@", text)
    text = _PAIR.sub(_without_value, text)
    text = _SCHEME.sub(lambda f: f"{f[1]} {GONE}" if _is_credential(f[1], f[2]) else f[0], text)
    return _WORDPRESS.sub(lambda f: GONE if re.search(r"\d|[a-z][A-Z]|[A-Z][A-Z]", f[0]) else f[0], text)


def _forms(secret: str) -> Iterable[str]:
    """The ways in which one secret may be echoed: as it is, without its spaces, in an address, in JSON, in HTML, and in
    base64, alone or after a user's name."""
    parts = {secret, secret.strip()}
    try:
        held = json.loads(secret)
    except ValueError:
        held = None
    if isinstance(held, dict):  # a service account's file: its fields are secrets, the file is never seen whole
        parts |= {value for name, value in held.items() if isinstance(value, str) and name == "private_key"}
    for part in parts:
        spaceless = part.replace(" ", "")
        addressed = (quote(part), quote(part, safe=""), quote_plus(part), quote(quote(part, safe=""), safe=""))
        spelled = (json.dumps(part)[1:-1], json.dumps(part, ensure_ascii=False)[1:-1], escape(part))
        spaced = (part.replace(" ", "\u00a0"),) if " " in part else ()
        encoded = _in_base64(part.encode())
        for form in (part, spaceless, *spaced, *addressed, *spelled, *encoded):
            if len(form) >= SHORTEST:
                yield form


def _in_base64(secret: bytes) -> Iterable[str]:
    """What of base64 the secret alone decides, wherever it begins in what is encoded."""
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + secret).decode()
        # The first letters hold bits of what stands before; the last ones do of what follows, where something does.
        at_the_end = whole[(0, 2, 3)[before] :].rstrip("=")
        cut = at_the_end[:-1] if (before + len(secret)) % 3 else at_the_end
        for known in {at_the_end, cut}:
            yield from {known, known.translate(_URLSAFE)}


def _without_value(found: re.Match[str]) -> str:
    name, between, opening, scheme, value = found.groups()
    prose = ":" in between and not opening and '"' not in between and not re.search(r"\d", value)
    if value == GONE or (prose and not scheme):  # "password: wrong" says what is wrong and holds no secret
        return found[0]
    return f"{name}{between}{opening}{scheme or ''}{GONE}"


def _is_credential(scheme: str, value: str) -> bool:
    if scheme.lower() == "bearer":
        return bool(re.search(r"\d", value)) or len(value) >= 20
    try:
        return b":" in base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False
