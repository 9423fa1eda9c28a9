"""Buying a membership, and the webhooks of who takes the money."""

from __future__ import annotations

import logging
import time
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from launchready.community.accounts import as_email
from launchready.community.billing.events import heed
from launchready.community.billing.memberships import memberships
from launchready.community.billing.told import NotUnderstood
from launchready.community.billing.trial import bought, deliver
from launchready.community.web.asking import Running, SentForm, Visitor
from launchready.community.web.pages import page, see
from launchready.guard import Guard, visit

router = APIRouter()
_LOG = logging.getLogger("launchready.community.billing")
_NO_ADDRESS = "Please write your e-mail address."
NOT_DONE = 409
"""Of a page that says why nobody could pay or cancel: guard hides what a 5xx says."""


@router.get("/checkout")
async def checkout_page(request: Request, who: Visitor, running: Running) -> Response:
    """Show what is bought, and to a member what they have already."""
    if who is None:
        return page(request, "checkout.html", email="")
    async with running.database.read() as session:
        paid = await memberships(session, who.id, now=running.now())
    if who.plan:
        has = "paid" if any(each.is_open for each in paid) else "invited"
    else:
        has = "closed" if paid else ""
    return page(request, "checkout.html", email=who.email, has=has)


@router.post("/checkout")
async def check_out(request: Request, form: SentForm, running: Running) -> Response:
    """Lead to the payment provider, or to the page for trying it out."""
    typed, settings = form.get("email", ""), running.settings
    email = as_email(typed)
    if email is None:
        return page(request, "checkout.html", 422, email=typed, note=_NO_ADDRESS, wrong="email")
    if settings.payment_link:
        return see(f"{settings.payment_link}?prefilled_email={quote(email)}")
    if settings.payments_secret:
        return see(f"/checkout/trial?email={quote(email)}")
    note = "Nobody can pay here yet: the community has not set up its payments."
    return page(request, "checkout.html", NOT_DONE, email=email, note=note)


@router.get("/checkout/trial")
async def trial_page(request: Request, running: Running) -> Response:
    """Stand in for the payment provider's own page."""
    _only_without_provider(running)
    email = as_email(request.query_params.get("email", ""))
    return see("/checkout") if email is None else page(request, "trial.html", email=email)


@router.post("/checkout/trial")
async def pay(request: Request, form: SentForm, running: Running) -> Response:
    """Do as a provider does when somebody has paid: send the events, then lead back."""
    secret = _only_without_provider(running)
    email = as_email(form.get("email", ""))
    if email is None:
        return see("/checkout")
    if running.outermost is None:
        raise HTTPException(503)
    now_s = int(time.time())
    for told in bought(email, now_s=now_s):
        status = await deliver(running.outermost, str(request.base_url), told, secret, now_s=now_s)
        if status != 200:
            note = f"The payment was taken, and the webhook was answered {status}."
            return page(request, "trial.html", NOT_DONE, email=email, note=note)
    return see("/welcome")


@router.post("/webhooks/payments")
async def webhook(request: Request, running: Running) -> JSONResponse:
    """Heed an event whose signature guard has verified; each one once."""
    try:
        event = visit(request.scope).event
    except LookupError:
        event = None
    if event is None:
        return JSONResponse({"error": "The signature is missing."}, status_code=400)
    try:
        async with running.database.write() as session:
            done = await heed(session, event, plans=running.settings.plans, now=running.now())
    except NotUnderstood as problem:
        _LOG.warning("event %s was not understood: %s", event.id, problem)
        return JSONResponse({"error": "The event lacks something."}, status_code=422)
    if not done and isinstance(running.outermost, Guard):
        running.outermost.figures.duplicate_webhooks.inc()
    return JSONResponse({"received": True, "effect": done})


def _only_without_provider(running: Running) -> str:
    secret = running.settings.trial_secret
    if not secret:
        raise HTTPException(404)
    return secret
