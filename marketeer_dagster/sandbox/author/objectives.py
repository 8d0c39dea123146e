"""Objectives of briefs, one wording per skill."""

from marketeer_dagster.sandbox.author.text import cut, ended
from marketeer_dagster.sandbox.author.work import Work

_WORDINGS = {
    "page-cro": "Find out what keeps visitors of {page} from acting, with evidence from the page and the metrics.",
    "copywriting": "Write {page} so that a visitor sees at once what {name} does for them and chooses “{action}”.",
    "copy-editing": "Edit the copy of {page} until every sentence is clear, supported and on brief.",
    "email-sequence": "Bring people who showed interest but did not act back to “{action}”, one argument per email.",
    "paid-ads": "Bring people who already look for this to {page}, with ads that say what the page says.",
    "ab-test-setup": "Plan a test that shows whether the new {page} does better than the present one.",
    "analytics-tracking": "Make sure every “{action}” on {page} is counted and can be traced to page and variant.",
    "content-strategy": "Decide what to publish so that people with this problem find {name}.",
    "seo-audit": "Find what costs {name} clicks from search, starting with {page}.",
    "product-marketing-context": "Tighten the product context so that all work rests on facts.",
}


def objective(work: Work, skill: str, page: str, stated: str) -> str:
    """What one skill's artefact must achieve; `page` as prose names it, `stated` the goal's own words."""
    described = next((r.text("description") for r in work.task.records("catalog") if r.text("skill") == skill), "")
    told = _WORDINGS[skill].format(page=page, name=work.name, action=work.action.label) if skill in _WORDINGS else ""
    told = told or (ended(cut(described, 300)) if described else "")
    return f"{told} Goal: {ended(stated)}" if told else f"Serve the goal: {ended(stated)}"
