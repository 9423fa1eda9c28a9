"""Options that several commands share, and the settings they make together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from launchready.cli.completing import check_ids
from launchready.manifest import NetworkSection
from launchready.manifest.values import domain_name as named_domain
from launchready.manifest.values import split_address, split_dial

FORMATS = ("terminal", "html", "json", "markdown", "sarif", "junit")
SUFFIXES = {
    "terminal": ".txt", "html": ".html", "json": ".json", "markdown": ".md",
    "sarif": ".sarif", "junit": ".xml",
}  # fmt: skip


class UsageError(typer.BadParameter):
    """An option that cannot be used; typer prints it and exits with 2."""

    def format_message(self) -> str:
        """Return the sentence, with the option that it is about where typer knows it."""
        return super().format_message() if self.param is not None else self.message


def _resolver(value: str) -> str:
    try:
        split_address(value, default_port=53)
    except ValueError:
        raise UsageError(f"{value!r} is not an address such as 9.9.9.9 or 127.0.0.1:5353") from None
    return value


def _dial(value: str) -> str:
    try:
        split_dial(value)
    except ValueError as error:
        raise UsageError(str(error)) from None
    return value


def domain_name(value: str) -> str:
    """Return the domain that was named, were it by a URL. Raises UsageError when it is none."""
    # No top-level domain is called so; who names a file means its manifest.
    if value.lower().endswith(".toml"):
        raise UsageError(f"{value} is no domain; `--manifest {value}` reads a manifest")
    try:
        return named_domain(value.removeprefix("https://").removeprefix("http://").split("/")[0])
    except ValueError as error:
        raise UsageError(str(error)) from None


def terminal_or_json(value: str) -> str:
    """Return the format that was asked for. Raises UsageError when it is neither of the two."""
    if value not in {"terminal", "json"}:
        raise UsageError(f"{value!r} is no format here; there are terminal and json")
    return value


Resolvers = Annotated[
    list[str] | None,
    typer.Option(
        "--resolver",
        metavar="IP[:PORT]",
        parser=_resolver,
        help="Ask this DNS resolver. Repeatable.",
    ),
]
Dials = Annotated[
    list[str] | None,
    typer.Option(
        "--dial",
        metavar="HOST-OR-ADDRESS:PORT=ADDRESS:PORT",
        parser=_dial,
        help="Connect there instead, as before a DNS switch; every protocol. Repeatable.",
    ),
]
CaFile = Annotated[
    Path | None,
    typer.Option("--ca", metavar="FILE", exists=True, dir_okay=False, readable=True,
                 help="Trust these certificate authorities as well."),
]  # fmt: skip
Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)}; several with commas or by repeating. Default: terminal.",
    ),
]
Outputs = Annotated[
    list[Path] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="PATH",
        help="Write there: a file, whose ending names its format, or a folder for all formats. "
        "Repeatable.",
    ),
]
CheckId = Annotated[
    str,
    typer.Argument(
        metavar="ID", help="The check, as the report names it.", autocompletion=check_ids
    ),
]
ManifestPath = Annotated[
    Path, typer.Option("--manifest", "-m", metavar="FILE", help="The manifest to read.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """How to look, from the command line."""

    resolvers: tuple[str, ...] = ()
    dial: tuple[str, ...] = ()
    ca: Path | None = None

    def beside(self, declared: NetworkSection, folder: Path) -> Network:
        """Return this with the manifest's CA file, which stands relative to the manifest's folder."""
        if self.ca is not None or not declared.ca:
            return self
        ca = folder / declared.ca
        if not ca.is_file():
            raise UsageError(f"[network] ca names {ca}, which is no file")
        holds_certificates(ca)
        return Network(resolvers=self.resolvers, dial=self.dial, ca=ca)


def holds_certificates(path: Path) -> None:
    """Raise UsageError unless the file holds a certificate in PEM, which alone is understood."""
    import ssl  # noqa: PLC0415 - only who names a file pays for it

    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cafile=path)
    except (ssl.SSLError, ValueError):
        raise UsageError(
            f"{path} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def contents(path: Path, *, bytes_max: int, larger: str) -> bytes:
    """Return what a file, or a pipe, holds. Raises UsageError where that is too much, or unreadable.

    Read with the limit and not measured before: what is no file, such as /dev/zero, says no size.
    """
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    if len(data) > bytes_max:
        raise UsageError(f"{path} is larger than {larger}")
    return data


def network(resolver: list[str] | None, dial: list[str] | None, ca: Path | None) -> Network:
    """Return the options of the command line as one value. Raises UsageError on a useless CA file."""
    if ca is not None:
        holds_certificates(ca)
    return Network(resolvers=tuple(resolver or ()), dial=tuple(dial or ()), ca=ca)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Where each report goes: one format to the terminal's stdout, the others to files."""

    stdout: str | None
    files: tuple[tuple[str, Path], ...]


def wanted(formats: list[str] | None, outputs: list[Path] | None) -> Wanted:
    """Return where each report goes. Raises UsageError on a format or ending that is unknown."""
    named = [f.strip() for value in formats or [] for f in value.split(",") if f.strip()]
    for name in named:
        if name not in FORMATS:
            raise UsageError(f"{name!r} is no format; there are {', '.join(FORMATS)}")
    named = list(dict.fromkeys(named))
    paths = list(outputs or [])
    if not paths:
        if len(named) <= 1:
            return Wanted(stdout=named[0] if named else "terminal", files=())
        default = Path("launchready-report")
        return Wanted(
            stdout="terminal" if "terminal" in named else None,
            files=tuple((f, default.with_suffix(SUFFIXES[f])) for f in named if f != "terminal"),
        )
    files: list[tuple[str, Path]] = []
    waiting = [f for f in named if f != "terminal"]
    for path in paths:
        own = next((f for f, suffix in SUFFIXES.items() if path.suffix == suffix), None)
        if path.is_dir() or (own is None and not path.suffix and not path.exists()):
            files += [
                (f, path / f"launchready-report{SUFFIXES[f]}") for f in waiting or ["html", "json"]
            ]
        elif len(waiting) > 1 and len(paths) == 1:
            files += [(f, path.with_suffix(SUFFIXES[f])) for f in waiting]
        elif len(waiting) == 1 and len(paths) == 1:
            files.append((waiting[0], path))
        elif own is not None:
            files.append((own, path))
        else:
            raise UsageError(f"--output {path}: its ending names no format; add --format")
    if named == ["terminal"] and len(paths) == 1 and not paths[0].is_dir() and not files:
        files.append(("terminal", paths[0]))
    left = [f for f in waiting if f not in {name for name, _ in files}]
    if left:
        raise UsageError(f"--format {','.join(left)}: no --output takes it")
    on_screen = not named or "terminal" in named
    return Wanted(stdout="terminal" if on_screen else None, files=tuple(files))
