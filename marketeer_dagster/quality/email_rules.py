"""Rules of emails: subjects, links that must work from an inbox, and merge tags.

The same functions make the links and ask the tags when an email is rendered (publishing.emails), so that nothing an
approved draft holds is refused later.
"""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from marketeer_dagster.model.artefacts.email_sequence import Email, EmailSequence
from marketeer_dagster.model.email_links import absolute, is_own
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.merge_tags import faults, is_link_tag
from marketeer_dagster.model.review import Finding
from marketeer_dagster.model.tenant import Tenant
from marketeer_dagster.quality.findings import blocker, major, minor
from marketeer_dagster.quality.text import folded, plain

_FAKE_REPLY: Final = re.compile(r"^\s*(?:re|fwd?|aw|wg|antw)\s*:", re.IGNORECASE)
_LINK: Final = re.compile(
    r"\]\(\s*<?(?P<marked>[^\s)>]*)|(?P<bare>https?://[^\s)>\"'\]，。]+)|^\s{0,3}\[[^\]^]+\]:\s+<?(?P<defined>[^\s>]+)|"
    r"<(?P<auto>[a-z][a-z0-9+.-]*:[^\s<>]+)>|\b(?:href|src)\s*=\s*[\"'](?P<html>[^\"']*)",
    re.IGNORECASE | re.MULTILINE,
)
_CODE: Final = re.compile(r"```.*?```|~~~.*?~~~|`[^`\n]*`", re.DOTALL)


def email_rules(content: EmailSequence, tenant: Tenant) -> Iterator[Finding]:
    """Findings of an email sequence, email by email."""
    subjects = Counter(folded(subject) for email in content.emails for subject in email.subjects)
    for index, email in enumerate(content.emails):
        where = f"emails[{index}]"
        yield from _link(f"{where}.cta_url", email.cta_url, tenant)
        for found in _LINK.finditer(_CODE.sub("", email.body)):
            url = next(group for group in found.groups() if group is not None)
            yield from _link(f"{where}.body", url.rstrip(".,;"), tenant)
        yield from _subjects(where, email, subjects)
    for path, text in content.texts(public_only=True):
        for fault in () if path.endswith(".cta_url") else faults(text):
            found = blocker if fault.refused else major
            yield found(path, fault.tag, f"{fault.problem}: {fault.tag}", f"use {fault.expected}")


def _subjects(where: str, email: Email, subjects: Counter[str]) -> Iterator[Finding]:
    for number, subject in enumerate(email.subjects):
        path = f"{where}.subjects[{number}]"
        if _FAKE_REPLY.match(subject):
            yield blocker(path, subject, "pretends to be a reply; inboxes and readers punish it", "say what it is")
        if subjects[folded(subject)] > 1:
            yield minor(path, subject, "the same subject stands twice in the sequence", "vary it")
        if plain(subject).isupper() and len(subject) > 8:
            yield major(path, subject, "a subject in capitals", "use sentence case")
        if folded(subject) == folded(email.preheader):
            problem = "the preheader repeats the subject"
            yield minor(f"{where}.preheader", email.preheader, problem, "add what the subject leaves out")


def _link(path: str, url: str, tenant: Tenant) -> Iterator[Finding]:
    website = str(tenant.website)
    try:
        found = absolute(url, website, where=path)
    except BadInput as error:
        problem = error.message.removeprefix(f"{path}: ").partition("; expected ")[0]
        yield blocker(path, url, problem, f"use {error.expected}")
        return
    if found.lower().startswith("tel:") or is_link_tag(found):
        return
    address = found.partition("?")[0]
    led_to = f"https://{address.rpartition('@')[2]}" if address.lower().startswith("mailto:") else found
    if not is_own(led_to, website):
        own = (urlsplit(website).hostname or "").removeprefix("www.")
        yield blocker(path, url, f"leads away from {own}", f"use a page of {own}, such as {website.rstrip('/')}/signup")
