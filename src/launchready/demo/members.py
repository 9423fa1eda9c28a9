"""What Willow does with what visitors and members send."""

from __future__ import annotations

import hmac
from html import escape

from launchready.demo import pages
from launchready.demo.answers import Answer, Request, json_answer, page, redirect

PRIVATE = "private, no-store"


def _form(html: str, status: int = 200) -> Answer:
    return page(html, status=status, cache_control=PRIVATE)


def doorstep(request: Request) -> Answer:
    """Lead members to their room and everybody else to the log-in."""
    answer = redirect("/login" if request.member is None else "/members")
    answer.headers["cache-control"] = PRIVATE
    return answer


def login_page(request: Request) -> Answer:
    """Show the log-in form."""
    return _form(_login(_next(request.arguments)))


def log_in(request: Request) -> Answer:
    """Sign a member in and lead on, or show the form again with what went wrong."""
    sent, state = request.form, request.state
    known = hmac.compare_digest(sent.get("email", "").encode(), state.username.encode())
    right = hmac.compare_digest(sent.get("password", "").encode(), state.password.encode())
    if not known or (request.launch.checks_passwords and not right):
        note = "We do not know this address and password together."
        return _form(_login(_next(sent), note), status=422)
    answer = redirect(_next(sent), status=303)
    answer.headers["cache-control"] = PRIVATE
    answer.cookies = [request.launch.cookie.line(state.sign_in(state.username))]
    return answer


def log_out(request: Request) -> Answer:
    """End the session here and in the browser."""
    cookie = request.launch.cookie
    if request.launch.ends_sessions:
        request.state.sessions.pop(request.cookies.get(cookie.name, ""), None)
    answer = redirect("/login", status=303)
    answer.headers["cache-control"] = PRIVATE
    if cookie.ends:
        answer.cookies = [cookie.ended()]
    return answer


def _next(fields: dict[str, str]) -> str:
    """Return where to go after the log-in: only to pages of this host."""
    wanted = fields.get("next", "")
    local = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if local and wanted.isprintable() and wanted.isascii() else "/members"


def _login(next_: str, note: str = "") -> str:
    fields = (
        pages.field("E-mail", "email", "email", "username")
        + pages.field("Password", "password", "password", "current-password")
        + f'<input type="hidden" name="next" value="{escape(next_)}">'
    )
    more = (
        '<p><a href="/reset">Forgot your password?</a> · <a href="/signup">Become a member</a></p>'
    )
    return pages.form("Log in", "/login", fields, "Log in", note=note, more=more)


def members_room(request: Request) -> Answer:
    """Show the members' room."""
    return page(pages.members(request.member or "a visitor"), cache_control=PRIVATE)


def reset_page(_: Request) -> Answer:
    """Show the form for a new password."""
    return _form(_reset())


def reset(request: Request) -> Answer:
    """Promise a mail, in the same words whether the address is a member's or not."""
    if "@" not in request.form.get("email", ""):
        return _form(_reset("Please write your e-mail address."), status=422)
    return _form(_reset("If this address is a member's, a mail is on its way."))


def _reset(note: str = "") -> str:
    fields = pages.field("E-mail", "email", "email", "username")
    return pages.form("A new password", "/reset", fields, "Send me a link", note=note)


def signup_page(_: Request) -> Answer:
    """Show the form for new members."""
    return _form(_signup())


def sign_up(request: Request) -> Answer:
    """Promise a mail; nothing is stored."""
    if "@" not in request.form.get("email", ""):
        return _form(_signup("Please write your e-mail address."), status=422)
    return _form(_signup("Nearly there: please follow the link in the mail we sent you."))


def _signup(note: str = "") -> str:
    fields = pages.field("E-mail", "email", "email", "email") + pages.field(
        "Password", "password", "password", "new-password"
    )
    return pages.form("Become a member", "/signup", fields, "Join", note=note)


def invite_page(_: Request) -> Answer:
    """Show the form for an invitation's code."""
    return _form(_invite())


def invite(_: Request) -> Answer:
    """Refuse the code: the demo has given none away."""
    return _form(_invite("We do not know this code."), status=422)


def _invite(note: str = "") -> str:
    fields = pages.field("Your code", "code", "text")
    return pages.form("You are invited", "/invite", fields, "Open", note=note)


def checkout_page(_: Request) -> Answer:
    """Show what is bought."""
    fields = "<p>Willow membership, 9 a month.</p>" + pages.field(
        "E-mail", "email", "email", "email"
    )
    return _form(pages.form("Join Willow", "/checkout", fields, "Continue to payment"))


def check_out(_: Request) -> Answer:
    """Lead on as after a payment."""
    answer = redirect("/welcome", status=303)
    answer.headers["cache-control"] = PRIVATE
    return answer


def chat(request: Request) -> Answer:
    """Answer a question to the guide; the form of the members' room works too."""
    said = (
        request.json
        if request.headers.get("content-type", "").startswith("application/json")
        else request.form
    )
    message = said.get("message") if isinstance(said, dict) else None
    if not isinstance(message, str) or not message.strip():
        return json_answer({"error": "Please ask a question."}, status=400, cache_control=PRIVATE)
    reply = "Most balcony plants want more light and less water than they get. What do you grow?"
    return json_answer({"reply": reply}, cache_control=PRIVATE)


def webhook(request: Request) -> Answer:
    """Refuse what carries no signature of the payment provider; the demo has none."""
    signed = "stripe-signature" in request.headers
    error = "The signature does not match." if signed else "The signature is missing."
    return json_answer({"error": error}, status=400, cache_control="no-store")


def circles(_: Request) -> Answer:
    """List what everybody may know."""
    public = {"circles": [{"name": "Beans", "members": 12}, {"name": "Herbs", "members": 20}]}
    return json_answer(public, cache_control="public, max-age=60")


def health(_: Request) -> Answer:
    """Say that all is well."""
    return json_answer({"status": "ok"}, cache_control="no-store")


def rdap(request: Request) -> Answer:
    """Answer for the launch's own domain as a registry does (RFC 9083)."""
    launch = request.launch
    name = request.path.rpartition("/")[2].lower().rstrip(".")
    zone = next((z for z in launch.zones if z.origin == f"{launch.domain}."), None)
    if name != launch.domain or zone is None:
        missing = {"errorCode": 404, "title": "Not Found", "description": ["No such domain."]}
        return json_answer(missing, status=404, content_type="application/rdap+json")
    found = {
        "objectClassName": "domain",
        "ldhName": launch.domain,
        "status": launch.registration.status,
        "events": [
            {"eventAction": "registration", "eventDate": launch.registration.since()},
            {"eventAction": "expiration", "eventDate": launch.registration.until()},
        ],
        "entities": [
            {
                "objectClassName": "entity",
                "roles": ["registrar"],
                "vcardArray": [
                    "vcard",
                    [["version", {}, "text", "4.0"], ["fn", {}, "text", "Example Registrar"]],
                ],
            }
        ],
        "secureDNS": {"delegationSigned": zone.ds != "none"},
        "rdapConformance": ["rdap_level_0"],
    }
    return json_answer(found, content_type="application/rdap+json")
