"""Searching what browsers load for secrets: an engine behind a completeness check and redaction.

The engine's rules are better than any of ours would be, but it exits with 0 however little it
has read. So every batch carries a planted secret that it must find, and its count of what it
read is held against ours. Values stay in memory: what leaves is where, what kind, and a keyed
fingerprint.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import string
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launchready.derive.exposure.secret_finds import (
    Find,
    Text,
    engine_find,
    read,
    shaped_finds,
    told_once,
)
from launchready.facts.exposure import SecretSighting

# The first search on a machine compiles the engine's rules, which takes about ten seconds.
DEADLINE_S = 40.0
GATHER_S = 0.05
"""Bodies that arrive within so many seconds are searched together."""
SIGHTINGS_MAX = 50
_PLANTED = "planted.js"
_READ_OTHERWISE = "txt"


class EngineError(Exception):
    """The engine did not do its whole work; the message says what is missing."""


@dataclass(slots=True)
class SecretSearch:
    """Searches bodies in batches: starting the engine costs more than reading a page."""

    fingerprint_key: bytes
    _waiting: dict[bytes, asyncio.Future[tuple[SecretSighting, ...]]] = field(default_factory=dict)
    _batch: asyncio.Task[None] | None = None

    async def search(self, body: bytes) -> tuple[SecretSighting, ...]:
        """Return the secrets in a body, without their values. Raises EngineError."""
        if body not in self._waiting:
            self._waiting[body] = asyncio.get_running_loop().create_future()
            if self._batch is None or self._batch.done():
                self._batch = asyncio.create_task(self._run())
        return await asyncio.shield(self._waiting[body])

    async def _run(self) -> None:
        await asyncio.sleep(GATHER_S)
        while batch := {b: f for b, f in self._waiting.items() if not f.done()}:
            bodies = list(batch)
            try:
                found = await _engine(bodies, self.fingerprint_key)
            except Exception as error:  # noqa: BLE001 - whoever waits would wait for ever; they raise it
                for future in batch.values():
                    future.set_exception(error)
                    future.exception()  # whoever still waits gets it; nobody has to
            else:
                for body, sightings in zip(bodies, found, strict=True):
                    batch[body].set_result(sightings)


async def _engine(bodies: list[bytes], fingerprint_key: bytes) -> list[tuple[SecretSighting, ...]]:
    """Return what the engine finds in each body."""
    try:
        import kingfisher  # noqa: PLC0415 - only a search needs it
    except ImportError:
        raise EngineError("the search for secrets is not available on this platform") from None
    program = Path(kingfisher.__file__).parent / "bin" / "kingfisher"
    # Beside the loop: a bundle of some megabytes takes a second.
    texts = [await asyncio.to_thread(read, body) for body in bodies]
    try:
        report = await _searched(program, bodies, texts)
    except OSError as error:
        reason = f"the search for secrets could not be run here: {error.strerror or error}"
        raise EngineError(reason) from None
    found = _sorted_out(report, texts)
    return [
        await asyncio.to_thread(_sightings, finds, text, fingerprint_key)
        for finds, text in zip(found, texts, strict=True)
    ]


async def _searched(
    program: Path, bodies: Sequence[bytes], texts: Sequence[Text]
) -> dict[str, Any]:
    """Return the engine's report on the bodies. Raises OSError where it cannot be given files, or run."""
    with tempfile.TemporaryDirectory(prefix="launchready-") as folder:
        root = Path(folder)
        for number, (body, text) in enumerate(zip(bodies, texts, strict=True)):
            # Each body differs by its first line, or the engine would read equal ones once.
            mark = f"// {number}\n"
            suffix = "html" if text.markup else "js"
            (root / f"{number}.{suffix}").write_bytes(mark.encode() + body)
            (root / f"{number}.{_READ_OTHERWISE}").write_text(
                mark + text.otherwise, "utf-8", "replace"
            )
        planted = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(36))
        (root / _PLANTED).write_text(f'const token = "ghp_{planted}";\n', encoding="ascii")
        return await _report(program, root)


async def _report(program: Path, root: Path) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        program, "scan", str(root), "--format", "json", "--no-validate", "--no-update-check",
        "--no-dedup", "--confidence", "medium", "--git-history", "none", "--no-extract-archives",
        "--max-file-size", "0",
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(DEADLINE_S):
            output, _ = await process.communicate()
    except TimeoutError:
        raise EngineError(f"the search for secrets took longer than {DEADLINE_S:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    for line in output.splitlines():
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if isinstance(data, dict) and isinstance(data.get("audit"), dict):
            return data
    raise EngineError("the search for secrets gave no report")


def _sorted_out(report: dict[str, Any], texts: Sequence[Text]) -> list[list[Find]]:
    """Return what was found by body. Raises EngineError unless the whole batch was read."""
    summary = report["audit"].get("summary", {})
    read_files = report.get("metadata", {}).get("summary", {}).get("blobs_scanned")
    files = 2 * len(texts) + 1
    if read_files != files or summary.get("scan_failed") or summary.get("scan_partial"):
        raise EngineError(f"the search for secrets read {read_files} of {files} files")
    found: list[list[Find]] = [[] for _ in texts]
    seen_planted = False
    for each in report.get("findings") or []:
        path = Path(str(each["finding"]["path"])).name
        if path == _PLANTED:
            seen_planted = True
            continue
        number, _, kind = path.partition(".")
        text, value = texts[int(number)], str(each["finding"]["snippet"])
        find = engine_find(
            str(each["rule"]["id"]),
            value,
            line=int(each["finding"]["line"]) - 1,
            behind=text.behind(value),
        )
        written = text.as_written(find) if kind == _READ_OTHERWISE else find
        if written is not None:
            found[int(number)].append(written)
    if not seen_planted:
        raise EngineError("the search for secrets did not find the secret planted for it")
    return found


def _sightings(
    finds: Sequence[Find], text: Text, fingerprint_key: bytes
) -> tuple[SecretSighting, ...]:
    """Return what was found in a body, by the engine or by our own shapes, without the values."""
    kept = told_once([*finds, *shaped_finds(text, at_most=SIGHTINGS_MAX)])
    return tuple(
        SecretSighting(
            rule=find.kind,
            line=find.line,
            fingerprint=_mark(find.value, fingerprint_key),
            public_by_design=find.public,
        )
        for find in kept[:SIGHTINGS_MAX]
    )


def _mark(value: str, fingerprint_key: bytes) -> str:
    return hmac.new(fingerprint_key, value.encode(), hashlib.sha256).hexdigest()[:16]
