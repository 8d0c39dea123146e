"""Which texts of an artefact customers read, and which only colleagues and platforms see."""

import re

from marketeer_dagster.model.artefacts import ArtefactContent

CUSTOMER_FACING = frozenset({"page_copy", "edited_copy", "email_sequence", "ad_campaign"})
"""Kinds whose public fields customers read; all others are papers for colleagues."""
_PAPER_FIELD = re.compile(
    r"^name$|^emails\[\d+\]\.purpose$|^ad_groups\[\d+\]\.(?:name|keywords.*|negative_keywords.*)$|"
    r"^ad_sets\[\d+\]\.(?:name|audience|ads\[\d+\]\.angle)$|_alternatives\[\d+\]\.reason$|(?:^|\.)notes$"
)
"""Fields of customer-facing kinds that name things for colleagues and ad platforms."""
_MAY_BE_PUBLISHED = re.compile(r"_alternatives\[\d+\]\.text$")
"""Wordings that an experiment may show to visitors."""
_ADDRESS_FIELD = re.compile(r"(?:url|link|^path|\.path|paths\[\d+\])$")


def is_address(path: str) -> bool:
    """Whether the field at `path` holds a link or a page's path, no prose."""
    return _ADDRESS_FIELD.search(path) is not None


def public_texts(content: ArtefactContent) -> dict[str, str]:
    """The texts that customers read, by path; none for papers."""
    if content.kind not in CUSTOMER_FACING:
        return {}
    shown = {path for path, _ in content.texts(public_only=True)}
    return {
        path: text
        for path, text in content.texts()
        if (path in shown or _MAY_BE_PUBLISHED.search(path)) and not _PAPER_FIELD.search(path) and not is_address(path)
    }
