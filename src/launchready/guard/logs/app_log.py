"""What the app logs, one JSON line a record, without secrets and without local variables."""

from __future__ import annotations

import datetime as dt
import json
import logging
import os
import sys
import sysconfig
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

from launchready.guard.logs.redaction import Redactor
from launchready.guard.visit import request_id

TEXT_MAX = 16_384
"""Characters of a message that are shown."""
FRAMES_MAX = 20
CAUSES_MAX = 4

_NOT_EXTRA = frozenset(
    logging.makeLogRecord({}).__dict__.keys()
    | {"asctime", "taskName", "color_message"}
    | {"time", "level", "logger", "message", "id", "exception"}
)
_OF_OTHERS = tuple(
    {
        folder + os.sep
        for name in ("stdlib", "platstdlib", "purelib", "platlib")
        if (folder := sysconfig.get_path(name))
    }
)
_UVICORN = ("uvicorn", "uvicorn.error", "uvicorn.asgi", "uvicorn.access")
_SERVERS = (*_UVICORN, "hypercorn.error", "_granian")
"""Loggers that servers give handlers of their own, which would write what an app raised as it is."""


class JsonLines(logging.Handler):
    """Writes each record as one line: time (RFC 3339, UTC), level, logger, message, id, exception.

    What a call gives as `extra` stands beside them. Nothing that a record holds makes it raise; a
    stream that is closed or full loses lines, never a request.
    """

    def __init__(self, redactor: Redactor, stream: TextIO) -> None:
        super().__init__()
        self._redactor = redactor
        self._stream = stream

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its end; ASCII alone, so that every stream can take it."""
        line: dict[str, object] = {
            "time": _time(record.created),
            "level": str(record.levelname).lower(),
            "logger": self._short(str(record.name)),
            "message": self._short(_message(record)),
        }
        if id_ := request_id.get():
            line["id"] = id_
        if record.exc_info and isinstance(record.exc_info[1], BaseException):
            line["exception"] = self._exception(record.exc_info[1], CAUSES_MAX)
        extra = {k: v for k, v in record.__dict__.items() if k not in _NOT_EXTRA}
        if extra and isinstance(shown := self._redactor.value(extra), dict):
            line.update(shown)
        return json.dumps(line, separators=(",", ":"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        try:
            text = self.format(record)
        except Exception as error:  # noqa: BLE001 - a record may hold objects that raise anything
            text = json.dumps(
                {
                    "time": _time(None),
                    "level": "error",
                    "logger": __name__,
                    "message": f"a record could not be written: {type(error).__name__}",
                }
            )
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return

    def _short(self, text: str) -> str:
        if len(text) <= TEXT_MAX:
            return self._redactor.text(text)
        # A secret that the cut divides is no longer found: what follows the last full one goes.
        shown = self._redactor.text(text[: TEXT_MAX + self._redactor.longest])
        return f"{shown[: max(0, len(shown) - self._redactor.longest)]}… ({len(text)} characters)"

    def _exception(self, error: BaseException, causes: int) -> dict[str, object]:
        shown: dict[str, object] = {
            "type": type(error).__qualname__,
            "message": self._short(_text(error)),
            "frames": frames(error.__traceback__),
        }
        if causes > 0:
            because = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
            if because is not None:
                shown["because"] = self._exception(because, causes - 1)
            if isinstance(error, BaseExceptionGroup):
                inner = error.exceptions[:CAUSES_MAX]
                shown["several"] = [self._exception(one, causes - 1) for one in inner]
        return shown


def frames(trace: TracebackType | None) -> list[str]:
    """Return `file:line function` of the last 20 frames in the app's own files, innermost last.

    A trace that never enters the app is shown by its last frame.
    """
    own: list[str] = []
    last = ""
    for frame, line in traceback.walk_tb(trace):
        code = frame.f_code
        last = f"{_place(code.co_filename)}:{line} {code.co_name}"
        if not code.co_filename.startswith((*_OF_OTHERS, "<")):
            own.append(last)
    return own[-FRAMES_MAX:] or ([last] if last else [])


def install(
    redactor: Redactor, stream: TextIO | None = None, level: int = logging.INFO
) -> Callable[[], None]:
    """Let the root logger and the servers' write JSON lines; return what puts the old state back.

    What wrote to stdout or stderr before gives way, so that no line stands twice; other handlers
    stay. Uvicorn's access lines are off: guard writes its own. Calling it again replaces what the
    last call did: uvicorn configures its loggers anew when it starts, so call it again then.
    """
    root = logging.getLogger()
    loggers = [logging.getLogger(name) for name in _SERVERS]
    before = [(one, one.handlers[:], one.propagate) for one in loggers]
    before_root = (root.handlers[:], root.level)
    root.handlers = [h for h in root.handlers if not _to_terminal(h)]
    root.addHandler(JsonLines(redactor, sys.stdout if stream is None else stream))
    root.setLevel(level)
    for one in loggers:
        one.handlers = [h for h in one.handlers if one.name not in _UVICORN and not _to_terminal(h)]
        one.propagate = one.name != "uvicorn.access"

    def undo() -> None:
        root.handlers, level_before = before_root
        root.setLevel(level_before)
        for one, handlers, propagate in before:
            one.handlers, one.propagate = handlers, propagate

    return undo


def stand_by(redactor: Redactor, stream: TextIO | None = None) -> Callable[[], None]:
    """Write what nobody writes yet, as `install` will; return what puts the old state back.

    Between the app's making and its start no handler is set up as a rule, and Python's own last
    resort would write a warning as it is, secrets and all.
    """
    before = logging.lastResort
    ours = JsonLines(redactor, sys.stdout if stream is None else stream)
    ours.setLevel(logging.WARNING)
    logging.lastResort = ours

    def undo() -> None:
        if logging.lastResort is ours:
            logging.lastResort = before

    return undo


def _to_terminal(handler: logging.Handler) -> bool:
    if isinstance(handler, JsonLines):
        return True
    terminals = (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__)
    return type(handler) is logging.StreamHandler and any(handler.stream is t for t in terminals)


def _time(created: object) -> str:
    try:
        moment = dt.datetime.fromtimestamp(created, dt.UTC)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError, OSError):
        moment = dt.datetime.now(dt.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(record: logging.LogRecord) -> str:
    try:
        return str(record.getMessage())
    except Exception as error:  # noqa: BLE001 - arguments may not fit, or have a broken __str__
        return f"{_text(record.msg)} ({type(error).__name__} while its arguments were filled in)"


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - an exception's own __str__ may be what is broken
        return f"[{type(value).__name__} that cannot be shown]"


def _place(file: str) -> str:
    here = os.getcwd() + os.sep  # noqa: PTH109 - a Path for each frame would cost more
    return file.removeprefix(here)
