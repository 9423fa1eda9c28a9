"""A visitor's session: requests with a jar of cookies, redirects followed within the launch."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from launchready.collect.active.permission import refusal
from launchready.collect.explained import attributed, explained
from launchready.collect.web.address import joined_url, origin, url_host, wire_url
from launchready.collect.web.cookies import COOKIES_MAX, Jar
from launchready.collect.web.exchange import SECOND_TRY_AFTER_S, Asking, answer_to, stumbled
from launchready.collect.web.waiting import let_through
from launchready.collect.world import World
from launchready.derive.pages.refreshing import sent_on
from launchready.derive.set_cookie import parse_set_cookie
from launchready.derive.sign_in.session_cookies import set_cookies
from launchready.facts import Gap, Key
from launchready.facts.active import CookieSeen
from launchready.facts.http import Exchange
from launchready.gather import Ask

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
HOPS_MAX = 10
# Laravel and Angular; Django.
_REPEATED = (("XSRF-TOKEN", "X-XSRF-TOKEN"), ("csrftoken", "X-CSRFToken"))


@dataclass(slots=True, kw_only=True)
class Session:
    """Sends requests one after the other as one browser would; `key` is the fact it works for.

    Nothing but GET goes to a host for which the run has no permission, wherever a form points; and
    nothing at all where browsers refuse the certificate, since passwords and sessions go out here.
    """

    world: World
    ask: Ask
    key: Key
    jar: Jar = field(default_factory=Jar)
    requests_max: int | None = None
    """After so many requests nothing more is sent."""
    sent: int = 0
    patient: bool = False
    """Whether a page that the server fails on is asked for once more."""
    cookies: dict[tuple[str, str], CookieSeen] = field(default_factory=dict)
    """The last of each name that a host set, without its value."""
    logged_in: bool = False
    """The right password has been sent."""
    page: str = ""
    """The page whose script makes the calls, where it is another place than what is called."""
    bearer: str = field(default="", repr=False)
    """The token that a log-in handed out (RFC 6750); it goes to `bearer_origins` alone."""
    bearer_origins: frozenset[str] = frozenset()
    scheme: str = "Bearer"
    """The word before the token; Django REST framework wants another, and says which."""

    async def send(
        self,
        url: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        content_type: str = FORM,
        referer: str = "",
        further: tuple[tuple[str, str], ...] = (),
        body_max_bytes: int = 500_000,
    ) -> Exchange | Gap:
        """Return the answer to one request with the session's cookies; redirects are not followed."""
        if self.requests_max is not None and self.sent >= self.requests_max:
            reason = f"{self.requests_max} requests were sent, which is all that is tried"
            return Gap(key=self.key, reason=reason, ours=True)
        if method != "GET":
            refused = await refusal(self.key, url, self.world, self.ask)
            if refused is not None:
                return refused
        self.sent += 1
        headers: list[tuple[str, str]] = []
        cookies = self.jar.header(url)
        if cookies:
            headers.append(("Cookie", cookies))
        if self.bearer and origin(url) in self.bearer_origins:
            headers.append(("Authorization", f"{self.scheme} {self.bearer}"))
        headers += further
        if body is not None:
            by_script = content_type == JSON and self.page
            headers += [("Content-Type", content_type), ("Origin", origin(by_script or url))]
        if referer:
            headers.append(("Referer", referer))
        asking = Asking(
            url=url, method=method, headers=tuple(headers), body=body,
            body_max_bytes=body_max_bytes, verified_only=True,
        )  # fmt: skip
        found = await answer_to(asking, self.world, self.ask, key=self.key)
        if self.patient and method == "GET" and isinstance(found, Exchange):
            found = await self._again(asking, found)
        if isinstance(found, Gap):
            return await attributed(found, self.ask)
        if found.trouble:
            because = await explained(found, self.world, self.ask)
            return Gap(key=self.key, reason=found.trouble, because=because)
        new = self._new_cookies(found)
        self.jar.take(found.url, found.headers, now=self.world.now())
        for cookie in set_cookies(found)[:COOKIES_MAX]:
            known = (cookie.host, cookie.name)
            if known in self.cookies or len(self.cookies) < COOKIES_MAX:
                at_login = self.logged_in and cookie.name in new
                self.cookies[known] = replace(cookie, at_login=at_login)
        return found

    async def _again(self, asking: Asking, found: Exchange) -> Exchange | Gap:
        """Return what a page answers later, where the server failed on it or a limit shut it."""

        async def asked() -> Exchange | Gap:
            self.sent += 1
            return await answer_to(asking, self.world, self.ask, key=self.key)

        found = await let_through(found, asked, self.world)
        if not stumbled(found):
            return found
        await asyncio.sleep(SECOND_TRY_AFTER_S)
        return await asked()

    def _new_cookies(self, answer: Exchange) -> set[str]:
        """Return the names of the cookies that an answer sets and that did not stand so before."""
        held = self.jar.header(answer.url).split("; ")
        sent = (parse_set_cookie(line) for line in answer.headers.all("set-cookie"))
        return {c.name[:60] for c in sent if f"{c.name}={c.value}" not in held}

    async def call(self, url: str, body: bytes, *, body_max_bytes: int = 500_000) -> Exchange | Gap:
        """Return the answer to JSON sent as a page's script sends it, with the page's token."""
        return await self.send(
            url,
            method="POST",
            body=body,
            content_type=JSON,
            referer=self.page,
            further=(("Accept", JSON), *self._against_forgery(url)),
            body_max_bytes=body_max_bytes,
        )

    def _against_forgery(self, url: str) -> tuple[tuple[str, str], ...]:
        """Return the header fields that repeat a cookie's token, as scripts do for some frameworks."""
        held = dict(c.split("=", 1) for c in self.jar.header(url).split("; ") if "=" in c)
        return tuple(
            (header, unquote(held[cookie])) for cookie, header in _REPEATED if cookie in held
        )

    async def follow(self, found: Exchange) -> Exchange | Gap:
        """Follow the redirects behind an answer by GET; the last answer, or why there is none.

        A session's cookies go only to hosts of the launch; a redirect away from it ends here.
        """
        for _ in range(HOPS_MAX):
            if found.location is None:
                return found
            try:
                url = joined_url(found.url, found.location)
            except ValueError as error:
                return Gap(key=self.key, reason=f"the redirect leads nowhere: {error}")
            if url_host(url) not in self.world.manifest.all_hosts:
                return found
            following = await self.send(url, referer=found.url)
            if isinstance(following, Gap):
                return following
            found = following
        return Gap(key=self.key, reason=f"more than {HOPS_MAX} redirects at {shown_url(found.url)}")

    async def arrive(self, found: Exchange) -> Exchange | Gap:
        """Follow an answer as a browser does: also along pages that send the visitor on by themselves."""
        for _ in range(HOPS_MAX):
            page = await self.follow(found)
            onward = sent_on(page) if isinstance(page, Exchange) else None
            if isinstance(page, Gap) or onward is None:
                return page
            if url_host(onward) not in self.world.manifest.all_hosts:
                return page
            following = await self.send(onward, referer=page.url)
            if isinstance(following, Gap):
                return following
            found = following
        return Gap(key=self.key, reason=f"more than {HOPS_MAX} pages at {shown_url(found.url)}")

    async def get(self, url: str) -> Exchange | Gap:
        """Return what a visitor sees at the URL, redirects followed."""
        found = await self.send(wire_url(url))
        return found if isinstance(found, Gap) else await self.follow(found)


def shown_url(url: str) -> str:
    """Return the URL as it may be shown: what its query holds may be a session's or a log-in's token."""
    head, mark, query = url.partition("?")
    pairs = (pair.partition("=") for pair in query.split("&"))
    return head + mark + "&".join(f"{name}=…" if equals else name for name, equals, _ in pairs)
