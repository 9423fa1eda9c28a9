"""Who asks, and with what form."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, HTTPException, Request
from starlette.convertors import Convertor, register_url_convertor
from starlette.datastructures import FormData, UploadFile

from launchready.community.running import Community
from launchready.community.sessions import SignedIn, signed_in
from launchready.community.written import as_written

FORM_TOKEN = "form_token"  # noqa: S105 - the field's name
_FIELDS_MAX = 40


class Number(Convertor[int]):
    """The number of something in the database, as `{number:id}` in a route: 1 or more, in digits.

    Starlette's own `int` takes as many digits as come, and Python refuses to read very many.
    """

    regex = "[1-9][0-9]{0,17}"

    def convert(self, value: str) -> int:
        """Return it as a number."""
        return int(value)

    def to_string(self, value: int) -> str:
        """Return it as it stands in a path."""
        return str(value)


register_url_convertor("id", Number())


class NotSignedIn(Exception):  # noqa: N818 - said of a visitor, not of a failure
    """The page is for members: `leads_back` is where to go after the log-in."""

    def __init__(self, leads_back: str) -> None:
        super().__init__(leads_back)
        self.leads_back = leads_back


class Refused(HTTPException):
    """403 with a sentence for whoever sent it; `kept` is what they wrote, to be given back to them."""

    def __init__(self, title: str, said: str, *, kept: str = "") -> None:
        super().__init__(403, said)
        self.title = title
        self.said = said
        self.kept = kept


def community(request: Request) -> Community:
    """Return the community that this request is for."""
    running: Community = request.app.state.community
    return running


async def visitor(request: Request) -> SignedIn | None:
    """Return who is signed in; None for everybody else."""
    running = community(request)
    token = request.cookies.get(running.settings.session_cookie)
    if not token:
        return None
    # Guard may have asked already, to know who the member is.
    known = request.scope.get("community.member")
    if known is None:
        async with running.database.read() as session:
            known = await signed_in(session, token, now=running.now())
        request.scope["community.member"] = known
    found: SignedIn | None = known
    return found


async def member(request: Request) -> SignedIn:
    """Return the member who asks; visitors are led to the log-in (NotSignedIn)."""
    found = await visitor(request)
    if found is None:
        here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        raise NotSignedIn(here if request.method == "GET" else "/members")
    return found


async def sent_form(request: Request) -> dict[str, str]:
    """Return the fields of a form that one of our own pages sent; 403 for any other.

    Two things must be so: the browser says that the page was ours (Origin or Sec-Fetch-Site, when
    it says anything), and the form carries the token that belongs to this browser's cookie.
    """
    refuse_other_sites(request)
    form: FormData = await request.form(max_files=0, max_fields=_FIELDS_MAX)
    fields = {
        # A password is kept as a hash of whatever it is.
        name: value if name == "password" else as_written(value)
        for name, value in form.items()
        if not isinstance(value, UploadFile)
    }
    right = form_token(request)
    if right is None or not hmac.compare_digest(
        fields.get(FORM_TOKEN, "").encode(), right.encode()
    ):
        # The session was ended in another tab, or here meanwhile: no page is there to go back to.
        kept = fields.get("body") or fields.get("message", "")
        todo = (
            "Nothing was sent. Please copy what you wrote, and send it from a new form."
            if kept
            else "Please go back, reload the page and send it again."
        )
        raise Refused("This form has grown old", todo, kept=kept)
    return fields


def refuse_other_sites(request: Request) -> None:
    """Raise 403 when the browser says that another site's page sent this."""
    origin = request.headers.get("origin")
    if origin is not None:
        asked = urlsplit(community(request).settings.app_url).netloc
        ours = {request.headers.get("host", ""), asked} - {""}
        # Split by hand: what is no URL is a stranger's, and no failure of ours.
        foreign = origin.partition("://")[2] not in ours
    else:
        foreign = request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}
    if foreign:
        raise Refused(
            "This came from elsewhere", "A page of another site sent it, so nothing was done."
        )


def number_of(request: Request, name: str) -> int | None:
    """Return a number of the query; None for anything else."""
    text = request.query_params.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        return None
    return int(text)


def form_token(request: Request) -> str | None:
    """Return the token for this browser's forms; None when it holds no cookie of ours."""
    running = community(request)
    session = running.settings.session_cookie
    held = request.cookies.get(session) or request.cookies.get(visitor_cookie(session))
    return form_token_for(running.settings.secret, held) if held else None


def form_token_for(secret: str, held: str) -> str:
    """Return the token that belongs to the value of a cookie."""
    return hmac.new(secret.encode(), b"form:" + held.encode(), hashlib.sha256).hexdigest()


def visitor_cookie(session_cookie: str) -> str:
    """Return the name of the cookie that a visitor's forms belong to."""
    return f"{session_cookie}-visitor"


def new_visitor() -> str:
    """Return a value for that cookie."""
    return secrets.token_urlsafe(24)


def local(path: str | None) -> str:
    """Return where to go after the log-in: a page of this host, else the members' room."""
    wanted = path or ""
    here = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return wanted if here and wanted.isprintable() and wanted.isascii() else "/members"


def login_with(leads_back: str) -> str:
    """Return the log-in that leads back."""
    return f"/login?next={quote(leads_back, safe='/')}"


Visitor = Annotated[SignedIn | None, Depends(visitor)]
AMember = Annotated[SignedIn, Depends(member)]
SentForm = Annotated[dict[str, str], Depends(sent_form)]
Running = Annotated[Community, Depends(community)]
