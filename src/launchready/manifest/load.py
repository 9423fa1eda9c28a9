"""Reading `launchready.toml`: every problem at once, each with file, line, key and the way out."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from launchready.manifest.lines import key_lines, line_of
from launchready.manifest.model import Manifest
from launchready.manifest.not_toml import not_toml
from launchready.manifest.problems import Problem, explained

MAX_BYTES = 1_000_000
PROBLEMS_MAX = 100


class ManifestError(Exception):
    """A manifest that cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(str(p) for p in problems))
        self.problems = problems


def load_manifest(path: Path | str) -> Manifest:
    """Return the manifest in the file, or raise ManifestError with every problem in it."""
    name, path = str(path), Path(path)
    try:
        if path.is_dir():
            raise ManifestError([_whole(name, "is a folder", "Name the file in it.")])
        if path.exists() and not path.is_file():
            # A pipe says nothing for ever, and /dev/zero never ends.
            raise ManifestError([_whole(name, "is no file", "Name a file that stays as it is.")])
        if path.stat().st_size > MAX_BYTES:
            raise ManifestError(
                [_whole(name, "the file is larger than 1 MB", "A manifest is small.")]
            )
        # Editors on Windows begin a file with a byte order mark, which TOML does not know.
        source = path.read_bytes().decode("utf-8-sig")
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
        raise ManifestError([not_toml(file, source, error)]) from None
    try:
        return Manifest.model_validate(data)
    except ValidationError as error:
        lines = key_lines(source)
        errors = error.errors(include_url=False)
        bad_keys = {e["loc"][:-1] for e in errors if e["loc"][-1:] == ("[key]",)}
        told = [e for e in errors if e["loc"][:-1] not in bad_keys or e["loc"][-1] == "[key]"]
        told.sort(key=lambda e: line_of(lines, [p for p in e["loc"] if p != "[key]"]) or 0)
        problems = [explained(file, lines, dict(e)) for e in told[:PROBLEMS_MAX]]
        if (more := len(told) - len(problems)) > 0:
            problems.append(_whole(file, f"and {more} more problems", "Mend these first."))
        raise ManifestError(problems) from None


def _whole(file: str, found: str, allowed: str) -> Problem:
    return Problem(file=file, line=None, key="", found=found, allowed=allowed)
