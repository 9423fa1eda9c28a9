"""Pages from templates."""

from __future__ import annotations

import datetime as dt
import re
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from launchready.community.assets import asset_path
from launchready.community.dates import day
from launchready.community.plans import PRICE
from launchready.community.web.asking import (
    FORM_TOKEN,
    community,
    form_token,
    form_token_for,
    new_visitor,
    visitor_cookie,
)
from launchready.guard.visit import KEY, visit

_TEMPLATES = Path(__file__).parent.parent / "templates"
_OUR_PATH = re.compile(
    r"(?<![\w/.:])/(posts|write|profile)((?<=posts)/[0-9]{1,18}|(?<!posts))(?![\w/-])"
)
_LEADS_TO = {"posts": "read it", "write": "write", "profile": "open it"}


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["day"] = day
    made.filters["stamp"] = _stamp
    made.filters["with_paths"] = _with_paths
    made.globals["asset"] = asset_path
    made.globals["price"] = PRICE
    return made


def page(request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
    """Return a page; where it holds a form, the browser gets the cookie that its token needs."""
    settings = community(request).settings
    fresh: list[str] = []

    def hidden(*, once: bool = False) -> Markup:
        known = form_token(request)
        if known is None:
            fresh[:] = fresh or [new_visitor()]
            known = form_token_for(settings.secret, fresh[0])
        fields = Markup('<input type="hidden" name="{}" value="{}">').format(FORM_TOKEN, known)
        if once and KEY in request.scope:
            # Guard sees by it that a form was sent twice.
            fields += Markup('<input type="hidden" name="_submission" value="{}">').format(
                visit(request.scope).form_token()
            )
        return fields

    def flaw(field: str) -> Markup:
        """Mark the field that the note is about, so that whoever corrects it begins there."""
        if field != values.get("wrong"):
            return Markup("")
        return Markup(' aria-invalid="true" aria-describedby="to-correct" autofocus')

    html = (
        _environment()
        .get_template(template)
        .render(
            {
                "settings": settings,
                "path": request.url.path,
                "hidden": hidden,
                "flaw": flaw,
                "member": request.scope.get("community.member"),
                "note": "",
                "bad": status >= 400,
                **values,
            }
        )
    )
    answer = HTMLResponse(html, status_code=status)
    if fresh:
        answer.set_cookie(
            visitor_cookie(settings.session_cookie), fresh[0],
            secure=True, httponly=True, samesite="lax",
        )  # fmt: skip
    return answer


def part(template: str, **values: Any) -> str:
    """Return a piece of a page, for a script to put in its place."""
    return _environment().get_template(template).render(values)


def see(path: str) -> RedirectResponse:
    """Return the redirect that follows a form."""
    return RedirectResponse(path, status_code=303)


def with_session(request: Request, answer: Response, token: str) -> Response:
    """Return the answer with the cookie of a new session."""
    settings = community(request).settings
    answer.set_cookie(
        settings.session_cookie, token, max_age=settings.session_days * 86_400,
        secure=True, httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


def without_session(request: Request, answer: Response) -> Response:
    """Return the answer with the end of the session's cookie."""
    answer.delete_cookie(
        community(request).settings.session_cookie, secure=True, httponly=True, samesite="lax"
    )
    return answer


def _with_paths(text: str) -> Markup:
    """Return a text with links instead of the paths of our own pages; all else is escaped."""
    return Markup(_OUR_PATH.sub(_link, str(escape(text))))  # noqa: S704 - escaped


def _link(path: re.Match[str]) -> str:
    return f'<a href="{path[0]}">{_LEADS_TO[path[1]]}</a>'


def _stamp(moment: dt.datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
