"""Exceptions go to a Sentry-compatible address, without secrets, bodies or local variables."""

from __future__ import annotations

import importlib.util
import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from launchready.guard.logs.redaction import Redactor
from launchready.guard.start_up import NotReadyToStart
from launchready.guard.visit import request_id
from launchready.manifest import Problem

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

REPORTS_A_SECOND = 10
CLOSE_S = 2.0

_LOG = logging.getLogger(__name__)


class Reporting:
    """Sends exceptions in a thread of its own; one that cannot be sent is lost, and nobody waits."""

    def __init__(
        self,
        dsn: str,
        redactor: Redactor,
        *,
        environment: str,
        release: str | None,
        clock: Callable[[], float],
    ) -> None:
        import sentry_sdk  # noqa: PLC0415 - only apps with an address pay for it

        def redacted(event: Event, _hint: Hint) -> Event:
            # One that cannot be read through is not sent: the sdk drops it when this raises.
            return redactor.value({k: v for k, v in event.items() if k not in _NEVER_SENT})  # type: ignore[return-value]

        self._client = sentry_sdk.Client(
            dsn,
            environment=environment,
            release=release,
            before_send=redacted,
            # Nothing of the app is patched: guard itself hands over what is to be reported, so that
            # who asked and what they sent is not known here. (send_default_pii is off by default.)
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            max_request_body_size="never",
            auto_session_tracking=False,
            send_client_reports=False,
            traces_sample_rate=None,
            shutdown_timeout=CLOSE_S,
            server_name="",
        )
        self._clock = clock
        self._second = 0
        self._reported = 0

    def exception(self, error: BaseException, tags: Mapping[str, str] | None = None) -> bool:
        """Hand an exception over; return False when it is not sent.

        More than ten within a second are not, nor one that cannot be read. Raises nothing.
        `tags` are short texts to search by, such as the route; the request id is one of them.
        """
        from sentry_sdk import Scope  # noqa: PLC0415 - only apps with an address pay for it
        from sentry_sdk.utils import event_from_exception  # noqa: PLC0415

        second = int(self._clock())
        if second != self._second:
            self._second, self._reported = second, 0
        # Each takes milliseconds to write down: a storm of failures must not become one of reports.
        self._reported += 1
        if self._reported > REPORTS_A_SECOND:
            return False
        try:
            event, hint = event_from_exception(
                error,
                client_options=self._client.options,
                mechanism={"type": "launchready", "handled": False},
            )
            scope = Scope()
            for name, value in {"request_id": request_id.get(), **(tags or {})}.items():
                if value:
                    scope.set_tag(name, value)
            self._client.capture_event(event, hint=hint, scope=scope)
        except Exception as odd:  # noqa: BLE001 - an app's exceptions may fail while they are read
            _LOG.warning("an exception could not be reported: %s", type(odd).__name__)
            return False
        return True

    def close(self, deadline_s: float = CLOSE_S) -> None:
        """Send what waits, for at most `deadline_s` seconds, and stop. It blocks: call it in a thread."""
        self._client.close(timeout=deadline_s)


_NEVER_SENT = frozenset({"request", "user", "modules", "breadcrumbs", "server_name"})


def report_to(
    dsn: str,
    redactor: Redactor,
    *,
    environment: str = "production",
    release: str | None = None,
    variable: str = "SENTRY_DSN",
    clock: Callable[[], float] = time.monotonic,
) -> Reporting:
    """Return what sends exceptions to the address (`https://KEY@HOST/PROJECT`).

    The values of local variables are never sent; lines of code around a frame are, without secrets.
    Raises NotReadyToStart, without the address, when it is none or when sentry-sdk is missing;
    `variable` is what the message calls the address by.
    """
    if importlib.util.find_spec("sentry_sdk") is None:
        raise _not_ready(
            f"the environment variable {variable} is set, but sentry-sdk is not installed",
            f"Run `pip install sentry-sdk`, or unset {variable}.",
        )
    from sentry_sdk.utils import BadDsn  # noqa: PLC0415 - see above

    arguments: dict[str, Any] = {"environment": environment, "release": release, "clock": clock}
    try:
        return Reporting(dsn, redactor, **arguments)
    except (BadDsn, ValueError):
        raise _not_ready(
            f"the environment variable {variable} is no Sentry address",
            "Set it to the DSN that the project's settings show: https://KEY@HOST/PROJECT.",
        ) from None


def _not_ready(found: str, allowed: str) -> NotReadyToStart:
    return NotReadyToStart(
        [
            Problem(
                file="launchready.toml",
                line=None,
                key="guard.sentry_env",
                found=found,
                allowed=allowed,
            )
        ]
    )
