"""`guard(app, "launchready.toml")`: the parts put together around an ASGI app."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

from launchready.guard import bodies, compression, errors
from launchready.guard.admission import Admission
from launchready.guard.answering import Answering
from launchready.guard.asgi import Application, Message, Receive, Scope, Send, fields_of
from launchready.guard.client import Proxies
from launchready.guard.deadlines import Deadlines
from launchready.guard.figures import Figures, FiguresPage
from launchready.guard.headers import is_preflight, preflight_fields
from launchready.guard.health import Probe, Readiness, alive
from launchready.guard.limits.throttle import Throttle
from launchready.guard.logs.access_log import AccessLog
from launchready.guard.logs.app_log import install, stand_by
from launchready.guard.logs.redaction import Redactor
from launchready.guard.logs.sentry import report_to
from launchready.guard.parts import PARTS, Part
from launchready.guard.presence import May, Member, Presence, SignedOutError, awaited
from launchready.guard.routes import SAFE_METHODS, Routes, without_root
from launchready.guard.sockets import Sockets
from launchready.guard.start_up import require
from launchready.guard.submissions.twice import Submissions
from launchready.guard.treatment import Treatment
from launchready.guard.visit import KEY, new_id, request_id, visit
from launchready.manifest import Manifest, load_manifest

_LOG = logging.getLogger("launchready.guard")


def guard(
    app: Application,
    manifest: Manifest | str | Path,
    *,
    member: Member | None = None,
    may: May | None = None,
    ready: Mapping[str, Probe] | Readiness | None = None,
    without: tuple[Part, ...] = (),
    environ: Mapping[str, str] | None = None,
    log: TextIO | None = None,
) -> Guard:
    """Return the app with everything around it that its manifest states.

    `manifest` is `launchready.toml` or what was loaded from it; `member` tells who is signed in
    (limits on chat count by it), `may` whether they may still have what they have opened; `ready`
    what `/readyz` asks, by name (`launchready.guard.probes` has the usual ones), or a `Readiness`
    with a deadline of its own; `without` switches parts off; `log` takes the lines of the log, in
    place of the standard output.
    Raises ManifestError when the file cannot be used, NotReadyToStart when the environment lacks
    something, ValueError for a part that does not exist, TypeError for what is no manifest.
    """
    if isinstance(without, str):
        raise TypeError(f'parts are given as a tuple: without=("{without}",)')
    unknown = sorted(set(without) - PARTS)
    if unknown:
        raise ValueError(f"guard has no part {unknown[0]!r}; its parts: {', '.join(sorted(PARTS))}")
    if not isinstance(manifest, Manifest | str | Path):
        raise TypeError(
            "guard(app, manifest): the second is the path of a launchready.toml, or what "
            "load_manifest returns"
        )
    if not isinstance(manifest, Manifest):
        manifest = load_manifest(Path(manifest))
    return Guard(
        app,
        manifest,
        presence=None if member is None else Presence(member=awaited(member), may=may),
        ready=ready if isinstance(ready, Readiness) else Readiness(ready or {}),
        parts=PARTS - set(without),
        environ=os.environ if environ is None else environ,
        log=log,
    )


class Guard:
    """An ASGI app around another. `figures` and `manifest` are there for the app to use."""

    def __init__(
        self,
        app: Application,
        manifest: Manifest,
        *,
        presence: Presence | None,
        ready: Readiness,
        parts: frozenset[str],
        environ: Mapping[str, str],
        log: TextIO | None = None,
    ) -> None:
        if "start-up" in parts:
            require(manifest, environ)
        self.app = app
        # FastAPI may have been told where the server was not; Quart calls its folder so.
        told = hasattr(app, "root_path_in_servers")
        self._root = str(getattr(app, "root_path", "")) if told else ""
        self.manifest = manifest
        self.figures = Figures()
        for part in PARTS:
            self.figures.parts.labels(part).set(part in parts)
        self._parts = parts
        self._proxies = Proxies.of(manifest)
        self._counts = "figures" in parts
        self._cors = "cors" in parts
        self._logs = "logs" in parts
        self._log_to = log
        self._log = AccessLog(log)
        self._deadlines = Deadlines()
        treatments = {
            url: Treatment.of(entry, manifest, parts, self.figures.routes)
            for url, entry in manifest.routes.items()
        }
        undeclared = Treatment.of(None, manifest, parts, self.figures.routes)
        self._routes = Routes(manifest, treatments, undeclared)
        store_env = manifest.guard.store_env
        store_url = environ.get(store_env) if store_env else None
        self.throttle = Throttle(store_url)
        self.submissions = Submissions(store_url)
        self._admission = Admission(
            throttle=self.throttle,
            submissions=self.submissions if "submissions" in parts else None,
            figures=self.figures,
            environ=environ,
            presence=presence,
        )
        self._redactor = Redactor.of(manifest, environ)
        self._undo_logs: Callable[[], None] | None = None
        self._undo_standing_by = stand_by(self._redactor, log) if self._logs else None
        self._find = self._find_first if self._logs else self._routes.find
        dsn_env = manifest.guard.sentry_env
        dsn = environ.get(dsn_env) if dsn_env else None
        self._reporting = report_to(dsn, self._redactor, variable=dsn_env or "") if dsn else None
        self._sockets = Sockets(
            routes=self._routes,
            root=self._root,
            proxies=self._proxies,
            hosts=frozenset(manifest.all_hosts),
            admission=self._admission,
            deadlines=self._deadlines,
            figures=self.figures,
            log=self._log if self._logs else None,
            reporting=self._reporting,
        )
        token_env = manifest.guard.metrics_token_env
        token = environ.get(token_env, "") if token_env else ""
        self._own: dict[str, Application] = {}
        if "figures" in parts and token:
            self._own["/metrics"] = FiguresPage(
                self.figures, token, lambda: self.throttle.fallbacks + self.submissions.fallbacks
            )
        # Without its store the limits still hold, each process for itself: degraded, but ready.
        self.readiness = ready
        if "health" in parts:
            self._own |= {"/healthz": alive, "/readyz": self.readiness}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of an ASGI server."""
        if scope["type"] != "http":
            await self._elsewise(scope, receive, send)
            return
        path, method, headers = scope["path"], scope["method"], scope["headers"]
        asked = fields_of(headers)
        host = asked.get(b"host", b"")
        if root := scope.get("root_path") or self._root:
            treatment, path = self._find_under(root, path, host)
        else:
            treatment = self._find(path, host)
        id_ = new_id()
        request_id.set(id_)
        scope[KEY] = (id_, scope.get("client"), headers, self._proxies, treatment.place.entry)
        if treatment.compresses:
            send = compression.Compressing(send, scope, is_file=treatment.place.kind == "static")
        secure = scope["scheme"] == "https" or (
            b"x-forwarded-proto" in asked and visit(scope).over_tls
        )
        answering = Answering(treatment, scope, send, id_, asked, secure)
        open_here = self._deadlines.watch(answering)
        try:
            if (
                treatment.bounds_bodies
                and not (
                    bodies.TELLING.isdisjoint(asked)
                    and scope.get("http_version") in bodies.TOLD_BY_FIELDS
                )
                and (length := bodies.declared_length(scope, asked)) != 0
            ):
                receive = answering.bounds(receive, length)
            if path in self._own and method in {"GET", "HEAD"}:
                await self._own[path](scope, receive, answering.own)
            elif method == "OPTIONS" and self._cors and is_preflight(asked):
                await self._preflight(treatment, answering)
            elif (treatment.rules or method not in SAFE_METHODS) and self._admission.concerns(
                treatment, method, scope, asked
            ):
                await self._admission.answer(self.app, treatment, scope, receive, answering)
            else:
                await self.app(scope, receive, answering.send)
            if not answering.status:
                await self._failed(answering, RuntimeError("the app gave no answer"))
        except asyncio.CancelledError as error:
            if not answering.expired:
                raise
            answering.calm()
            await self._failed(answering, error)
        except bodies.BodyError as error:
            await answering.refuse(errors.Problem(status=error.status))
        except Exception as error:  # noqa: BLE001 - whatever an app raises, its visitor gets an answer
            await self._failed(answering, error)
        finally:
            open_here.discard(answering)
            status = answering.status
            spent_s = (answering.ended_s or time.monotonic()) - answering.begun_s
            if self._counts:
                treatment.count.note(status, spent_s)
            if self._logs:
                self._log.add(id_, method, treatment.place.label, status, spent_s, answering.size)

    async def _preflight(self, treatment: Treatment, answering: Answering) -> None:
        """Tell a browser what pages of its origin may ask of the route."""
        fields = preflight_fields(treatment.cors, answering.asked)
        await answering.own({"type": "http.response.start", "status": 204, "headers": fields})
        await answering.own({"type": "http.response.body", "body": b""})

    async def _elsewise(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve websockets, pass the lifespan on; with it begins and ends what guard holds open."""
        if scope["type"] == "lifespan" or self._undo_logs is None:
            self._set_logs()
        if scope["type"] == "websocket" and "websockets" in self._parts:
            await self._sockets.connect(self.app, scope, receive, send)
            return

        async def watched(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                await self.throttle.begin()
            elif message["type"].startswith("lifespan.shutdown."):
                await self.close()
            await send(message)

        await self.app(scope, receive, watched)

    def _find_first(self, path: str, host_field: bytes) -> Treatment:
        """Find what holds for the first request, when no lifespan has begun: some servers have none."""
        self._set_logs()
        return self._find(path, host_field)

    def _find_under(self, root: str, path: str, host_field: bytes) -> tuple[Treatment, str]:
        """Find what holds for an app that is reached under `root`, and the path without it."""
        if self._undo_logs is None:
            self._set_logs()
        return self._routes.find_under(root, path, host_field), without_root(root, path)

    def _set_logs(self) -> None:
        """Let the app's logs take guard's form: the server has set up its own logging by now."""
        self._find = self._routes.find
        if self._logs:
            self._undo_logs = install(self._redactor, self._log_to)

    async def close(self) -> None:
        """End what guard holds open: connections to the store, reports, the logs' form."""
        await self.throttle.close()
        await self.submissions.close()
        await self.readiness.close()
        self._log.write()
        if self._reporting is not None:
            await asyncio.to_thread(self._reporting.close)
        if self._undo_logs is not None:
            self._undo_logs()
            self._undo_logs = None
        if self._undo_standing_by is not None:
            self._undo_standing_by()

    async def _failed(self, answering: Answering, error: BaseException) -> None:
        """Log what went wrong and answer for the app, when it has not answered itself."""
        trouble = answering.bounded.trouble if answering.bounded else None
        if trouble is not None:
            await answering.refuse(errors.Problem(status=trouble.status))
            return
        if isinstance(error, SignedOutError):
            _LOG.info("the member has logged out before the answer was over")
        elif answering.expired:
            _LOG.error("the app gave no answer in time")
        else:
            _LOG.error("the app failed", exc_info=error)
            if self._reporting is not None:
                self._reporting.exception(error)
        if answering.replaced or (answering.status and answering.ended_s):
            return
        if answering.status:
            # The visitor has half of it: a server that ends the connection tells them so.
            raise ConnectionAbortedError("the answer broke off") from error
        status = 401 if isinstance(error, SignedOutError) else 500
        await answering.refuse(errors.Problem(status=status))
