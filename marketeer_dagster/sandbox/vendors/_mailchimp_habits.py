"""In which ways Mailchimp is unkind to an account, and the refusals that go with it."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import HTMLResponse, Response

from marketeer_dagster.sandbox.habits import Habit

HABITS: Final[Mapping[str, Habit]] = {
    "clicks_per_link": Habit("`unique_clicks` counts a person once per link, so it exceeds persons.", on=True),
    "other_reports": Habit(
        "Reports also hold an A/B test, an automation that is still clicked and an RSS parent; campaigns hold a draft "
        "made by hand, without settings.",
        on=True,
    ),
    "connection_limit": Habit("The edge refuses too many connections: 403 as HTML, without Retry-After."),
    "no_credits": Habit("The account has no credits: the checklist blocks every send."),
    "unverified_domain": Habit("The sender's domain is not verified: the checklist blocks every send."),
    "compliance": Habit("The account is under compliance review: actions are 403 Compliance Related."),
    "user_disabled": Habit("The key's user is disabled: 403 Forbidden."),
}

_DENIED: Final = (
    "<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>\n<H1>Access Denied</H1>\n"
    "You don't have permission to access this server.\n</BODY>\n</HTML>\n"
)
_MOVED: Final = (
    '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>301 Moved Permanently</title>\n'
    '</head><body>\n<h1>Moved Permanently</h1>\n<p>The document has moved <a href="{place}">here</a>.</p>\n'
    "</body></html>\n"
)


def denied() -> Response:
    """The edge's word to one connection too many."""
    return HTMLResponse(_DENIED, status_code=403)


def moved(base_url: str) -> Response:
    """The root without its last slash: led to http, wherever one came from."""
    place = f"http://{base_url.partition('://')[2]}/mailchimp/3.0/"
    return HTMLResponse(_MOVED.format(place=place), status_code=301, headers={"Location": place})
