"""What an event of the payment provider says, as Stripe words it: read, and nothing done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from launchready.community.accounts import as_email
from launchready.guard.webhooks import Event

OF_SUBSCRIPTION = "customer.subscription."
"""How the types of the events begin that hold the subscription itself."""
_NAME_MAX = 120
_WITHOUT_HUNDREDTHS = frozenset({
    "BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF",
    "XPF",
})  # fmt: skip
_IN_THOUSANDTHS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})
_NO_ZONE_MAX = 4_102_444_800  # the year 2100: a time beyond it is none


class NotUnderstood(ValueError):  # noqa: N818 - said of an event
    """The event is rightly signed, and lacks what its type promises."""


def told_by(event: Event) -> Mapping[str, Any]:
    """Return the object that an event is about. Raises NotUnderstood when there is none."""
    try:
        told = event.json()["data"]["object"]
    except (ValueError, KeyError, TypeError):
        told = None
    if not isinstance(told, dict):
        raise NotUnderstood(f"{event.type} without an object")
    return told


def reference(kind: str, told: Mapping[str, Any]) -> str | None:
    """Return the subscription's name; newer versions of the interface keep an invoice's deeper."""
    named = told.get("id" if kind.startswith(OF_SUBSCRIPTION) else "subscription")
    if named is None:
        named = _at(told, "parent", "subscription_details", "subscription")
    if named is None:
        return None
    if not isinstance(named, str) or not 0 < len(named) <= _NAME_MAX:
        raise NotUnderstood(f"{kind} with a subscription that has no name")
    return named


def prices(told: Mapping[str, Any]) -> list[str]:
    """Return the prices of a subscription or of an invoice, by name; a checkout's event has none.

    What is given back for the rest of a month names the price that was left: it is no price of now.
    https://docs.stripe.com/changelog/basil/2025-03-31/invoice-pricing-configurations
    """
    found = []
    for line in _lines(told):
        amount = line.get("amount")
        if type(amount) is int and amount < 0:
            continue
        for named in (
            _at(line, "price", "id"), _at(line, "pricing", "price_details", "price"),
            _at(line, "pricing", "price_details", "price", "id"), _at(line, "plan", "id"),
        ):  # fmt: skip
            if isinstance(named, str) and 0 < len(named) <= _NAME_MAX:
                found.append(named)
                break
    return found


def address(told: Mapping[str, Any]) -> str | None:
    """Return whose payment it is, by e-mail; None when the event does not say."""
    named = told.get("customer_email") or _at(told, "customer_details", "email")
    return as_email(named) if isinstance(named, str) else None


def customer(told: Mapping[str, Any]) -> str:
    """Return the provider's name of who pays; empty when the event does not say."""
    return str(told.get("customer") or "")[:_NAME_MAX]


def amount(told: Mapping[str, Any]) -> str | None:
    """Return what was paid in words for people; None when it was nothing, or no amount.

    Stripe counts in the smallest unit of the currency: https://docs.stripe.com/currencies#minor-units
    """
    smallest = told.get("amount_paid")
    if type(smallest) is not int or smallest <= 0:
        return None
    currency = str(told.get("currency") or "")[:3].upper()
    places = 0 if currency in _WITHOUT_HUNDREDTHS else 3 if currency in _IN_THOUSANDTHS else 2
    return f"{Decimal(smallest).scaleb(-places):f} {currency}"


def number(told: Mapping[str, Any]) -> str:
    """Return an invoice's number as its receipt names it."""
    return str(told.get("number") or told.get("id") or "")[:60]


def end(told: Mapping[str, Any]) -> dt.datetime | None:
    """Return when a subscription is to end; None when it goes on."""
    named = told.get("cancel_at")
    if named is None:
        return period_end(told) if told.get("cancel_at_period_end") is True else None
    return _latest([named])


def period_end(told: Mapping[str, Any]) -> dt.datetime | None:
    """Return until when a subscription's month, or what an invoice is for, lasts."""
    ends = [told.get("current_period_end")]
    for line in _lines(told):
        ends += (line.get("current_period_end"), _at(line, "period", "end"))
    return _latest(ends)


def _lines(told: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for holder in ("items", "lines"):
        listed = _at(told, holder, "data")
        for line in listed if isinstance(listed, list) else []:
            if isinstance(line, dict):
                yield line


def _at(told: Mapping[str, Any], *path: str) -> object:
    """Return what stands at a path; None where any part of it is missing."""
    found: object = told
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _latest(moments: list[Any]) -> dt.datetime | None:
    known = [e for e in moments if type(e) is int and 0 < e < _NO_ZONE_MAX]
    return dt.datetime.fromtimestamp(max(known), dt.UTC) if known else None
