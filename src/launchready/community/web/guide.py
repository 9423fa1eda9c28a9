"""The guide's page, and its answers: streamed, as JSON, or on the page itself without a script."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from launchready.community.guide.answering import QUESTION_MAX, Guide, as_question
from launchready.community.guide.history import Exchange, begin_anew, go_back, history
from launchready.community.sessions import SignedIn
from launchready.community.web.asking import (
    AMember,
    NotSignedIn,
    Running,
    SentForm,
    Visitor,
    number_of,
    refuse_other_sites,
    sent_form,
)
from launchready.community.web.pages import page, part, see

router = APIRouter()
_STREAM, _JSON = "text/event-stream", "application/json"
_SAY = f"Please write a question of at most {QUESTION_MAX} characters."


@router.get("/guide")
async def guide_page(request: Request, who: AMember, running: Running) -> Response:
    """Show what the member has asked, and the form for a question."""
    return await _page(request, who, running)


@router.post("/guide/new")
async def new_conversation(form: SentForm, who: AMember, running: Running) -> Response:
    """Begin a new conversation, or go on with the one before; nothing is lost either way."""
    back = form.get("back", "")
    async with running.database.write() as session:
        if back.isascii() and back.isdigit() and len(back) < 19:
            await go_back(session, who.id, int(back))
            return see("/guide")
        return see(f"/guide?back={await begin_anew(session, who.id)}")


@router.post("/chat")
async def chat(request: Request, who: Visitor, running: Running) -> Response:
    """Answer a member's question: `{"message": …}` with `{"reply": …}`, a form with its page.

    Whoever accepts text/event-stream gets the words as they come. 401 for visitors.
    """
    accept = request.headers.get("accept", "")
    in_json = request.headers.get("content-type", "").partition(";")[0].strip().lower() == _JSON
    streamed = _STREAM in accept
    if who is None:
        if in_json or streamed:
            raise HTTPException(401, "The guide is for members. Please log in.")
        raise NotSignedIn("/guide")
    question = as_question(await _message(request, in_json=in_json))
    if question is None:
        if in_json or streamed:
            raise HTTPException(422, _SAY)
        return await _page(request, who, running, status=422, note=_SAY)
    exchange = await running.guide.ask(who, question)
    if streamed:
        words = _events(running.guide, who, exchange)
        # Proxies that collect an answer before they pass it on would undo it.
        return StreamingResponse(words, media_type=_STREAM, headers={"X-Accel-Buffering": "no"})
    # Whoever leaves now finds the answer in their history, and a form that is sent again gets it.
    async for said in running.guide.answer(who, exchange):
        if isinstance(said, Exchange):
            exchange = said
    if in_json:
        reply = "\n\n".join(filter(None, (exchange.answer, exchange.note)))
        return JSONResponse({"reply": reply})
    return see(f"/guide#question-{exchange.id}")


async def _message(request: Request, *, in_json: bool) -> Any:
    """Return what was asked, as it came; None when there is nothing of the kind."""
    if not in_json:
        return (await sent_form(request)).get("message")
    # A page of another site may not send this type without being allowed to (Fetch, CORS).
    refuse_other_sites(request)
    try:
        sent = json.loads(await request.body())
    except (ValueError, RecursionError):
        return None
    return sent.get("message") if isinstance(sent, dict) else None


async def _events(guide: Guide, who: SignedIn, exchange: Exchange) -> AsyncIterator[str]:
    """Yield the exchange as it stands, the guide's words one by one, and the exchange at its end."""
    yield _event(html=_html(exchange))
    async with aclosing(guide.answer(who, exchange, at_leisure=True)) as answer:
        async for said in answer:
            if isinstance(said, Exchange):
                yield _event(html=_html(said), over=True)
            else:
                yield _event(text=said.text)


def _event(**told: Any) -> str:
    return f"data: {json.dumps(told)}\n\n"


def _html(exchange: Exchange) -> str:
    return part("exchange.html", exchange=exchange, forgotten=False)


async def _page(
    request: Request, who: SignedIn, running: Running, *, status: int = 200, note: str = ""
) -> Response:
    before = number_of(request, "before")
    async with running.database.read() as session:
        shown = await history(session, who.id, before=before)
    guide = running.guide
    return page(
        request, "guide.html", status, history=shown, before=before, note=note,
        back=number_of(request, "back") or 0, built_in=guide.chat is None, question_max=QUESTION_MAX,
        forgotten_before=running.now() - guide.answers_within,
    )  # fmt: skip
