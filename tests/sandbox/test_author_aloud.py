"""Read aloud, no page, email or ad makes a reader stumble: fourteen contexts by different hands, in four languages.

`unseen`, `fresh` and `heldout` were written before the author was tried on them. What rules can hear is here; the rest
was read by a person.
"""

from functools import cache
from pathlib import Path

import pytest

from marketeer_dagster.model.artefacts.ad_campaign import AdCampaign
from marketeer_dagster.model.artefacts.edited_copy import EditedCopy
from marketeer_dagster.model.artefacts.email_sequence import EmailSequence
from marketeer_dagster.model.artefacts.page_copy import PageCopy
from tests.quality.written import Written, campaign, contexts
from tests.sandbox.aloud import lines_of_ads, lines_of_emails, lines_of_page, stumbles

CONCERNS = {
    "roofer_de": ("dach neu decken kosten", "Wir wohnen im Haus, geht das?"),
    "cheese_fr": ("abonnement fromage mensuel", "Et si le colis arrive tiède ?"),
    "dogs_sparse": ("how much is a dog walker", "What if she runs off?"),
    "warehouse_notion": ("reduce walking time order picking", "What happens when the wifi drops?"),
    "funeral": ("how much does a simple funeral cost", "Mum did not want a church"),
    "physio_es": ("cuánto cuesta una sesión de fisioterapia", "No quiero dejar de correr"),
    "contracts_prose": ("nda review automation playbook", "Will the system miss something?"),
    "pottery": ("pottery taster near me", "I'll be rubbish at it"),
    "bikes": ("mobile bike repair leeds", "What does it cost?"),
    "language_school": ("small group spanish course ruzafa",),
    "museum": ("museum for kids rainy day",),
    "payroll_api": ("payroll api pricing per employee",),
    "tax_de": ("belege digitalisieren freiberufler",),
    "threlby": ("move clients from old portal",),
}
CASES = [(name, concern) for name, concerns in CONCERNS.items() for concern in concerns]
TESTS = Path(__file__).parent


def language(name: str) -> str:
    return name.rpartition("_")[2] if name.endswith(("_de", "_fr", "_es")) else "en"


@cache
def best(name: str, concern: str) -> tuple[Written, ...]:
    """What its author can do best: the second of each skill."""
    return tuple(campaign(name, "/", concern)[1::2])


def told(written: Written) -> list[tuple[str, str]]:
    content = written.content
    if isinstance(content, EditedCopy):
        return list(lines_of_page(content.page))
    if isinstance(content, PageCopy):
        return list(lines_of_page(content))
    if isinstance(content, EmailSequence):
        return list(lines_of_emails(content))
    return list(lines_of_ads(content)) if isinstance(content, AdCampaign) else []


@pytest.mark.parametrize(("name", "concern"), CASES)
def test_nobody_stumbles_over_it(name: str, concern: str) -> None:
    found = [s for w in best(name, concern) for s in stumbles(told(w), contexts()[name], language(name))]
    assert found == []


@pytest.mark.parametrize(("name", "concern"), CASES)
def test_a_form_asks_for_three_things_at_most(name: str, concern: str) -> None:
    for written in best(name, concern):
        page = written.content.page if isinstance(written.content, EditedCopy) else written.content
        if isinstance(page, PageCopy):
            assert 1 <= len(set(page.form_fields)) == len(page.form_fields) <= 3


@pytest.mark.parametrize(("name", "label", "link"), [
    ("roofer_de", "Dach-Check vereinbaren", "/dach-check"),
    ("cheese_fr", "Composer mon panier", "/panier"),
    ("warehouse_notion", "Get a free route audit", "/route-audit"),
    ("physio_es", "Pedir cita", "/cita"),
    ("contracts_prose", "Request a pilot", "/pilot"),
    ("pottery", "Book a taster", "/taster"),
])  # fmt: skip
def test_the_button_says_and_leads_where_the_context_says(name: str, label: str, link: str) -> None:
    page = best(name, CONCERNS[name][0])[2].content
    assert isinstance(page, PageCopy)
    assert (page.cta.label, page.cta.url) == (label, link)


def test_what_is_not_for_visitors_stays_inside() -> None:
    said = "\n".join(
        text for c in CONCERNS["warehouse_notion"] for w in best("warehouse_notion", c) for _, text in told(w)
    )
    for inside in ("roadmap", "Voice picking", "TODO", "AI-powered", "What it is NOT", "DRAFT"):
        assert inside not in said


@pytest.mark.parametrize("line", [
    ("heading", "TL;DR"), ("question", "What about mum did not want a church?"), ("point", "✅ Live in six days"),
    ("headline", "You get: everything"), ("body", "We bake bread and and cakes."),
    ("body", "It is a honest hour of a answer."),
    ("body", "Termin ausmachen. 2. Meister misst auf."), ("subject", "Price:"),
    ("answer", "Ask for it at /route-audit."),
    ("heading", "wms picking route software"), ("body", "Lines: 12 lines per hour."),
    ("title", "works with it | Pickpath"),
])  # fmt: skip
def test_the_ear_hears_each_kind(line: tuple[str, str]) -> None:
    assert stumbles([line], contexts()["warehouse_notion"], "en")
