"""Mailchimp's Marketing API 3.0 below /mailchimp/3.0: ping, audience and members, campaigns, reports.

The API key says whose account it is. Shapes and error documents (`type, title, status, detail, instance, errors`)
follow Mailchimp's reference. Sent campaigns reach the market; scheduled ones go out when the clock gets there.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.vendors import _mailchimp_members as members
from marketeer_dagster.sandbox.vendors import _mailchimp_shapes as shapes
from marketeer_dagster.sandbox.vendors._mailchimp_activity import activity, unsubscribed
from marketeer_dagster.sandbox.vendors._mailchimp_call import Call, Problem, invalid, within
from marketeer_dagster.sandbox.vendors._mailchimp_habits import HABITS, denied, moved
from marketeer_dagster.sandbox.vendors._mailchimp_others import draft_by_hand, other_reports
from marketeer_dagster.sandbox.vendors._mailchimp_state import Mail
from marketeer_dagster.sandbox.world import World

__all__ = ["HABITS", "on_day", "routes"]

_TYPES: Final = ("regular", "plaintext", "absplit", "rss", "variate")
Handler = Callable[[Call], Response]


def routes(world: World) -> list[BaseRoute]:
    """Below /mailchimp."""

    def route(path: str, **handlers: Handler) -> Route:
        async def answer(request: Request) -> Response:
            body = await request.body()
            return await run_in_threadpool(_answered, world, handlers[request.method], request, body)

        return Route(f"/3.0{path}", answer, methods=list(handlers))

    def archive(request: Request) -> Response:
        """A sent campaign as its readers see it, without authentication."""
        for account in world.accounts():
            html = Mail(world, account.tenant).content(request.path_params["id"])["html"]
            if html:
                return HTMLResponse(html, headers={"X-Simulated": "true"})
        return HTMLResponse("<h1>404</h1>", status_code=404)

    def root(request: Request) -> Response:
        return moved(world.base_url)

    return [
        Route("/3.0", root),
        route("/ping", GET=lambda call: JSONResponse({"health_status": "Everything's Chimpy!"})),
        route("/lists", GET=lambda call: call.page("lists", [shapes.audience(call.mail)])),
        route("/lists/{list_id}", GET=members.audience, POST=members.batch),
        route("/lists/{list_id}/segments/{segment_id}", GET=members.segment),
        route("/lists/{list_id}/members", GET=members.members, POST=members.add_member),
        route("/lists/{list_id}/members/{hash}", GET=members.member, PUT=members.put_member, PATCH=members.put_member),
        route("/verified-domains", GET=lambda call: call.page("domains", shapes.domains(call.mail))),
        route("/campaigns", GET=_campaigns, POST=_create),
        route("/campaigns/{id}", GET=_campaign, PATCH=_change, DELETE=_delete),
        route("/campaigns/{id}/content", GET=_content, PUT=_set_content),
        route("/campaigns/{id}/send-checklist", GET=_checklist),
        route("/campaigns/{id}/actions/test", POST=_test),
        route("/campaigns/{id}/actions/send", POST=_send),
        route("/campaigns/{id}/actions/schedule", POST=_schedule),
        route("/campaigns/{id}/actions/unschedule", POST=_unschedule),
        route("/reports", GET=_reports),
        route("/reports/{id}", GET=_report_of),
        route("/reports/{id}/email-activity", GET=_activity),
        route("/reports/{id}/unsubscribed", GET=_unsubscribed),
        Route("/archive/{id}", archive),
    ]


def on_day(world: World, tenant: str, day: date) -> None:
    """Scheduled campaigns of this day go out before it is lived."""
    Mail(world, tenant).send_scheduled(day)


def _answered(world: World, handler: Handler, request: Request, body: bytes) -> Response:
    try:
        with world.lock:
            call = Call(world, request, body)
            if call.has("connection_limit"):
                return denied()
            if call.has("user_disabled"):
                raise Problem(403, "Forbidden", "User action not permitted")
            if call.has("compliance") and "/actions/" in request.url.path:
                raise Problem(403, "Compliance Related", "This method has been disabled.")
            return handler(call)
    except Problem as problem:
        return JSONResponse(problem.body, status_code=problem.status, media_type="application/problem+json")


def _campaigns(call: Call) -> Response:
    rows = [shapes.campaign(call.mail, row) for row in call.mail.campaigns() if _wanted(call, row)]
    if call.has("other_reports") and _wanted(call, by_hand := draft_by_hand(call.mail)):
        rows.insert(0, by_hand)
    if call.query.get("sort_dir", "DESC").upper() == "DESC":
        rows.reverse()
    return call.page("campaigns", rows)


def _wanted(call: Call, campaign: Json) -> bool:
    query = call.query
    return (
        query.get("status") in (None, campaign["status"])
        and query.get("list_id") in (None, campaign["recipients"].get("list_id"))
        and within(campaign["create_time"], query.get("since_create_time"), query.get("before_create_time"))
        and within(campaign.get("send_time", ""), query.get("since_send_time"), query.get("before_send_time"))
    )


def _create(call: Call) -> Response:
    fields = call.fields
    if fields.get("type") not in _TYPES:
        raise invalid("type", "Value must be one of: " + ", ".join(_TYPES) + ".")
    _check_recipients(call, fields)
    kept = {name: fields.get(name, {}) for name in ("recipients", "settings", "tracking")}
    return JSONResponse(shapes.campaign(call.mail, call.mail.create({"type": fields["type"], **kept})))


def _check_recipients(call: Call, fields: Json) -> None:
    recipients = fields.get("recipients", {})
    if recipients.get("list_id") not in (None, "", call.mail.list_id):
        raise invalid("recipients.list_id", "The list does not exist.")
    segment = recipients.get("segment_opts", {}).get("saved_segment_id")
    if segment is not None and call.mail.segment(segment) is None:
        raise invalid("recipients.segment_opts.saved_segment_id", "The segment does not exist.")


def _campaign(call: Call) -> Response:
    return JSONResponse(shapes.picked(shapes.campaign(call.mail, call.campaign()), call.query.get("fields", "")))


def _change(call: Call) -> Response:
    known, fields = call.campaign(editable=True), call.fields
    _check_recipients(call, fields)
    merged = {name: {**known[name], **fields.get(name, {})} for name in ("recipients", "settings", "tracking")}
    return JSONResponse(shapes.campaign(call.mail, call.mail.change({**known, **merged})))


def _delete(call: Call) -> Response:
    call.mail.delete(str(call.campaign(editable=True)["id"]))
    return Response(status_code=204)


def _content(call: Call) -> Response:
    content = call.mail.content(str(call.campaign()["id"]))
    return JSONResponse({**content, "archive_html": content["html"], "_links": []})


def _set_content(call: Call) -> Response:
    campaign, fields = call.campaign(editable=True), call.fields
    content = {"html": str(fields.get("html", "")), "plain_text": str(fields.get("plain_text", ""))}
    call.mail.set_content(campaign, content)
    return JSONResponse({**content, "archive_html": content["html"], "_links": []})


def _checklist(call: Call) -> Response:
    return JSONResponse(shapes.checklist(call.mail, call.campaign()))


def _test(call: Call) -> Response:
    campaign = call.campaign(editable=True)
    if not call.fields.get("test_emails"):
        raise invalid("test_emails", "This value should not be blank.")
    call.mail.test(campaign)
    return Response(status_code=204)


def _send(call: Call) -> Response:
    campaign = call.campaign(editable=True)
    _must_be_ready(call, campaign)
    call.mail.send(campaign, call.mail.world.now())
    return Response(status_code=204)


def _schedule(call: Call) -> Response:
    campaign = call.campaign(editable=True)
    _must_be_ready(call, campaign)
    try:
        at = datetime.fromisoformat(str(call.fields.get("schedule_time", "")))
    except ValueError as error:
        raise invalid("schedule_time", "This value is not a valid date and time.") from error
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if at.minute % 15 or at.second or at <= call.mail.world.now():
        raise Problem(400, "Bad Request", "Campaigns may only be scheduled to send on the quarter-hour, in the future.")
    call.mail.schedule(campaign, at)
    return Response(status_code=204)


def _unschedule(call: Call) -> Response:
    campaign = call.campaign()
    if campaign["status"] != "schedule":
        raise Problem(400, "Bad Request", "Cannot unschedule a campaign that is not scheduled.")
    call.mail.change({**campaign, "status": "save", "send_time": ""})
    return Response(status_code=204)


def _must_be_ready(call: Call, campaign: Json) -> None:
    found = shapes.checklist(call.mail, campaign)
    if not found["is_ready"]:
        problems = "; ".join(item["details"] for item in found["items"] if item["type"] == "error")
        detail = f"Your Campaign is not ready to send. Please resolve the following issues: {problems}"
        raise Problem(400, "Bad Request", detail)


def _reports(call: Call) -> Response:
    since, before = call.query.get("since_send_time"), call.query.get("before_send_time")
    sent = [c for c in call.mail.campaigns() if c["status"] == "sent" and within(c["send_time"], since, before)]
    others = [other.report(call.mail.list_id) for other in other_reports(call.mail)]
    # An RSS parent was never sent, and is listed all the same.
    others = [row for row in others if not row["send_time"] or within(str(row["send_time"]), since, before)]
    return call.page("reports", [*(_report(call, campaign) for campaign in reversed(sent)), *others])


def _report(call: Call, campaign: Json) -> Json:
    per_link = call.has("clicks_per_link")
    return shapes.report(call.mail, campaign, call.days(str(campaign["id"])), per_link=per_link)


def _report_of(call: Call) -> Response:
    for other in other_reports(call.mail):
        if other.id == call.path["id"]:
            return JSONResponse(other.report(call.mail.list_id))
    return JSONResponse(_report(call, call.sent()))


def _activity(call: Call) -> Response:
    for other in other_reports(call.mail):
        if other.id == call.path["id"]:
            rows = [other.activity(call.mail.list_id, number) for number in range(other.sent)]
            return call.page("emails", rows, campaign_id=other.id)
    campaign = call.sent()
    days = call.days(str(campaign["id"]))
    rows = activity(call.mail, campaign, days, call.query.get("since", ""))
    return call.page_of("emails", int(campaign["emails_sent"]), rows, campaign_id=campaign["id"])


def _unsubscribed(call: Call) -> Response:
    if any(other.id == call.path["id"] for other in other_reports(call.mail)):
        return call.page("unsubscribes", [], campaign_id=call.path["id"])
    campaign = call.sent()
    rows = unsubscribed(call.mail, campaign, call.days(str(campaign["id"])))
    return call.page("unsubscribes", rows, campaign_id=campaign["id"])
