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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from launchready.derive.exposure.secret_kinds import (
    public_by_design,
    rule_of,
    secret_kind,
    test_only,
)
from launchready.derive.exposure.secret_shapes import ENGINE_KNOWS, shaped
from launchready.facts.exposure import SecretSighting

# The first search on a machine compiles the engine's rules, which takes about ten seconds.
DEADLINE_S = 40.0
GATHER_S = 0.05
"""Bodies that arrive within so many seconds are searched together."""
SIGHTINGS_MAX = 50
_PLANTED = "planted.js"


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
            except EngineError as error:
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
    with tempfile.TemporaryDirectory(prefix="launchready-") as folder:
        root = Path(folder)
        for number, body in enumerate(bodies):
            # Each body differs by its first line, or the engine would read equal ones once.
            suffix = "html" if body.lstrip()[:1] == b"<" else "js"
            (root / f"{number}.{suffix}").write_bytes(f"// {number}\n".encode() + body)
        planted = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(36))
        (root / _PLANTED).write_text(f'const token = "ghp_{planted}";\n', encoding="ascii")
        report = await _report(program, root)
    found = _sorted_out(report, len(bodies), fingerprint_key)
    # Beside the loop: a bundle of some megabytes takes a second.
    return [
        await asyncio.to_thread(_with_shapes, sightings, body, fingerprint_key)
        for sightings, body in zip(found, bodies, strict=True)
    ]


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


def _sorted_out(
    report: dict[str, Any], count: int, fingerprint_key: bytes
) -> list[tuple[SecretSighting, ...]]:
    """Return the sightings by body. Raises EngineError unless the whole batch was read."""
    summary = report["audit"].get("summary", {})
    read = report.get("metadata", {}).get("summary", {}).get("blobs_scanned")
    if read != count + 1 or summary.get("scan_failed") or summary.get("scan_partial"):
        raise EngineError(f"the search for secrets read {read} of {count + 1} files")
    found: list[dict[tuple[int, str], SecretSighting]] = [{} for _ in range(count)]
    seen_planted = False
    for each in report.get("findings") or []:
        path = Path(str(each["finding"]["path"])).name
        if path == _PLANTED:
            seen_planted = True
            continue
        value = str(each["finding"]["snippet"])
        rule = rule_of(str(each["rule"]["id"]), value)
        line = int(each["finding"]["line"]) - 1
        mark = _mark(value, fingerprint_key)
        where = found[int(path.partition(".")[0])]
        sighting = SecretSighting(
            rule=secret_kind(rule),
            line=line,
            fingerprint=mark,
            public_by_design=public_by_design(rule, value) or test_only(value),
        )
        earlier = where.get((line, mark))
        # Two rules for one value: the one that makes it a secret counts.
        if earlier is None or (earlier.public_by_design and not sighting.public_by_design):
            where[line, mark] = sighting
    if not seen_planted:
        raise EngineError("the search for secrets did not find the secret planted for it")
    return [tuple(sorted(w.values(), key=lambda s: s.line)[:SIGHTINGS_MAX]) for w in found]


def _with_shapes(
    sightings: tuple[SecretSighting, ...], body: bytes, fingerprint_key: bytes
) -> tuple[SecretSighting, ...]:
    """Return the sightings and those that only our own shapes find, by line."""
    secret_lines = {s.line for s in sightings if not s.public_by_design}
    added: dict[str, SecretSighting] = {}
    for each in shaped(body.decode("utf-8", errors="replace")):
        mark = _mark(each.value, fingerprint_key)
        known = any(s.fingerprint == mark and not s.public_by_design for s in sightings)
        # The engine marks another part of the same value; in one line they are the same find.
        if known or (each.kind in ENGINE_KNOWS and each.line in secret_lines):
            continue
        added[mark] = SecretSighting(
            rule=each.kind, line=each.line, fingerprint=mark, public_by_design=False
        )
        if len(added) == SIGHTINGS_MAX:
            break
    return tuple(sorted((*sightings, *added.values()), key=lambda s: s.line)[:SIGHTINGS_MAX])


def _mark(value: str, fingerprint_key: bytes) -> str:
    return hmac.new(fingerprint_key, value.encode(), hashlib.sha256).hexdigest()[:16]
