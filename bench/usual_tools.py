"""The usual tools, one after the other, against the demo: the part of the audit that they can do.

checkdmarc looks at the mail domain once, testssl.sh (protocols, certificate, headers) or sslscan at
each web host once, curl at every route once, at every host over plain HTTP, and at every old URL
with its redirects.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from shutil import which
from subprocess import run as run_now
from typing import Any

from measuring import Cost, run
from serving import Served

HERE = Path(__file__).parent
POINTED = """\
How the tools are pointed to the demo: checkdmarc by replacing its resolver's address and port and
the addresses that its sockets look up; testssl.sh and sslscan by the loopback port of each host,
with the host's name in SNI; curl by --connect-to for every host."""


def install_checkdmarc(folder: Path) -> Path | None:
    """Return the Python of a new environment that has checkdmarc; None when it cannot be had."""
    uv = which("uv") or ".tools/bin/uv"
    python = folder / "bin" / "python"
    install = [uv, "pip", "install", "-q", "--python", str(python), "checkdmarc"]
    for words in ([uv, "venv", "-q", str(folder)], install):
        if run_now(words, check=False).returncode:
            return None
    return python


def _sum(costs: Iterable[Cost]) -> Cost:
    done = list(costs)
    return Cost(
        wall_s=sum(c.wall_s for c in done),
        cpu_s=sum(c.cpu_s for c in done),
        peak_mb=max(c.peak_mb for c in done),
        output="\n".join(c.output for c in done),
    )


def checkdmarc(served: Served, python: Path) -> Cost:
    """Return what looking at the mail domain took. Raises RuntimeError when it read no record."""
    manifest = _manifest(served)
    words: list[str | Path] = [python, HERE / "tool_checkdmarc.py", served.told, "--check-mx-tls"]
    trusted = {"SSL_CERT_FILE": str(served.ca), "REQUESTS_CA_BUNDLE": str(served.ca)}
    done = run([*words, *manifest["mail"]["domains"]], environment=trusted)
    if '"v=DMARC1' not in done.output or '"v=spf1' not in done.output:
        raise RuntimeError(f"checkdmarc saw no records:\n{done.output[-500:]}")
    return done


def sslscan(served: Served) -> Cost:
    """Return what looking at the TLS of every web host took."""
    program = which("sslscan")
    assert program is not None
    return _sum(
        _ssl(run([program, "--no-colour", f"--sni-name={host}", f"127.0.0.1:{port}"]), "TLSv1.3")
        for host, port in _https(served).items()
    )


def testssl(served: Served) -> Cost:
    """Return what looking at protocols, certificate and headers of every web host took."""
    program = which("testssl") or which("testssl.sh")
    assert program is not None
    words = [program, "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none",
             "--protocols", "--server-defaults", "--headers", "--add-ca", str(served.ca),
             "--ip", "127.0.0.1"]  # fmt: skip
    return _sum(
        _ssl(run([*words, f"https://{host}:{port}/"]), "TLS 1.3")
        for host, port in _https(served).items()
    )


def _ssl(done: Cost, wanted: str) -> Cost:
    if wanted not in done.output:
        raise RuntimeError(f"a scan of TLS saw nothing:\n{done.output[-500:]}")
    return done


def curl(served: Served) -> Cost:
    """Return what one curl for each route, plain-HTTP entrance and old URL took."""
    program = which("curl")
    assert program is not None
    manifest = _manifest(served)
    urls = [f"https://{r}" for r in manifest["routes"]]
    urls += [f"http://{host}/" for host in manifest["hosts"]]
    urls += [f"https://{old}" for old in manifest["redirects"]]
    ways = []
    for host, entry in manifest["hosts"].items():
        for port in (80, 443):
            to = served.dial[f"{entry['addresses'][0]}:{port}"]
            ways += ["--connect-to", f"{host}:{port}:{to}"]
    words = [program, "-sS", "-i", "-L", "--max-redirs", "10", "--compressed", "--cacert",
             str(served.ca), *ways]  # fmt: skip
    return _sum(_answered(run([*words, url]), url) for url in urls)


def _answered(done: Cost, url: str) -> Cost:
    if done.status:
        raise RuntimeError(f"curl {url}: {done.output[-300:]}")
    return done


def _https(served: Served) -> dict[str, int]:
    return {
        host: int(served.dial[f"{entry['addresses'][0]}:443"].rpartition(":")[2])
        for host, entry in _manifest(served)["hosts"].items()
    }


def _manifest(served: Served) -> Mapping[str, Any]:
    return tomllib.loads(served.manifest.read_text(encoding="utf-8"))


def missing() -> list[str]:
    """Return the tools that are not on this machine."""
    return [tool for tool in ("curl", "sslscan", "testssl") if which(tool) is None]
