"""What a request must pass before the app is asked: new, within its limits, rightly signed."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from launchready.guard import bodies, errors
from launchready.guard.answering import Answering
from launchready.guard.asgi import Application, Asked, Receive, Scope, Send
from launchready.guard.figures import Figures
from launchready.guard.headers import value_of
from launchready.guard.limits.familiar import Familiar
from launchready.guard.limits.rules import Hit, hits, is_attempt
from launchready.guard.limits.throttle import Throttle, fields
from launchready.guard.limits.typed import accounts, readings
from launchready.guard.presence import Presence, SignedOutError, fresh
from launchready.guard.routes import SAFE_METHODS
from launchready.guard.submissions.answer_once import answer_once
from launchready.guard.submissions.twice import Submissions
from launchready.guard.treatment import Treatment
from launchready.guard.visit import Visit
from launchready.guard.visit import visit as visit_of
from launchready.guard.webhooks import BadSignature, verify
from launchready.manifest import RouteEntry

FORM_MAX_BYTES = 1_048_576
MEDIA_MAX_BYTES = 1024
"""What browsers say of a form has 70."""


_LOG = logging.getLogger("launchready.guard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Lets requests in to the routes that have limits or signatures."""

    throttle: Throttle
    submissions: Submissions | None
    """None: what is submitted twice runs twice."""
    figures: Figures
    environ: Mapping[str, str]
    presence: Presence | None
    """None: the app does not say who is signed in."""
    familiar: Familiar = field(default_factory=Familiar)

    def concerns(self, treatment: Treatment, method: str, scope: Scope, asked: Asked) -> bool:
        """Return whether a request must pass here before the app is asked."""
        if method not in SAFE_METHODS and (
            treatment.signature is not None
            or (self.submissions is not None and submits(scope, asked))
        ):
            return True
        entry = treatment.place.entry
        return entry is not None and bool(treatment.rules) and is_attempt(entry, method)

    async def answer(
        self,
        app: Application,
        treatment: Treatment,
        scope: Scope,
        receive: Receive,
        answering: Answering,
    ) -> None:
        """Answer a request that is new, within the limits and rightly signed; refuse it otherwise."""
        if (
            self.submissions is None
            or treatment.signature is not None
            or not submits(scope, answering.asked)
        ):
            await self._limited(app, treatment, scope, receive, answering)
            return
        body = await bodies.read_whole(receive)

        # Before the limits: a double click is no second attempt.
        async def admitted(scope: Scope, receive: Receive, send: Send) -> None:
            async def kept(scope: Scope, receive: Receive, _: Send) -> None:
                await app(scope, receive, send)

            await self._limited(kept, treatment, scope, receive, answering)

        said = await answer_once(
            self.submissions, admitted, scope, bodies.again(body, receive), answering.send,
            body=body, client=visit_of(scope).client,
        )  # fmt: skip
        if isinstance(said, errors.Problem):
            await answering.refuse(said)
        elif said == "again":
            self.figures.repeated.labels(treatment.place.label).inc()

    async def _limited(
        self,
        app: Application,
        treatment: Treatment,
        scope: Scope,
        receive: Receive,
        answering: Answering,
    ) -> None:
        visit, entry, body = visit_of(scope), treatment.place.entry, b""
        if treatment.place.read_ahead:
            body = await bodies.read_whole(receive)
            receive = bodies.again(body, receive)
        if treatment.signature is not None and entry is not None:
            try:
                visit.event = verify(
                    treatment.signature, scope["headers"], body, self._secrets(entry), time.time()
                )
            except BadSignature as error:
                await self._unsigned(str(error), treatment, visit, answering)
                return
            await app(scope, receive, answering.send)
            return
        names: Sequence[str] = ()
        if treatment.place.read_ahead and entry is not None:
            media = _media(scope)
            names = accounts(entry, readings(body, media, scope.get("query_string", b"")))
        # Before the app is asked about it: what it keeps in the scope must not answer again.
        opened = fresh(scope)
        counted = await self._hits(treatment, scope, names, visit)
        if not await self._within(counted, treatment, answering):
            return
        if self.presence is not None and visit.member is not None:
            try:
                async with self.presence.while_there(opened, visit.member):
                    await app(scope, receive, answering.send)
            except SignedOutError:
                self.figures.signed_out.labels(treatment.place.label).inc()
                raise
        else:
            await app(scope, receive, answering.send)
        right = _was_right(treatment, answering, visit)
        if treatment.place.kind == "auth" and not right:
            self.figures.failed_logins.inc()
        if right and len(names) == 1 and treatment.place.kind == "auth":
            self.familiar.add(names[0], visit.client)
        if right:
            for rule, who in counted:
                if rule.counts == "wrong":
                    await self.throttle.forgive(rule, who)

    async def _hits(
        self, treatment: Treatment, scope: Scope, names: Sequence[str], visit: Visit
    ) -> Sequence[Hit]:
        """Return what an attempt counts against; who is signed in is noted in the visit."""
        rules, client = treatment.rules, visit.client
        if self.presence is not None and any(rule.by == "member" for rule in rules):
            visit.member = await self.presence.member(scope)
        found = hits([r for r in rules if r.by != "account"], client=client, member=visit.member)
        by_account = [rule for rule in rules if rule.by == "account"]
        for name in names:
            familiar = self.familiar.knows(name, client)
            found += hits(by_account, client=client, account=name, familiar=familiar)
        return found

    async def _within(
        self, counted: Sequence[Hit], treatment: Treatment, answering: Answering
    ) -> bool:
        """Count an attempt; return whether it may go on, having refused it when not."""
        if not counted:
            return True
        tally = await self.throttle.hit_all(counted)
        if tally.allowed:
            answering.more = fields(tally)
            return True
        self.figures.throttled.labels(treatment.place.label, tally.rule.name).inc()
        detail = f"Please try again in {wait_in_words(tally.reset_s)}."
        await answering.refuse(errors.Problem(status=429, detail=detail, headers=fields(tally)))
        return False

    async def _unsigned(
        self, reason: str, treatment: Treatment, visit: Visit, answering: Answering
    ) -> None:
        self.figures.bad_signatures.labels(treatment.place.label).inc()
        _LOG.warning("webhook refused: %s", reason)
        counted = hits(treatment.rules, client=visit.client)
        if await self._within(counted, treatment, answering):
            detail = "The signature is missing, wrong or too old."
            await answering.refuse(errors.Problem(status=400, detail=detail))

    def _secrets(self, entry: RouteEntry) -> list[str]:
        # Read each time: a key that is changed while the app runs holds from then on.
        return [self.environ[name] for name in entry.secret_env if self.environ.get(name)]


