"""Coming in and going out: log-in, log-out, joining, confirming, a new password, invitations."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import update

from launchready.community import invites
from launchready.community.accounts import NAME_MAX, as_email
from launchready.community.passwords import complaint
from launchready.community.sessions import close_session
from launchready.community.tables import Member
from launchready.community.web.asking import Running, SentForm, Visitor, local
from launchready.community.web.pages import page, see, with_session, without_session

router = APIRouter()
_NO_ADDRESS = "Please write your e-mail address."


@router.get("/door")
async def door(who: Visitor) -> RedirectResponse:
    """Lead members to their room and everybody else to the log-in."""
    return RedirectResponse("/login" if who is None else "/members", status_code=302)


@router.get("/login")
async def login_page(request: Request, who: Visitor) -> Response:
    """Show the log-in form; who is in already goes on to where it would lead."""
    leads_to = local(request.query_params.get("next"))
    return page(request, "login.html", next=leads_to, email="") if who is None else see(leads_to)


@router.post("/login")
async def log_in(request: Request, form: SentForm, running: Running) -> Response:
    """Sign a member in and lead on, or show the form again with what went wrong."""
    typed, leads_to = form.get("email", ""), local(form.get("next"))
    email = as_email(typed) or ""
    token = await running.accounts.log_in(email, form.get("password", ""), now=running.now())
    if token is None:
        note = (
            "We do not know this address and password together. If you have just joined, please "
            "follow the link in our mail first; with the right password it is sent once more."
        )
        return page(
            request, "login.html", 422, next=leads_to, email=typed, note=note, wrong="password"
        )
    return with_session(request, see(leads_to), token)


@router.get("/logout")
async def logout_page(request: Request, who: Visitor) -> Response:
    """Ask whether to log out: a link alone changes nothing."""
    return see("/login") if who is None else page(request, "logout.html")


@router.post("/logout")
async def log_out(request: Request, _: SentForm, running: Running) -> Response:
    """End the session here and in the browser."""
    token = request.cookies.get(running.settings.session_cookie)
    if token:
        async with running.database.write() as session:
            await close_session(session, token)
    return without_session(request, see("/login"))


@router.get("/signup")
async def signup_page(request: Request, who: Visitor) -> Response:
    """Show the form for new members; who is one already goes on to their room."""
    if who is not None:
        return see("/members")
    return page(request, "signup.html", code="", email="", name="")


@router.post("/signup")
async def sign_up(request: Request, form: SentForm, running: Running) -> Response:
    """Keep a new account and promise a mail, in the same words whoever's the address is."""
    typed, code, name = (form.get(k, "").strip() for k in ("email", "code", "name"))
    email, password = as_email(typed), form.get("password", "")
    note, wrong = (complaint(password), "password") if email else (_NO_ADDRESS, "email")
    if not note and len(name) > NAME_MAX:
        note, wrong = f"Please choose a name of at most {NAME_MAX} characters.", "name"
    if email is None or note:
        return page(
            request, "signup.html", 422, code=code, email=typed, name=name, note=note, wrong=wrong
        )
    await running.accounts.join(email, password, name, now=running.now(), code=code)
    said = "Nearly there: please follow the link in the mail we sent you."
    return page(request, "said.html", title="Become a member", said=said)


@router.get("/confirm")
async def confirm_page(request: Request) -> Response:
    """Show the form that confirms an address; programs that open links in mails change nothing."""
    return page(request, "confirm.html", token=request.query_params.get("token", ""))


@router.post("/confirm")
async def confirm(request: Request, form: SentForm, running: Running) -> Response:
    """Confirm an address and sign its owner in."""
    link, password = form.get("token", ""), form.get("password", "")
    token = await running.accounts.confirm(link, password, now=running.now())
    if token is None:
        note = "This password does not fit, or the link is no longer good. Log in for a new link."
        return page(request, "confirm.html", 422, token=link, note=note, wrong="password")
    return with_session(request, see("/members?new=1"), token)


@router.get("/reset")
async def reset_page(request: Request) -> Response:
    """Show the form that asks for a new password."""
    return page(request, "reset.html")


@router.post("/reset")
async def ask_for_reset(request: Request, form: SentForm, running: Running) -> Response:
    """Promise a mail, in the same words whether the address is a member's or not."""
    email = as_email(form.get("email", ""))
    if email is None:
        return page(request, "reset.html", 422, note=_NO_ADDRESS, wrong="email")
    await running.accounts.ask_for_reset(email, now=running.now())
    note = "If this address is a member's, a mail is on its way."
    return page(request, "reset.html", note=note)


@router.get("/reset/new")
async def new_password_page(request: Request) -> Response:
    """Show the form for the new password itself."""
    return page(request, "new_password.html", token=request.query_params.get("token", ""))


@router.post("/reset/new")
async def set_new_password(request: Request, form: SentForm, running: Running) -> Response:
    """Set the new password and end every session of its member."""
    link, password = form.get("token", ""), form.get("password", "")
    note = complaint(password)
    if not note and not await running.accounts.reset(link, password, now=running.now()):
        note = "This link is no longer good. Please ask for a new one."
    if note:
        return page(request, "new_password.html", 422, token=link, note=note, wrong="password")
    answer = page(
        request, "login.html", next="/members", email="", note="Your new password is set."
    )
    return without_session(request, answer)


@router.get("/invite")
async def invite_page(request: Request) -> Response:
    """Show the form for an invitation's code."""
    return page(request, "invite.html", code=request.query_params.get("code", ""))


@router.post("/invite")
async def invite(request: Request, form: SentForm, running: Running, who: Visitor) -> Response:
    """Open the form to join with a good code; a guest who is signed in gets its plan at once."""
    code, now = form.get("code", ""), running.now()
    unknown = page(
        request, "invite.html", 422, code=code, note="We do not know this code.", wrong="code"
    )
    if who is None:
        async with running.database.read() as session:
            good = await invites.is_good(session, code, now=now)
        return page(request, "signup.html", code=code, email="", name="") if good else unknown
    async with running.database.write() as session:
        plan = await invites.redeem(session, code, now=now)
        if plan is None:
            return unknown
        await session.execute(
            update(Member).where(Member.id == who.id).values(plan=plan, gift=plan)
        )
    return see("/members")


@router.get("/welcome")
async def welcome(request: Request) -> Response:
    """Thank for a payment."""
    said = "A mail is on its way with what comes next."
    onward = ("/members", "Go to your room")
    return page(request, "said.html", title="Thank you", said=said, leads_to=onward)
