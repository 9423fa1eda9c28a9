"""Every run is kept under `.launchready/runs/`, newest last by name."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

RUNS = Path(".launchready") / "runs"


def keep(files: Mapping[str, str], *, domain: str, at: datetime, root: Path = Path()) -> Path:
    """Write the files of one run into a folder of its own and return it.

    Raises OSError when the disk does not take them; nothing half-written is left under a
    report's name.
    """
    base = root / RUNS
    base.mkdir(parents=True, exist_ok=True)
    ignore = root / ".launchready" / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    name = f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{re.sub(r'[^a-z0-9.-]', '_', domain)}"
    folder = _made(base, name)
    try:
        for file, text in files.items():
            write_whole(folder / file, text)
    except OSError:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def _made(base: Path, name: str) -> Path:
    """Make a folder that no other run has, of those that begin in the same second as well."""
    for number in count(1):
        folder = base / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise AssertionError


def write_whole(path: Path, text: str) -> None:
    """Write a file so that its name never holds half of it; parents are made. Raises OSError."""
    data = text.encode()
    if path.exists() and not path.is_file() and not path.is_dir():
        # A pipe or a device, such as /dev/stdout, is written to; it cannot be replaced.
        path.write_bytes(data)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two runs may write the same report at once.
    part = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise OSError(error.errno, error.strerror, str(path)) from error
