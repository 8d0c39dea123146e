"""How each vendor says no: its own status, headers and body."""

import json
from typing import Any

from starlette.responses import Response

_GOOGLE = {
    400: ("INVALID_ARGUMENT", "Request contains an invalid argument."),
    401: (
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential.",
    ),
    403: ("PERMISSION_DENIED", "User does not have sufficient permissions for this property."),
    404: ("NOT_FOUND", "Requested entity was not found."),
    429: ("RESOURCE_EXHAUSTED", "Exhausted concurrent requests quota. Please send fewer requests concurrently."),
    500: ("INTERNAL", "Internal error encountered."),
    503: ("UNAVAILABLE", "The service is currently unavailable."),
}
_TOO_MANY_QUERIES = (
    "Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user'. Learn more at "
    "https://developers.google.com/webmaster-tools/limits"
)
_ANTHROPIC = {
    400: ("invalid_request_error", "invalid request"),
    401: ("authentication_error", "invalid x-api-key"),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "not found"),
    429: ("rate_limit_error", "This request would exceed your organization's rate limit."),
    500: ("api_error", "Internal server error"),
    529: ("overloaded_error", "Overloaded"),
}
_STRIPE_TYPES = {500: "api_error"}
_STRIPE_LIMITED = {"Stripe-Rate-Limited-Reason": "global-rate", "Stripe-Should-Retry": "false"}
"""What Stripe says of a limit that was reached: never how long to wait."""
_STRIPE_MESSAGES = {
    401: "Invalid API Key provided",
    429: "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
    500: "An unknown error occurred",
}
_WORDPRESS = {
    401: ("rest_not_logged_in", "You are not currently logged in."),
    403: ("rest_forbidden", "Sorry, you are not allowed to do that."),
    404: ("rest_no_route", "No route was found matching the URL and request method."),
    429: ("too_many_requests", "Too many requests."),
    500: ("internal_server_error", "There has been a critical error on this website."),
}
_MAILCHIMP = {
    401: ("API Key Invalid", "Your API key may be invalid, or you've attempted to access the wrong datacenter."),
    403: ("Forbidden", "You are not permitted to access this resource."),
    404: ("Resource Not Found", "The requested resource could not be found."),
    429: ("Too Many Requests", "You have exceeded the limit of 10 simultaneous connections."),
    500: ("InternalServerError", "An unexpected internal error has occurred."),
}


_WITHOUT_RETRY_AFTER = frozenset({"stripe", "mailchimp", "ga4", "searchconsole", "oauth"})


def error_response(
    vendor: str, status: int, message: str | None = None, *, retry_after_s: float | None = None
) -> Response:
    """The answer with which `vendor` refuses or fails; `message` replaces its standard text."""
    headers: dict[str, str] = {}
    if vendor == "anthropic" and (status == 429 or status >= 500):
        headers["x-should-retry"] = "true"
    if status == 429 and retry_after_s is not None and vendor not in _WITHOUT_RETRY_AFTER:
        headers["Retry-After"] = f"{retry_after_s:g}"
    if status == 429 and vendor == "stripe":
        headers |= _STRIPE_LIMITED
    body = _BODIES.get(vendor, _google)(status, message)
    media_type = "application/problem+json" if vendor == "mailchimp" else "application/json"
    return Response(json.dumps(body), status_code=status, headers=headers, media_type=media_type)


def _google(status: int, message: str | None) -> dict[str, Any]:
    code, text = _GOOGLE.get(status, _GOOGLE[500])
    return {"error": {"code": status, "message": message or text, "status": code}}


def _search_console(status: int, message: str | None) -> dict[str, Any]:
    body = _google(status, message or (_TOO_MANY_QUERIES if status == 429 else None))
    reasons = {401: "authError", 403: "forbidden", 404: "notFound", 429: "rateLimitExceeded", 500: "backendError"}
    reason = reasons.get(status, "invalidParameter")
    domain = "usageLimits" if status == 429 else "global"
    body["error"]["errors"] = [{"message": body["error"]["message"], "domain": domain, "reason": reason}]
    return body


def _oauth(status: int, message: str | None) -> dict[str, Any]:
    code = {400: "invalid_grant", 401: "invalid_client", 429: "rate_limit_exceeded"}.get(status, "internal_failure")
    return {"error": code, "error_description": message or code.replace("_", " ").capitalize()}


def _anthropic(status: int, message: str | None) -> dict[str, Any]:
    kind, text = _ANTHROPIC.get(status, _ANTHROPIC[500])
    return {"type": "error", "error": {"type": kind, "message": message or text}, "request_id": None}


def _stripe(status: int, message: str | None) -> dict[str, Any]:
    text = message or _STRIPE_MESSAGES.get(status, "Invalid request")
    error: dict[str, Any] = {"message": text, "type": _STRIPE_TYPES.get(status, "invalid_request_error")}
    if status == 429:
        error |= {"code": "rate_limit", "doc_url": "https://stripe.com/docs/error-codes/rate-limit"}
    return {"error": error}


def _wordpress(status: int, message: str | None) -> dict[str, Any]:
    code, text = _WORDPRESS.get(status, _WORDPRESS[500])
    return {"code": code, "message": message or text, "data": {"status": status}}


def _mailchimp(status: int, message: str | None) -> dict[str, Any]:
    title, text = _MAILCHIMP.get(status, _MAILCHIMP[500])
    kind = "https://mailchimp.com/developer/marketing/docs/errors/"
    return {"type": kind, "title": title, "status": status, "detail": message or text, "instance": f"sandbox-{status}"}


_BODIES = {
    "ga4": _google,
    "searchconsole": _search_console,
    "oauth": _oauth,
    "anthropic": _anthropic,
    "stripe": _stripe,
    "wordpress": _wordpress,
    "mailchimp": _mailchimp,
}
