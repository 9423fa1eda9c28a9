"""The form of a log-in: on one page, or the name first and the password on the page behind it."""

from __future__ import annotations

from dataclasses import dataclass

from launchready.collect.active.journey import Journey, sent
from launchready.collect.active.session import Session
from launchready.derive.pages.forms import Form
from launchready.derive.sign_in.log_in_ways import name_form
from launchready.derive.sign_in.members_page import log_in_form
from launchready.facts import Gap
from launchready.facts.http import Exchange


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The page that asks for the password, and its form; the form is None where none came."""

    page: Exchange
    form: Form | None


async def password_page(session: Session, page: Exchange, username: str) -> Shown | Gap:
    """Return what a page shows that asks for a password, or that asks for a name and then for it."""
    form = log_in_form(page)
    first = name_form(page) if form is None else None
    if first is None or first.username is None:
        return Shown(page=page, form=form)
    answer = await sent(session, first, {first.username.name: username}, page.url)
    return answer if isinstance(answer, Gap) else Shown(page=answer, form=log_in_form(answer))


async def submit_password(journey: Journey, shown: Shown, password: str) -> Exchange | Gap:
    """Send the form with the password and follow what comes.

    The name is typed in where it is asked for; behind a page of its own the server may have kept it.
    """
    form = shown.form
    if form is None or form.password is None:
        return Gap(key=journey.session.key, reason="no field for a password came")
    values = {form.password.name: password}
    if form.username is not None:
        values[form.username.name] = journey.username
    return await sent(journey.session, form, values, shown.page.url)