def _media(scope: Scope) -> bytes | None:
    """Return what the body is said to be. Raises BodyError where apps may read it in several ways."""
    told = [value for name, value in scope["headers"] if name == b"content-type"]
    if len(told) > 1 or (told and len(told[0]) > MEDIA_MAX_BYTES):
        raise bodies.BodyError
    return told[0] if told else None


def submits(scope: Scope, asked: Asked) -> bool:
    """Return whether an unsafe request may name a submission: by its own field, or in a form."""
    if b"idempotency-key" in asked:
        return True
    media = asked.get(b"content-type", b"")[:40].lower()
    if media.startswith(b"application/x-www-form-urlencoded"):
        return True
    # Files may be large: a form with them is read ahead only when it says that it is not.
    length = bodies.declared_length(scope, asked)
    return (
        media.startswith(b"multipart/form-data") and length is not None and length <= FORM_MAX_BYTES
    )


def _was_right(treatment: Treatment, answering: Answering, visit: Visit) -> bool:
    """Return whether an attempt succeeded: what the app says of it, or else what its answer tells.

    A form that is shown again with 200, or a redirect back to itself, is how many apps say no; an
    answer in JSON, and the redirect after a log-in, is a yes when a session begins with it. In doubt
    the attempt counts.
    """
    if visit.right is not None:
        return visit.right
    status = answering.status
    if 300 <= status < 400:
        if treatment.place.kind == "auth" and not _begins(answering.headers):
            return False
        location = (value_of(answering.headers, b"location") or b"").partition(b"?")[0]
        return not location.rstrip(b"/").endswith(treatment.place.label.encode().rstrip(b"/"))
    media = (value_of(answering.headers, b"content-type") or b"").lower()
    plain = not media.startswith(b"text/html")
    return 200 <= status < 300 and plain and _begins(answering.headers)


def _begins(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Return whether an answer sets a cookie: one that it takes away begins nothing."""
    for name, value in headers:
        if name.lower() == b"set-cookie":
            content, _, attributes = value.partition(b"=")[2].partition(b";")
            taken = b"max-age=0" in attributes.replace(b" ", b"").lower()
            if content.strip(b' "') and not taken:
                return True
    return False


def wait_in_words(seconds: int) -> str:
    """Return a time to wait in words; minutes rounded up, so that nobody comes too early."""
    if seconds >= 120:
        return f"{-(-seconds // 60)} minutes"
    return "a second" if seconds == 1 else f"{seconds} seconds"
