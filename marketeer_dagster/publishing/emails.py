"""Emails ready to be sent: HTML and plain text of each email of a sequence, with its links made countable."""

import re
from html import escape
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.artefacts.email_sequence import Email, EmailSequence
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.ids import split_campaign_key
from marketeer_dagster.publishing.html import markdown_to_html, safe_url

EMAIL_CAMPAIGN: Final = "email_campaign"
_LINK: Final = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_EMPHASIS: Final = re.compile(r"(\*\*|__)(?=\S)(.+?)(?<=\S)\1")


class Footer(Value):
    """What law and the channel ask of every commercial email: how to leave, and the sender's postal address."""

    html: str
    text: str


class EmailPayload(Value):
    """One email of a sequence. `html` is a whole document without the look-up key, which is added when written."""

    list_id: str
    name: str
    position: int
    """From 1."""
    of: int
    purpose: str
    delay_days: int
    """Days after the first email of the sequence goes out."""
    subject: str
    preheader: str
    html: str
    text: str


def sequence_of(artefact: Artefact) -> EmailSequence:
    """The artefact's emails; raises BadInput when it holds none."""
    content = artefact.parsed()
    if not isinstance(content, EmailSequence):
        raise BadInput(f"{artefact.kind} is no email sequence", where=artefact.id, expected=EmailSequence.kind)
    return content


def email_payloads(artefact: Artefact, list_id: str, source: str, footer: Footer) -> tuple[EmailPayload, ...]:
    """Every email of the sequence, in order, with the first subject variant (the author's best).

    `source` is the channel, for `utm_source`; `utm_campaign` is `<campaign slug>-email-<n>`. Raises BadInput.
    """
    sequence = sequence_of(artefact)
    _, slug = split_campaign_key(artefact.campaign)
    payloads: list[EmailPayload] = []
    delay = 0
    for number, email in enumerate(sequence.emails, 1):
        # The first email's own delay counts from the trigger, which for a broadcast is the approval itself.
        delay += email.delay_days if number > 1 else 0
        utm = {"utm_source": source, "utm_medium": "email", "utm_campaign": f"{slug}-email-{number}"}
        payloads.append(
            EmailPayload(
                list_id=list_id,
                name=sequence.name,
                position=number,
                of=len(sequence.emails),
                purpose=email.purpose,
                delay_days=delay,
                subject=email.subjects[0],
                preheader=email.preheader,
                html=_document(email, utm, footer, f"emails[{number - 1}]"),
                text=_plain(email, utm, footer, f"emails[{number - 1}]"),
            )
        )
    return tuple(payloads)


def tagged(url: str, utm: dict[str, str]) -> str:
    """`url` with campaign parameters for web analytics; what the link says itself wins. Only web links change."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https", ""):
        return url
    query = {**utm, **dict(parse_qsl(parts.query, keep_blank_values=True))}
    return urlunsplit(parts._replace(query=urlencode(query)))


def _document(email: Email, utm: dict[str, str], footer: Footer, where: str) -> str:
    url = escape(tagged(safe_url(email.cta_url, where=f"{where}.cta_url"), utm))
    return f"""<!doctype html>
<html>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(email.subjects[0])}</title>
</head>
<body style="margin:0;padding:0;background:#ffffff">
<div style="display:none;max-height:0;overflow:hidden">{escape(email.preheader)}</div>
<div style="max-width:600px;margin:0 auto;padding:24px;font:16px/1.5 Helvetica,Arial,sans-serif;color:#1a2233">
{markdown_to_html(email.body)}
<p style="margin:28px 0"><a href="{url}" style="{_BUTTON}">{escape(email.cta_label)}</a></p>
<hr style="border:0;border-top:1px solid #e5e8ef;margin:32px 0 16px">
<div style="font-size:13px;color:#5b6475">{footer.html}</div>
</div>
</body>
</html>"""


_BUTTON: Final = (
    "display:inline-block;background:#2547d0;color:#ffffff;padding:12px 22px;border-radius:6px;"
    "text-decoration:none;font-weight:bold"
)


def _plain(email: Email, utm: dict[str, str], footer: Footer, where: str) -> str:
    body = _LINK.sub(r"\1: \2", _EMPHASIS.sub(r"\2", email.body))
    url = tagged(safe_url(email.cta_url, where=f"{where}.cta_url"), utm)
    return f"{body}\n\n{email.cta_label}: {url}\n\n--\n{footer.text}\n"
