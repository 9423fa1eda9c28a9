"""Visitors of the community, sent when they are due whatever became of those before them.

`python bench/visiting.py PORT SECONDS FACTOR SEED` runs the mix of `ACTIONS` at FACTOR times its
rates and prints, as JSON, each action's milliseconds and how many went wrong. One raw loop of
libcurl; a time counts from the moment that its request was due, so that a stall is seen.
"""

from __future__ import annotations

import heapq
import itertools
import json
import random
import re
import sys
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from io import BytesIO
from urllib.parse import urlencode

import pycurl

from launchready.community.crowd import FIRST, code_of, email_of, session_of
from willow import CROWD, HOST, ORIGIN, PASSWORD

TYPES_FOR_S = 1.0
"""From the page with a form to its submission."""
LATE_S = 20.0
_FIELD = re.compile(r'name="(form_token|_submission)" value="([^"]+)"')
_COOKIE = re.compile(rb"(?im)^set-cookie: ([^;=]+)=([^;\r\n]+)")


@dataclass(kw_only=True)
class Request:
    """One request and what came of it."""

    what: str
    """The action that its time counts for."""
    path: str
    wanted: int
    form: dict[str, str] | None = None
    streamed: bool = False
    after_s: float = 0.0
    """So long after the answer before it is this one due."""
    status: int = 0
    cookies: dict[str, str] = field(default_factory=dict)
    body: BytesIO = field(default_factory=BytesIO)
    first_word_s: float = 0.0
    due_s: float = 0.0

    def fields(self) -> dict[str, str]:
        """Return the hidden fields of the answer's form."""
        return dict(_FIELD.findall(self.body.getvalue().decode()))


Visit = Generator[Request, Request, None]
"""Yields one request after the other, and is given each back with its answer."""


@dataclass(kw_only=True)
class Visitor:
    """A browser: its address and its cookies."""

    number: int
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """Return an address of its own (RFC 2544 section C.2.2 sets these aside for measuring)."""
        return f"198.18.{self.number // 250 % 250}.{1 + self.number % 250}"


def _member(n: int) -> dict[str, str]:
    return {"__Host-session": session_of(n)}


def log_in(v: Visitor) -> Visit:
    """Open the form and log in."""
    page = yield Request(what="form", path="/login", wanted=200)
    typed = {"email": email_of(v.number % CROWD.members), "password": PASSWORD}
    form = page.fields() | typed
    yield Request(what="log in", path="/login", wanted=303, form=form, after_s=TYPES_FOR_S)


def join(v: Visitor) -> Visit:
    """Open an invitation, give its code, and join."""
    page = yield Request(what="form", path="/invite", wanted=200)
    form = page.fields() | {"code": code_of(v.number % CROWD.invites)}
    page = yield Request(
        what="invite: give a code", path="/invite", wanted=200, form=form, after_s=TYPES_FOR_S
    )
    form = page.fields() | {
        "code": form["code"], "email": f"new{v.number}@crowd.example", "password": PASSWORD,
        "name": f"New {v.number}",
    }  # fmt: skip
    yield Request(what="join", path="/signup", wanted=200, form=form, after_s=TYPES_FOR_S)


def read_feed(v: Visitor) -> Visit:
    """Open the feed: its newest page, or an older one."""
    v.cookies = _member(v.number % CROWD.sessions)
    older = f"?before={FIRST + v.number * 37 % CROWD.posts}" if v.number % 4 == 0 else ""
    yield Request(what="feed", path=f"/members{older}", wanted=200)


