"""The one id scheme: `<prefix>_<20 lower-case base32 characters>`, for instance `art_7k2m…`.

`derived` ids are a function of what they name, so a retried step finds the row it already wrote.
`fresh` ids sort by the time they were made and are for events that may repeat with equal content.
"""

import hashlib
import re
import secrets
import time
import unicodedata
from typing import Literal, NewType

TenantId = NewType("TenantId", str)
"""A tenant's slug, 1-40 of a-z, 0-9 and single hyphens."""
CampaignKey = NewType("CampaignKey", str)
"""`<tenant>:<slug>`: a key of the dynamic partition set `campaigns`."""
ArtefactId = NewType("ArtefactId", str)
BriefId = NewType("BriefId", str)
GoalId = NewType("GoalId", str)
PublicationId = NewType("PublicationId", str)
SignalId = NewType("SignalId", str)
ExperimentId = NewType("ExperimentId", str)
LearningId = NewType("LearningId", str)
ReviewId = NewType("ReviewId", str)
ApprovalId = NewType("ApprovalId", str)

Prefix = Literal["gol", "brf", "art", "rev", "apr", "pub", "sig", "exp", "lrn", "llm", "ctx", "fct", "dir"]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 20
SLUG = re.compile(r"^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9]))*$")


def _base32(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 32)
        digits.append(_ALPHABET[rest])
    return "".join(reversed(digits))


def derived(prefix: Prefix, *parts: str) -> str:
    """The id of the thing named by `parts`: equal parts, equal id, on any machine (100 bits of SHA-256)."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return f"{prefix}_{_base32(int.from_bytes(digest, 'big') >> 156, _LENGTH)}"


def fresh(prefix: Prefix) -> str:
    """A new id: 48 bits of milliseconds, then 52 random bits, so ids sort by creation."""
    stamp = int(time.time() * 1000) & ((1 << 48) - 1)
    return f"{prefix}_{_base32((stamp << 52) | secrets.randbits(52), _LENGTH)}"


def content_hash(text: str) -> str:
    """A short stable fingerprint of a text: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def slugify(text: str, *, limit: int = 40) -> str:
    """A slug of `text`; a text with no Latin letters or digits gets a slug from its hash."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", folded)
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word
        if len(longer) > limit:
            break
        slug = longer
    return slug or f"x{content_hash(text)[:10]}"


def campaign_key(tenant: TenantId, slug: str) -> CampaignKey:
    """The partition key of a tenant's campaign."""
    return CampaignKey(f"{tenant}:{slug}")


def split_campaign_key(key: str) -> tuple[TenantId, str]:
    """The tenant and slug of a campaign key; raises ValueError when it has not the form `tenant:slug`."""
    tenant, colon, slug = key.partition(":")
    if not colon or not SLUG.match(tenant) or not SLUG.match(slug):
        raise ValueError(f"{key!r} is not a campaign key of the form tenant:slug")
    return TenantId(tenant), slug
