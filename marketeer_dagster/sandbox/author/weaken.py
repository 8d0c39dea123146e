"""First drafts have first drafts' weaknesses: a vague headline, missing proof, a timid button. Never a false fact."""

import copy
from collections.abc import Callable

from marketeer_dagster.sandbox.author.text import bare, cut, lower_first, sentences
from marketeer_dagster.sandbox.author.wording import FIELDS
from marketeer_dagster.sandbox.author.work import Work

Content = dict[str, object]
Weakness = Callable[[Content, Work], None]


def weakened(kind: str, content: Content, work: Work) -> Content:
    """`content` with up to three weaknesses, chosen by the request; about one first draft in eight has none."""
    spoken = work.facts.language in ("en", "zh")
    options = [weakness for weakness in WEAKNESSES.get(kind, ()) if spoken or weakness not in _WORDY]
    count = min(len(options), (0, 1, 2, 2, 2, 3, 3, 2)[work.dice.number("weaknesses", 8)])
    draft = copy.deepcopy(content)
    for weakness in work.dice.order("which", options)[:count]:
        weakness(draft, work)
    return draft


def _vague_headline(page: Content, work: Work) -> None:
    page["headline"] = cut(work.dice.pick("vague", work.ways("welcome")), 90)


def _weak_cta(page: Content, work: Work) -> None:
    cta = page["cta"]
    if isinstance(cta, dict):
        cta["label"] = work.tell("learn")


def _no_proof(page: Content, work: Work) -> None:
    page["quotations"] = []
    sections = page["sections"]
    if isinstance(sections, list) and len(sections) > 3:
        page["sections"] = [s for s in sections if not (isinstance(s, dict) and s.get("role") == "proof")]


def _filler(page: Content, work: Work) -> None:
    section = _section(page, ("solution", "benefits"))
    if section:
        lead = "众所周知，" if work.chinese else "It goes without saying that "
        section["body"] = f"{lead}{lower_first(str(section['body']))}"


def _long_sentence(page: Content, work: Work) -> None:
    section = _section(page, ("solution", "problem", "benefits"))
    if section:
        parts = sentences(str(section["body"]))
        if len(parts) >= 2:
            joint = (
                "，与此同时还有一点也不能不提，那就是"
                if work.chinese
                else ", and in addition to that it is also the case that "
            )
            section["body"] = f"{bare(parts[0])}{joint}{lower_first(parts[1])}" + "".join(f" {p}" for p in parts[2:])


def _deflecting(page: Content, work: Work) -> None:
    faq = page["faq"]
    if isinstance(faq, list):
        for entry in faq[:2]:
            if isinstance(entry, dict):
                entry["answer"] = (
                    "关于这一点，欢迎咨询我们。" if work.chinese else "Our team is happy to talk about this with you."
                )


def _long_form(page: Content, work: Work) -> None:
    extra = [FIELDS[field][work.facts.language] for field in ("Name", "Email", "Phone", "Address")]
    asked = [] if work.facts.language != "en" else ["How did you hear about us?"]
    fields = page["form_fields"]
    known = [str(field) for field in fields] if isinstance(fields, list) else []
    page["form_fields"] = [*known, *(field for field in [*extra, *asked] if field not in known)][:6]


def _section(page: Content, roles: tuple[str, ...]) -> Content | None:
    sections = page.get("sections")
    found = (
        [s for s in sections if isinstance(s, dict) and s.get("role") in roles] if isinstance(sections, list) else []
    )
    return found[0] if found else None


def _on_page(weakness: Weakness) -> Weakness:
    """The same weakness in edited copy, which holds a page."""

    def apply(content: Content, work: Work) -> None:
        page = content.get("page")
        if isinstance(page, dict):
            weakness(page, work)

    return apply


def _generic_subject(content: Content, work: Work) -> None:
    email = _first(content, "emails")
    subjects = email.get("subjects")
    if isinstance(subjects, list) and subjects:
        email["subjects"] = [work.tell("notice"), *subjects[1:]]


def _repeated_preheader(content: Content, work: Work) -> None:
    email = _first(content, "emails")
    subjects = email.get("subjects")
    if isinstance(subjects, list) and subjects:
        email["preheader"] = subjects[0]


def _weak_email_cta(content: Content, work: Work) -> None:
    emails = content.get("emails")
    for email in emails[:2] if isinstance(emails, list) else []:
        if isinstance(email, dict):
            email["cta_label"] = work.tell("learn")


def _few_headlines(content: Content, work: Work) -> None:
    for group in _dicts(content, "ad_groups"):
        ad = group.get("ad")
        if isinstance(ad, dict) and isinstance(ad.get("headlines"), list):
            plain = [h for h in ad["headlines"] if not any(c.isdigit() for c in str(h))]
            ad["headlines"] = (plain if len(plain) >= 3 else ad["headlines"])[:4]


def _no_negatives(content: Content, work: Work) -> None:
    for group in _dicts(content, "ad_groups"):
        group["negative_keywords"] = []


def _vague_advice(content: Content, work: Work) -> None:
    for finding in _dicts(content, "findings")[:2]:
        finding["fix" if "fix" in finding else "recommendation"] = "Improve the page here."


def _emptied(field: str) -> Weakness:
    def apply(content: Content, work: Work) -> None:
        content[field] = []

    return apply


def _shortened(field: str, count: int) -> Weakness:
    def apply(content: Content, work: Work) -> None:
        value = content.get(field)
        if isinstance(value, list):
            content[field] = value[:count]

    return apply


def _vague_rule(content: Content, work: Work) -> None:
    content["stopping_rule"] = "Stop when the result is clear."


def _no_parameters(content: Content, work: Work) -> None:
    for event in _dicts(content, "events"):
        if event.get("key_event") is True:
            event["parameters"] = []


def _same_reason(content: Content, work: Work) -> None:
    for item in _dicts(content, "roadmap"):
        item["why_now"] = "Supports the goal."


def _first(content: Content, field: str) -> Content:
    return next(iter(_dicts(content, field)), {})


def _dicts(content: Content, field: str) -> list[Content]:
    value = content.get(field)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


_WORDY = (_filler, _long_sentence, _deflecting)
"""Weaknesses of wording, which only English and Chinese drafts have."""
_PAGE: tuple[Weakness, ...] = (_vague_headline, _weak_cta, _no_proof, _filler, _long_sentence, _deflecting, _long_form)
WEAKNESSES: dict[str, tuple[Weakness, ...]] = {
    "page_copy": _PAGE,
    "edited_copy": tuple(_on_page(weakness) for weakness in (_filler, _deflecting, _no_proof)),
    "email_sequence": (_generic_subject, _repeated_preheader, _weak_email_cta),
    "ad_campaign": (_few_headlines, _no_negatives),
    "page_audit": (_vague_advice,),
    "seo_audit": (_vague_advice,),
    "experiment_plan": (_emptied("guardrails"), _vague_rule),
    "tracking_plan": (_no_parameters, _shortened("checks", 1)),
    "content_strategy": (_same_reason, _shortened("roadmap", 3)),
    "context_document": (_emptied("open_questions"),),
}