def read_post(v: Visitor) -> Visit:
    """Open a post."""
    # Guests, every tenth member, may not read all.
    v.cookies = _member(v.number % CROWD.sessions // 10 * 10)
    path = f"/posts/{FIRST + (0 if v.number % 10 == 0 else v.number * 37 % CROWD.posts)}"
    yield Request(what="post, read", path=path, wanted=200)


def write_post(v: Visitor) -> Visit:
    """Open the form and write a post."""
    v.cookies = _member(v.number % CROWD.sessions // 10 * 10)
    page = yield Request(what="form", path="/write", wanted=200)
    form = page.fields() | {"circle": "beans", "title": f"Beans {v.number}", "body": "Up. " * 60}
    yield Request(what="post, written", path="/write", wanted=303, form=form, after_s=TYPES_FOR_S)


def comment(v: Visitor) -> Visit:
    """Open a post and answer it."""
    v.cookies = _member(v.number % CROWD.sessions // 10 * 10)
    path = f"/posts/{FIRST + v.number * 37 % CROWD.posts}"
    page = yield Request(what="post, read", path=path, wanted=200)
    form = page.fields() | {"body": "With us, too."}
    yield Request(
        what="comment", path=f"{path}/comments", wanted=303, form=form, after_s=TYPES_FOR_S
    )


def read_history(v: Visitor) -> Visit:
    """Open the guide's page with what was asked before."""
    v.cookies = _member(v.number % CROWD.sessions)
    yield Request(what="chat history", path="/guide", wanted=200)


def ask(v: Visitor) -> Visit:
    """Open the guide's page and ask; the time is that of the first word."""
    v.cookies = _member(v.number % CROWD.sessions // 10 * 10)
    page = yield Request(what="chat history", path="/guide", wanted=200)
    about = ("split tomatoes", "beans without a trellis", "basil", "rain barrels")[v.number % 4]
    form = page.fields() | {"message": f"What about {about}?"}
    yield Request(
        what="chat: first word", path="/chat", wanted=200, form=form, streamed=True,
        after_s=TYPES_FOR_S,
    )  # fmt: skip


ACTIONS: tuple[tuple[float, Callable[[Visitor], Visit]], ...] = (
    (2.0, log_in), (1.5, join), (12.0, read_feed), (8.0, read_post), (2.0, write_post),
    (2.0, comment), (1.5, read_history), (1.5, ask),
)  # fmt: skip
"""How many begin in a second, on average, at a factor of 1."""


class Crowded:
    """Everybody who is on their way."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._multi = pycurl.CurlMulti()
        self._idle: list[pycurl.Curl] = []
        self._order = itertools.count()
        self._due: list[tuple[float, int, Visitor, Visit, Request]] = []
        self._sent: dict[pycurl.Curl, tuple[Visitor, Visit, Request]] = {}
        self.times_ms: dict[str, list[float]] = {}
        self.errors: dict[str, list[str]] = {}

    def expect(self, at_s: float, visitor: Visitor, visit: Visit) -> None:
        """Let a visitor come at a moment."""
        self._put(at_s, visitor, visit, next(visit))

    def run(self) -> None:
        """Send what is due and take what is answered, until nobody is left."""
        while self._due or self._sent:
            now = time.perf_counter()
            while self._due and self._due[0][0] <= now:
                _, _, visitor, visit, request = heapq.heappop(self._due)
                self._send(visitor, visit, request)
            self._multi.perform()
            _, done, failed = self._multi.info_read()
            for curl in done:
                self._answered(curl, "")
            for curl, _, why in failed:
                self._answered(curl, why)
            if not done and not failed:
                wait_s = self._due[0][0] - time.perf_counter() if self._due else 1.0
                self._wait(max(0.0, min(wait_s, 1.0)))

    def _wait(self, seconds: float) -> None:
        if not self._sent:
            time.sleep(seconds)
        elif self._multi.select(seconds) < 0:
            # It has no socket yet.
            time.sleep(min(seconds, 0.001))

    def _put(self, at_s: float, visitor: Visitor, visit: Visit, request: Request) -> None:
        request.due_s = at_s
        heapq.heappush(self._due, (at_s, next(self._order), visitor, visit, request))

    def _send(self, visitor: Visitor, visit: Visit, request: Request) -> None:
        curl = self._idle.pop() if self._idle else pycurl.Curl()
        curl.reset()
        lines = [
            f"Host: {HOST}", f"X-Forwarded-For: {visitor.address}", "X-Forwarded-Proto: https",
            "Accept: " + ("text/event-stream" if request.streamed else "text/html"),
            "Cookie: " + "; ".join(f"{k}={v}" for k, v in visitor.cookies.items()),
            "Expect:",
        ]  # fmt: skip
        curl.setopt(pycurl.URL, f"http://127.0.0.1:{self._port}{request.path}")
        curl.setopt(pycurl.PROXY, "")
        curl.setopt(pycurl.TIMEOUT_MS, int(LATE_S * 1000))
        curl.setopt(pycurl.HEADERFUNCTION, lambda line: _note_cookie(request, line))
        curl.setopt(pycurl.WRITEFUNCTION, lambda part: _note_body(request, part))
        if request.form is not None:
            curl.setopt(pycurl.POSTFIELDS, urlencode(request.form))
            lines.append(f"Origin: {ORIGIN}")
        curl.setopt(pycurl.HTTPHEADER, lines)
        self._sent[curl] = (visitor, visit, request)
        self._multi.add_handle(curl)

    def _answered(self, curl: pycurl.Curl, why: str) -> None:
        now = time.perf_counter()
        visitor, visit, request = self._sent.pop(curl)
        request.status = curl.getinfo(pycurl.RESPONSE_CODE)
        self._multi.remove_handle(curl)
        self._idle.append(curl)
        if not why and request.status != request.wanted:
            why = f"{request.status} instead of {request.wanted}"
        if not why and request.streamed and not request.first_word_s:
            why = "no word came"
        if why:
            self.errors.setdefault(request.what, []).append(why)
            return
        took_s = (request.first_word_s or now) - request.due_s
        self.times_ms.setdefault(request.what, []).append(1000 * took_s)
        visitor.cookies |= request.cookies
        following = next(iter(_next(visit, request)), None)
        if following is not None:
            self._put(now + following.after_s, visitor, visit, following)


def _next(visit: Visit, request: Request) -> Generator[Request, None, None]:
    try:
        yield visit.send(request)
    except StopIteration:
        return


def _note_cookie(request: Request, line: bytes) -> None:
    for name, value in _COOKIE.findall(line):
        request.cookies[name.decode()] = value.decode()


def _note_body(request: Request, part: bytes) -> None:
    request.body.write(part)
    if request.streamed and not request.first_word_s and b'{"text"' in part:
        request.first_word_s = time.perf_counter()


def main() -> None:
    """Send the mix for so many seconds and print what came of it."""
    port, seconds, factor, seed = int(sys.argv[1]), *map(float, sys.argv[2:4]), int(sys.argv[4])
    chance = random.Random(seed)  # noqa: S311 - the same arrivals each time
    crowd = Crowded(port)
    begin_s = time.perf_counter() + 0.2
    numbers = itertools.count(seed * 12_500)  # no code is given twice
    for rate, action in ACTIONS:
        at_s = chance.expovariate(rate * factor)
        while at_s < seconds:
            visitor = Visitor(number=next(numbers))
            crowd.expect(begin_s + at_s, visitor, action(visitor))
            at_s += chance.expovariate(rate * factor)
    crowd.run()
    print(json.dumps({"times_ms": crowd.times_ms, "errors": crowd.errors}))


if __name__ == "__main__":
    main()
