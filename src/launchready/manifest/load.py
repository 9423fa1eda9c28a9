"""Reading `launchready.toml`: every problem at once, each with file, line, key and the way out."""

from __future__ import annotations

import difflib
import re
import tomllib
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from launchready.manifest.lines import key_lines, line_of
from launchready.manifest.model import Manifest

MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with a manifest."""

    file: str
    line: int | None
    key: str
    found: str
    allowed: str
    nearest: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        key = f" {self.key}:" if self.key else ""
        nearest = f" Did you mean {self.nearest!r}?" if self.nearest else ""
        return f"{where}:{key} {self.found}. {self.allowed}{nearest}".rstrip()


class ManifestError(Exception):
    """A manifest that cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = problems


def load_manifest(path: Path) -> Manifest:
    """Return the manifest in the file, or raise ManifestError with every problem in it."""
    name = str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ManifestError(
                [_whole(name, "the file is larger than 1 MB", "A manifest is small.")]
            )
        source = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte {error.start} is not UTF-8"
        raise ManifestError([_whole(name, found, "Save the file as UTF-8.")]) from None
    except OSError as error:
        allowed = "Write one with `launchready init example.org`."
        reason = error.strerror or type(error).__name__
        raise ManifestError([_whole(name, f"cannot be read: {reason}", allowed)]) from None
    return parse_manifest(source, file=name)


def parse_manifest(source: str, *, file: str = "launchready.toml") -> Manifest:
    """Return the manifest in the TOML text, or raise ManifestError with every problem in it."""
    try:
        data = tomllib.loads(source)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        match = re.search(r"\(at line (\d+), column \d+\)", str(error))
        found = re.sub(r"\s*\(at .*\)$", "", str(error)) or type(error).__name__
        line = int(match[1]) if match else None
        raise ManifestError(
            [Problem(file=file, line=line, key="", found=found, allowed="Write valid TOML here.")]
        ) from None
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        lines = key_lines(source)
        errors = error.errors(include_url=False)
        bad_keys = {e["loc"][:-1] for e in errors if e["loc"][-1:] == ("[key]",)}
        problems = [
            _problem(file, lines, dict(e))
            for e in errors
            if e["loc"][:-1] not in bad_keys or e["loc"][-1] == "[key]"
        ]
        raise ManifestError(problems) from None


def _whole(file: str, found: str, allowed: str) -> Problem:
    return Problem(file=file, line=None, key="", found=found, allowed=allowed)


def _problem(file: str, lines: dict[tuple[str, ...], int], error: dict[str, Any]) -> Problem:
    path = tuple(p for p in error["loc"] if p != "[key]")
    key = ".".join(f'"{p}"' if "." in str(p) else str(p) for p in path)
    line = line_of(lines, path)
    kind, shown = str(error["type"]), _shown(error.get("input"))
    nearest = ""
    if kind == "extra_forbidden":
        names = _known_keys(path[:-1])
        found = f"unknown key {str(path[-1])!r}"
        allowed = f"Allowed here: {', '.join(names)}." if names else ""
        nearest = _nearest(str(path[-1]), names)
    elif kind == "missing":
        found, allowed = f"the key {str(path[-1])!r} is missing", f"Add {path[-1]} = … here."
        if not path[:-1] or path[-1] == "launch":
            allowed = 'Add [launch] with domain = "example.org".'
    elif kind == "literal_error":
        choices = re.findall(r"'([^']+)'", str(error["ctx"]["expected"]))
        found, allowed = f"found {shown}", f"Allowed: {', '.join(choices)}."
        nearest = _nearest(str(error.get("input")), choices)
    elif kind == "value_error":
        found, allowed = str(error["msg"]).removeprefix("Value error, "), ""
    else:
        found, allowed = f"found {shown}", f"{error['msg']}."
    return Problem(file=file, line=line, key=key, found=found, allowed=allowed, nearest=nearest)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def _nearest(word: str, choices: list[str]) -> str:
    close = difflib.get_close_matches(word.lower(), choices, n=1, cutoff=0.6)
    return close[0] if close else ""


def _known_keys(path: tuple[Any, ...]) -> list[str]:
    """Return the keys that the model allows at the path; empty where any key may stand."""
    here: Any = Manifest
    for part in path:
        here = _plain(here)
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(part))
            here = field.annotation if field else None
        elif get_origin(here) is dict:
            here = get_args(here)[1]
        else:
            return []
    here = _plain(here)
    if not (isinstance(here, type) and issubclass(here, BaseModel)):
        return []
    filled_in = (
        {"name", "url"}
        if here.__name__ in {"HostEntry", "MailDomainEntry", "RouteEntry"}
        else set()
    )
    return [k for k in here.model_fields if k not in filled_in]


def _plain(annotation: Any) -> Any:
    """Strip Optional and Annotated from an annotation."""
    origin = get_origin(annotation)
    if origin in {Union, types.UnionType}:
        return next(a for a in get_args(annotation) if a is not type(None))
    if origin is not None and hasattr(annotation, "__metadata__") and origin is not Literal:
        return get_args(annotation)[0]
    return annotation
