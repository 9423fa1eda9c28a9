"""One request, repeated until its answer changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urljoin

from launchready.collect.active.attempts import (
    Attempt,
    Seen,
    next_attempt,
    reads_what_is_sent,
    send,
)
from launchready.collect.active.json_calls import TOKEN_EXPIRED
from launchready.collect.active.member_session import shut_out
from launchready.collect.active.session import Session
from launchready.derive.sign_in.throttle import (
    LIMIT_SHOWS_BY,
    REQUESTS_MAX,
    gist,
    news,
    same_answer,
    says_limited,
)
from launchready.facts import Gap, Subject
from launchready.facts.active import ByHand, Throttling
from launchready.facts.hops import path
from launchready.facts.http import Exchange
from launchready.manifest import RouteEntry

# Servers that answer so did not do what was asked, so that repeating it proves no limit.
_NOT_REACHED = {404, 405, 406, 415, 501}
# So they answer a guess that they do not understand, or that lacks a session or a token of theirs.
_GUESSED_WRONG = {400, 401, 403, 411, 413, 422}
_BAD_REQUEST, _MALFORMED = 400, 422
_CONFIRMATIONS = 3
_SLOW_S = 1.0
_FAILS = 500
# What nginx answers beyond its limit_req, unless limit_req_status says otherwise.
_BUSY = 503
# A window of a fixed length may end just then, and the next one is open again.
_REFUSES = {403, 423, _BUSY}
_AS_LIMIT = "; if that is a limit, let it answer 429 (nginx: limit_req_status 429)"


@dataclass(slots=True, kw_only=True)
class Burst:
    """The repetition of one request, and what came."""

    subject: Subject
    route: RouteEntry
    session: Session
    attempt: Attempt
    member: Session | None = None
    """Signed in as the test member."""
    understood: frozenset[int] = frozenset()
    """So a wrong password of the test member is refused, were it by what else speaks of the fields."""
    as_member: bool = False
    usual: list[Seen] = field(default_factory=list)
    """The answers before any limit: the first one, and those that came and went."""
    attempts: int = 0
    waited_s: list[float] = field(default_factory=list)
    """How long each attempt waited for its answer."""
    refused_with: int = 0
    """The status of a refusal that came and went, as from a limit that lets one through now and then."""

    async def run(self) -> Throttling | Gap:
        """Repeat the request until a limit shows or the bound is reached, and return what came."""
        wanted = min(self.route.limit or LIMIT_SHOWS_BY[self.route.kind], REQUESTS_MAX)
        before = self.session.sent
        first = await self._once()
        if isinstance(first, Gap):
            return first
        if self.member is not None and _asks_for_session(self.route, first):
            left = REQUESTS_MAX - (self.session.sent - before)
            self.session, self.as_member, self.attempts = self.member, True, 0
            self.session.requests_max = self.session.sent + left
            first = await self._once()
            if isinstance(first, Gap):
                return first
        self.usual.append(first)
        reason = await self._useless(first)
        if reason:
            return self._fact(inconclusive=reason)
        if first.is_explicit():
            return self._fact(after=0, changed=first)
        while self.attempts < wanted:
            found = await self._once()
            if isinstance(found, Gap):
                return self._stopped(found, self.attempts)
            if any(usual.same_as(found) for usual in self.usual):
                continue
            judged = await self._changed(found)
            if judged is not None:
                return judged
        if _asks_for_session(self.route, first):
            # A limit may stand before the session is asked for; when none does, one may behind it.
            status = first.answer.status
            reason = f"the route asks for a session ({status}), and the limit lies behind it"
            return self._fact(inconclusive=reason)
        unsteady = self._slower() or self._now_and_then() or self._speaks_of_limits(first)
        return self._fact(inconclusive=unsteady or await self._not_understood(first))

    def _speaks_of_limits(self, first: Seen) -> str:
        """Return in words that the usual answer speaks of a limit; empty when it does not.

        It may be one that an earlier run has reached, or what the page tells everybody.
        """
        if not first.says_limited() or self._talks(first):
            return ""
        said = news(None, first.page) or news(None, first.answer)
        return f"the answer speaks of a limit from the first on, and never changed: {said}"

    def _talks(self, usual: Seen) -> bool:
        """Return whether it is a chatbot's answer, which may speak of waiting."""
        return self.route.kind == "chat" and usual.answer.status < 300

    def _now_and_then(self) -> str:
        """Return in words that a refusal came and went; empty when none did."""
        if not self.refused_with:
            return ""
        some = f"some of {self.attempts} requests were answered {self.refused_with}, others not"
        return f"{some}{_AS_LIMIT}"

    def _slower(self) -> str:
        """Return in words that the answers came ever later, each by itself; empty when they did not."""
        early, late = self.waited_s[:_CONFIRMATIONS], self.waited_s[-_CONFIRMATIONS:]
        if len(self.waited_s) < 2 * _CONFIRMATIONS or min(late) < max(_SLOW_S, 4 * min(early)):
            return ""
        return (
            f"the answers came later and later, after {min(late):.1f} s at the end: whether many "
            f"attempts at once get around that is not tried{_AS_LIMIT}, without a delay"
        )

    async def _not_understood(self, usual: Seen) -> str:
        """Return why such answers prove no lack of a limit; empty when they do.

        Frameworks check a body before they count it. A form is shown again with 422, though.
        """
        status = usual.answer.status
        if self.attempt.form is not None or status in self.understood:
            return ""
        if self.attempt.by_guess and status in {_BAD_REQUEST, _MALFORMED}:
            return (
                f"JSON with fields of guessed names was answered {status} each time; name them at "
                "the route: fields = { username = ..., password = ... }"
            )
        if status == _MALFORMED:
            return f"each request was refused as malformed ({status}), maybe before it counted"
        # A webhook refuses what is not signed, whatever it says.
        if status != _BAD_REQUEST or self.route.kind == "webhook":
            return ""
        if await reads_what_is_sent(self.attempt, usual, self.session):
            return ""
        return (
            f"each request was refused as a bad one ({status}), and so is one that says nothing: "
            "maybe before it counted"
        )

    async def _changed(self, found: Seen) -> Throttling | None:
        """Return what a new answer means: a limit when it stays, nothing when it was one of a kind."""
        after = self.attempts - 1
        if found.is_explicit(self.usual[0]):
            return self._fact(after=after, changed=found)
        for _ in range(_CONFIRMATIONS):
            again = await self._once()
            if isinstance(again, Gap):
                return self._stopped(again, after)
            if again.is_explicit(self.usual[0]):
                return self._fact(after=after, changed=again)
            both = found.says_limited(self.usual[0]) and again.says_limited(self.usual[0])
            # One odd answer is no limit, and neither are answers of which each is another.
            if not found.same_as(again) and not both:
                if (
                    found.answer.status in _REFUSES
                    and found.answer.status != self.usual[0].answer.status
                ):
                    self.refused_with = found.answer.status
                else:
                    self.usual.append(found)
                return None
        status = found.answer.status
        fails = status >= _FAILS and not found.says_limited(self.usual[0])
        if fails and not (status == _BUSY and await self._host_goes_on()):
            return self._fact(
                inconclusive=f"the server began to fail with {status} after {after} requests"
                + (_AS_LIMIT if status == _BUSY else "")
            )
        return self._fact(after=after, changed=found)

    async def _host_goes_on(self) -> bool:
        """Return whether the host still answers another page, so that only this route is shut."""
        front = await self.session.send(urljoin(self.attempt.url, "/"))
        return isinstance(front, Exchange) and front.status < _FAILS

    async def _once(self) -> Seen | Gap:
        """Make one attempt, and have the next one ready."""
        if self.usual:
            ready = await next_attempt(self.attempt, self.route, self.session)
            if isinstance(ready, Gap):
                return ready
            if isinstance(ready, Seen):
                # The form itself is no longer shown: that is an answer as good as any.
                self.attempts += 1
                return ready
            self.attempt = ready
        seen = await send(self.attempt, self.session)
        if isinstance(seen, Seen):
            self.attempts += 1
            self.waited_s.append(seen.answer.timing.first_byte_s)
            self.attempt.last = seen.page
        return seen

    def _stopped(self, gap: Gap, after: int) -> Throttling:
        if gap.ours:
            return self._fact(inconclusive=f"no limit within {after} attempts: {gap.reason}")
        return self._fact(inconclusive=f"stopped answering after {after} requests: {gap.reason}")

    def _fact(
        self, *, after: int | None = None, changed: Seen | None = None, inconclusive: str = ""
    ) -> Throttling:
        attempt = self.attempt
        who = "the test member" if self.as_member else "unknown account"
        closed = bool(self.usual) and _asks_for_session(self.route, self.usual[0])
        return Throttling(
            subject=self.subject,
            at=self.session.world.now(),
            because=shut_out(self.session.world) if closed else None,
            how=f"{attempt.method} {attempt.url}, {self.attempts} times, {who}",
            route=self.route,
            requests=self.attempts,
            earlier=self.session.world.events.get(self.route.url, 0),
            throttled_after=after,
            first_answer=gist(self.usual[0].answer) if self.usual else "",
            changed_answer=self._gist(changed) if changed else "",
            inconclusive=inconclusive,
            by_hand=self._by_hand(),
        )

    def _by_hand(self) -> ByHand | None:
        """Return the request if it takes nothing that only this visit holds."""
        attempt = self.attempt
        if self.as_member or self.session.cookies or attempt.body is None:
            return None
        if attempt.form is not None and any(f.type == "hidden" for f in attempt.form.fields):
            return None
        return ByHand(
            url=attempt.url, method=attempt.method, content_type=attempt.content_type,
            body=attempt.body.decode(),
        )  # fmt: skip

    def _gist(self, changed: Seen) -> str:
        usual = self.usual[0]
        said = news(usual.answer, changed.answer) or news(usual.page, changed.page)
        same = gist(usual.answer) == gist(changed.answer)
        return f"{gist(changed.answer)}: {said}" if same and said else gist(changed.answer)

    @property
    def fails(self) -> bool:
        """Whether the route fails whatever it is sent."""
        return bool(self.usual) and self.usual[0].answer.status >= _FAILS

    def _at_its_form(self) -> bool:
        shown = self.attempt.form is not None
        return shown and path(self.attempt.url) == path(self.route.url)

    async def _useless(self, usual: Seen) -> str:
        """Return why repeating this answer would prove nothing; empty when it would."""
        answer, kind = usual.answer, self.route.kind
        if answer.challenge:
            return f"bot protection ({answer.challenge}) answered instead of the route"
        # Where the form is shown the route exists: 404 says that there is no such code.
        no_such = answer.status == 404 and kind in {"invite", "reset"} and self._at_its_form()
        if answer.status in _NOT_REACHED and not no_such:
            return f"the route answered {answer.status}: it does not take this request"
        if usual.is_explicit() and not self._talks(usual):
            root = await self.session.send(urljoin(self.attempt.url, "/"))
            if isinstance(root, Exchange) and says_limited(root):
                return "the whole host answers as limited; wait for it to open again and recheck"
            return ""
        if answer.status >= _FAILS:
            return f"the route answered {answer.status} from the first request on"
        if answer.status == TOKEN_EXPIRED:
            return f"the route answered {TOKEN_EXPIRED}: it wants a token of its own page"
        if not self.attempt.guessed:
            return ""
        if answer.status in _GUESSED_WRONG:
            return f"the page shows no form, and a guessed request was answered {answer.status}"
        page = self.attempt.last
        if page is not None and same_answer(page, answer):
            return "the page shows no form, and a guessed request was answered with the page"
        if answer.location is not None:
            return f"the page shows no form, and a guessed request was answered {gist(answer)}"
        return ""


def _asks_for_session(route: RouteEntry, seen: Seen) -> bool:
    return route.kind == "chat" and seen.answer.status in {401, 403}
