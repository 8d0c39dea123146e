"""What the Stripe SDK's exceptions mean."""

import re
from typing import Any

from marketeer_dagster.model.errors import ToolError, ToolErrorKind
from resources.calling import kind_of_status, retry_after_seconds

TOOL = "stripe"
_KEY = re.compile(r"\b([rs]k_(?:org_)?(?:test|live)_)[\w*]+")
_ACCOUNT = re.compile(r"\bacct_\w+")
_RIGHT = re.compile(r"'(rak_\w+)'")
_LONGEST = 300
_NAMES = {
    "rak_subscription_read": "Subscriptions",
    "rak_event_read": "Events",
    "rak_customer_read": "Customers",
    "rak_product_read": "Products",
    "rak_plan_read": "Prices",
    "rak_coupon_read": "Coupons",
}
"""How Stripe's page of a restricted key calls what its errors name."""


def translate(error: Exception) -> ToolError | None:
    """What the SDK's exception means, without the key that Stripe repeats (partly masked) in its message."""
    import stripe

    if isinstance(error, stripe.APIConnectionError):
        return ToolError(TOOL, ToolErrorKind.OUTAGE, _told(error))
    if not isinstance(error, stripe.StripeError):
        return None
    status = int(error.http_status or 0)
    headers: Any = error.headers or {}
    wait = retry_after_seconds(headers.get("retry-after") or headers.get("Retry-After"))
    kind, hint = _meaning(error, status, headers)
    return ToolError(TOOL, kind, _told(error), hint=hint, status=status, retry_after_s=wait)


def rights_in(message: str) -> tuple[str, ...]:
    """The rights that a refusal names, as the page of a restricted key calls them."""
    return tuple(f"{_NAMES.get(right, right)} (read, {right})" for right in _RIGHT.findall(message))


def _meaning(error: Any, status: int, headers: Any) -> tuple[ToolErrorKind, str | None]:
    if status == 401:
        return (
            ToolErrorKind.AUTH,
            "the key is wrong, revoked or of another mode: marketeer connect stripe with a new one",
        )
    if status == 403:
        missing = " and ".join(rights_in(str(error))) or "the right that the message names"
        return ToolErrorKind.AUTH, f"give the restricted key {missing}: Stripe, Developers, API keys, edit key"
    code = _code(error)
    if code == "lock_timeout":
        return ToolErrorKind.OUTAGE, "another request holds the object; it passes by itself"
    if code == "resource_missing":
        return ToolErrorKind.MISSING, None
    if status == 429:
        reason = headers.get("stripe-rate-limited-reason") or headers.get("Stripe-Rate-Limited-Reason")
        return ToolErrorKind.QUOTA, f"limit reached: {reason}" if reason else None
    if status < 400:
        return ToolErrorKind.OUTAGE, "the answer is none of Stripe's: look for a proxy or a firewall in between"
    return kind_of_status(status), None


def _code(error: Any) -> str | None:
    """The code in the answer: the SDK puts it on some of its exceptions only."""
    body = error.json_body
    told = body.get("error") if isinstance(body, dict) else None
    return error.code or (told.get("code") if isinstance(told, dict) else None)


def _told(error: Any) -> str:
    text = " ".join(str(error.user_message or error).split("\n")[0].split())[:_LONGEST]
    return _ACCOUNT.sub("acct_***", _KEY.sub(r"\1***", text))
