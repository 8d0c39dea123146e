"""Emails ready to be sent: HTML and plain text of each email of a sequence, with its links made countable."""

import json
from html import escape
from typing import Final

from marketeer_dagster.model.artefacts import Artefact
from marketeer_dagster.model.artefacts.email_sequence import Email, EmailSequence
from marketeer_dagster.model.base import Value
from marketeer_dagster.model.email_links import absolute, countable
from marketeer_dagster.model.errors import BadInput
from marketeer_dagster.model.ids import CampaignKey, split_campaign_key
from marketeer_dagster.model.merge_tags import faults
from marketeer_dagster.model.publication import Publication
from marketeer_dagster.publishing.email_body import Body
from marketeer_dagster.publishing.email_text import plain_text

EMAIL_CAMPAIGN: Final = "email_campaign"


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


def email_payloads(
    artefact: Artefact, website: str, list_id: str, source: str, footer: Footer
) -> tuple[EmailPayload, ...]:
    """Every email of the sequence, in order, with the first subject variant (the author's best).

    Paths in its links are below `website`, the tenant's. `source` is the channel, for `utm_source`; `utm_campaign` is
    `<campaign slug>-email-<n>`. Raises BadInput for a link that leads nowhere from an inbox and for a merge tag that
    copy may not use; the draft's rules say the same before anybody approves it (quality.email_rules).
    """
    sequence = sequence_of(artefact)
    refuse_merge_tags(artefact)
    payloads: list[EmailPayload] = []
    delay = 0
    for number, email in enumerate(sequence.emails, 1):
        # The first email's own delay counts from the trigger, which for a broadcast is the approval itself.
        delay += email.delay_days if number > 1 else 0
        utm = {"utm_source": source, "utm_medium": "email", "utm_campaign": utm_campaign(artefact.campaign, number)}
        where = f"emails[{number - 1}]"
        html, text = _parts(email, website, utm, footer, where)
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
                html=html,
                text=text,
            )
        )
    return tuple(payloads)


def utm_campaign(campaign: CampaignKey, position: int) -> str:
    """What the links of one email of a campaign are counted by."""
    return f"{split_campaign_key(campaign)[1]}-email-{position}"


def counted_as(publication: Publication) -> tuple[int, str] | None:
    """An email's place in its sequence and the `utm_campaign` of its links; None for what is no email."""
    position = json.loads(publication.payload).get("position") if publication.kind == EMAIL_CAMPAIGN else None
    return None if position is None else (int(position), utm_campaign(publication.campaign, int(position)))


def refuse_merge_tags(artefact: Artefact) -> None:
    """Raises BadInput for the first merge tag that copy may not use: it could unsubscribe a reader or run a feed."""
    for where, text in artefact.parsed().texts(public_only=True):
        if where.endswith(".cta_url"):
            continue  # a link's address: asked when it is made absolute
        if fault := next((fault for fault in faults(text) if fault.refused), None):
            raise BadInput(f"{fault.tag}: {fault.problem}", where=f"{artefact.skill} {where}", expected=fault.expected)


def _parts(email: Email, website: str, utm: dict[str, str], footer: Footer, where: str) -> tuple[str, str]:
    """HTML and text of one email, saying the same."""

    def link(url: str) -> str:
        return countable(url, website, utm, where=f"{where}.body")

    def image(url: str) -> str:
        return absolute(url, website, where=f"{where}.body")

    body = Body(email.body, links=link, images=image)
    action = countable(email.cta_url, website, utm, where=f"{where}.cta_url")
    text = f"{plain_text(body)}\n\n{email.cta_label}: {action}\n\n--\n{footer.text}\n"
    return _document(email, body.html(), action, footer), text


def _document(email: Email, body: str, action: str, footer: Footer) -> str:
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
{body}
<p style="margin:28px 0"><a href="{escape(action)}" style="{_BUTTON}">{escape(email.cta_label)}</a></p>
<hr style="border:0;border-top:1px solid #e5e8ef;margin:32px 0 16px">
<div style="font-size:13px;color:#5b6475">{footer.html}</div>
</div>
</body>
</html>"""


_BUTTON: Final = (
    "display:inline-block;background:#2547d0;color:#ffffff;padding:12px 22px;border-radius:6px;"
    "text-decoration:none;font-weight:bold"
)
