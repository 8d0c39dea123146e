"""Mailchimp's audience: its members, one by one or in batches."""

from typing import Any, Final

from starlette.responses import JSONResponse, Response

from marketeer_dagster.sandbox.state import Json
from marketeer_dagster.sandbox.vendors import _mailchimp_shapes as shapes
from marketeer_dagster.sandbox.vendors._mailchimp_call import Call, Problem, invalid, missing
from marketeer_dagster.sandbox.vendors._mailchimp_state import address_hash

_STATUSES: Final = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional")
_BATCH: Final = 500
_LEFT: Final = ("unsubscribed", "cleaned")
"""Who left, or bounced, comes back by a form of the audience only."""


def audience(call: Call) -> Response:
    """The list itself."""
    call.check_list()
    return JSONResponse(shapes.audience(call.mail))


def segment(call: Call) -> Response:
    """One saved segment of the list."""
    call.check_list()
    known = call.path["segment_id"]
    found = call.mail.segment(int(known)) if known.isdigit() else None
    if found is None:
        raise missing()
    return JSONResponse(
        {"id": int(known), "name": "Engaged", "member_count": found, "type": "saved", "list_id": call.mail.list_id}
    )


def members(call: Call) -> Response:
    call.check_list()
    status = call.query.get("status")
    found = [shapes.member(m) for m in call.mail.members() if status in (None, m["status"])]
    return call.page("members", found, list_id=call.mail.list_id)


def member(call: Call) -> Response:
    call.check_list()
    found = call.mail.member(call.path["hash"])
    if found is None:
        raise missing()
    return JSONResponse(shapes.member(found))


def put_member(call: Call) -> Response:
    """Add or update: `status_if_new` counts for new ones only."""
    call.check_list()
    fields = call.fields
    known = call.mail.member(call.path["hash"])
    status = fields.get("status") or (known["status"] if known else fields.get("status_if_new"))
    return JSONResponse(shapes.member(_kept(call, fields, known, status)))


def add_member(call: Call) -> Response:
    call.check_list()
    fields = call.fields
    address = str(fields.get("email_address", ""))
    if call.mail.member(address_hash(address)) is not None:
        raise Problem(
            400, "Member Exists", f"{address} is already a list member. Use PUT to insert or update list members."
        )
    return JSONResponse(shapes.member(_kept(call, fields, None, fields.get("status"))))


def batch(call: Call) -> Response:
    """Up to 500 at once, as Mailchimp allows; those there already are refused unless `update_existing`."""
    call.check_list()
    fields = call.fields
    new: list[Json] = []
    updated: list[Json] = []
    errors: list[Json] = []
    for wanted in fields.get("members", [])[:_BATCH]:
        known = call.mail.member(address_hash(str(wanted.get("email_address", ""))))
        try:
            if known and not fields.get("update_existing"):
                raise Problem(400, "Member Exists", f"{wanted['email_address']} is already a list member.")
            (updated if known else new).append(shapes.member(_kept(call, wanted, known, wanted.get("status"))))
        except Problem as problem:
            row = {"email_address": wanted.get("email_address"), "error": problem.body["detail"], "error_code": "ERROR"}
            errors.append(row)
    counts = {"total_created": len(new), "total_updated": len(updated), "error_count": len(errors)}
    return JSONResponse({"new_members": new, "updated_members": updated, "errors": errors, **counts, "_links": []})


def _kept(call: Call, fields: Json, known: Json | None, status: Any) -> Json:
    address = str(fields.get("email_address") or (known or {}).get("email_address", ""))
    if address.count("@") != 1 or not all(address.split("@")):
        raise Problem(400, "Invalid Resource", "Please provide a valid email address.")
    if status not in _STATUSES:
        raise invalid("status", "This value should be one of " + ", ".join(_STATUSES) + ".")
    merged = {**(known or {}).get("merge_fields", {}), **fields.get("merge_fields", {})}
    now = call.mail.world.now().isoformat()
    if status == "subscribed" and known and known["status"] in _LEFT:
        detail = f"{address} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be "
        raise Problem(400, "Member In Compliance State", f"{detail}subscribed.")
    member = {
        "id": address_hash(address),
        "email_address": address,
        "status": status,
        "merge_fields": merged,
        "timestamp_opt": (known or {}).get("timestamp_opt", now),
        "last_changed": now,
        "list_id": call.mail.list_id,
    }
    call.mail.keep_member(member)
    return member
