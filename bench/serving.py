"""Serve the demo in a process of its own, so that only the audit is measured.

`python serving.py FOLDER [--latency-ms N] [--circles N]` writes FOLDER/serving.json once
everything listens, and runs until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from launchready.demo import healthy, running
from launchready.demo.willow import add_circles

READY, ASKED = "serving.json", "asked.json"
START_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A demo that another process serves."""

    manifest: Path
    ca: Path
    resolvers: tuple[tuple[str, int], ...]
    dial: dict[str, str]
    """NAME-OR-ADDRESS:PORT → ADDRESS:PORT."""
    environment: dict[str, str]
    told: Path
    """The same as JSON, with the published addresses of every host by its name."""
    process: int

    def asked(self) -> dict[str, dict[str, int]]:
        """Return how often each DNS question (`questions`) and each request (`requests`) came."""
        answer = self.told.with_name(ASKED)
        os.kill(self.process, signal.SIGUSR1)
        until = time.monotonic() + START_S
        while not answer.exists():
            if time.monotonic() > until:
                raise RuntimeError("the demo does not tell what it was asked")
            time.sleep(0.05)
        found: dict[str, dict[str, int]] = json.loads(answer.read_text(encoding="utf-8"))
        return found


@contextmanager
def serving(folder: Path, *, latency_ms: float = 0, circles: int = 0) -> Iterator[Served]:
    """Yield the demo while a process of its own serves it. Raises RuntimeError when it does not start."""
    folder.mkdir(parents=True)
    words = [sys.executable, __file__, folder, "--latency-ms", latency_ms, "--circles", circles]
    server = subprocess.Popen([str(w) for w in words])
    try:
        ready = folder / READY
        until = time.monotonic() + START_S
        while not ready.exists():
            if server.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the demo did not start")
            time.sleep(0.05)
        told = json.loads(ready.read_text(encoding="utf-8"))
        yield Served(
            manifest=Path(told["manifest"]),
            ca=Path(told["ca"]),
            resolvers=tuple((str(a), int(p)) for a, p in told["resolvers"]),
            dial=dict(line.split("=", 1) for line in told["dial"]),
            environment=told["environment"],
            told=ready,
            process=server.pid,
        )
    finally:
        server.terminate()
        server.wait(timeout=20)


def _write(path: Path, data: object) -> None:
    """Write a file that is there as a whole or not at all."""
    half = path.with_suffix(".half")
    half.write_text(json.dumps(data), encoding="utf-8")
    half.rename(path)


async def _serve(folder: Path, latency_s: float, circles: int) -> None:
    launch = healthy()
    add_circles(launch, circles)
    async with running(launch, folder, latency_s=latency_s) as demo:
        told = {
            "manifest": str(demo.manifest.resolve()),
            "ca": str(demo.ca.resolve()),
            "resolvers": demo.resolvers,
            "dial": demo.dial,
            "environment": demo.environment,
            "addresses": {h.name: h.addresses for h in launch.hosts}
            | {h.name: h.addresses for h in launch.mail_hosts},
        }
        _write(folder / READY, told)

        def tell() -> None:
            questions = {str(name): times for name, times in demo.state.names.items()}
            requests = {str(page): times for page, times in demo.state.pages.items()}
            _write(folder / ASKED, {"questions": questions, "requests": requests})

        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, tell)
        parent = os.getppid()
        # Ends with the benchmark, however that ends.
        while os.getppid() == parent:  # noqa: ASYNC110 - there is no event for it
            await asyncio.sleep(1)


def main() -> None:
    """Serve until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--circles", type=int, default=0)
    options = parser.parse_args()
    asyncio.run(_serve(options.folder, options.latency_ms / 1000, options.circles))


if __name__ == "__main__":
    main()
