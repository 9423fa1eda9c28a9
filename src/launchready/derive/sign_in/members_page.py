"""What a page says about whether a member is in: a log-in form, a private page, a page for all."""

from __future__ import annotations

from urllib.parse import urlsplit

from launchready.derive.pages.forms import Form, forms, login_form, same_form
from launchready.derive.pages.page import loads
from launchready.derive.sign_in.links import asks_for_password, has_password_field
from launchready.derive.sign_in.log_in_ways import company_named, sends_mail
from launchready.derive.sign_in.throttle import same_answer
from launchready.facts.hops import destination, host
from launchready.facts.http import Exchange

BY_HAND = "Sign in by hand in a private window before launch."
"""How to prove a log-in that this program cannot walk."""
BY_MAIL = (
    "Try it by hand in a private window before launch: the mail comes within a minute, at Gmail and "
    "at Outlook too; its link lets you in once, and is refused the second time and an hour later; "
    "after you log out, the members' page is closed."
)
"""How to prove a log-in by a link or a code in a mail."""
BY_OTHERS = (
    "Try it by hand in a private window before launch: with an account that is a member's, and with "
    "one that is not, which must be refused; after you log out, the members' page is closed."
)
"""How to prove a log-in by another company's account."""
_BY_SCRIPT = (
    f"{BY_HAND} Or say where the script sends name and password: that route with kind = "
    '"auth" and json_body = true, and the same URL as login of the test member.'
)


def log_in_form(page: Exchange) -> Form | None:
    """Return the log-in form that a page sends to a server by itself, if it has one."""
    if page.status >= 400 or "html" not in page.content_type:
        return None
    form = login_form(page.text, base=page.url)
    # A form that would put the password into the URL is sent by a script instead.
    return form if form is not None and form.method == "POST" else None


def shows_form(asked: Form | None, page: Exchange) -> bool:
    """Return whether a page shows the log-in form; one to change the password is another."""
    if asked is None or "html" not in page.content_type:
        return False
    return any(same_form(asked, form) for form in forms(page.text, base=page.url))


def is_closed(anonymous: Exchange, private: str, asked: Form | None) -> bool:
    """Return whether visitors are refused the private page, or led away from it."""
    return (
        anonymous.status != 200
        or shows_form(asked, anonymous)
        or _place(anonymous.url) != _place(private)
    )


def alike(one: Exchange, other: Exchange) -> bool:
    """Return whether two visits ended at the same place with the same to read."""
    return _place(one.url) == _place(other.url) and same_answer(one, other)


def not_for_us(page: Exchange, entrance: str) -> tuple[str, str] | None:
    """Return why a page without a form to fill in says nothing about whether members get in.

    The reason comes with how to prove it; None where the page is at fault itself.
    """
    if page.location is not None:
        there = host(destination(page.url, page.location)) or "no address at all"
        return (
            f"the log-in is at {there}, which the manifest does not name",
            f'{BY_OTHERS} Or add [hosts."{there}"] if it is yours.',
        )
    if page.challenge:
        return f"bot protection ({page.challenge}) answered instead of the log-in", BY_HAND
    if page.status == 405:
        # What forms and scripts send to is often taken for the page that members open.
        return (
            "the address takes no visit (405), only what a form or a script sends to it",
            f"Name the page that shows the form as login = under [accounts]. {BY_HAND}",
        )
    if page.status != 200 or "html" not in page.content_type:
        return None
    if has_password_field(page.text):
        return "the form with the password is sent by a script, which is not run", _BY_SCRIPT
    if sends_mail(page):
        return "the log-in sends a link or a code by mail, and asks for no password", BY_MAIL
    company = company_named(page)
    if company:
        return f"members log in by their account at {company}", BY_OTHERS
    if asks_for_password(page.text):
        reason = "the log-in asks for an address alone, as where a link or a code comes by mail"
        return reason, BY_MAIL
    lost = _place(page.url) != _place(entrance)
    # Where the entrance led elsewhere, a page without a form is a way lost and not a script's page.
    if not lost and any(loaded.kind == "script" for loaded in loads(page.text, base=page.url)):
        return "the log-in page is drawn by scripts, which are not run", _BY_SCRIPT
    return None


def _place(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return (parts.hostname or "").lower(), parts.path.rstrip("/")
