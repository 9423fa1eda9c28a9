"""The command line: parse, call, print. Exit status: 0 go, 1 no-go, 2 bad usage, 3 no work done."""

from __future__ import annotations

import sys
import traceback

import typer

from launchready import __version__
from launchready.audit import UnknownCheckError
from launchready.cli import auditing, catalogue, demonstrating, mail, starting
from launchready.manifest import ManifestError

NO_GO, BAD_USAGE, NO_WORK = 1, 2, 3

app = typer.Typer(
    name="launchready",
    help="Can the launch go? Proof, what to fix first, and who does it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("audit")(auditing.audit_command)
app.command("smoke")(auditing.smoke_command)
app.command("recheck")(auditing.recheck_command)
app.command("init")(starting.init_command)
app.command("checks")(catalogue.checks_command)
app.command("explain")(catalogue.explain_command)
app.command("compare")(catalogue.compare_command)
app.command("demo")(demonstrating.demo_command)
app.add_typer(mail.app, name="mail")


def _version(value: bool) -> None:
    if value:
        typer.echo(f"launchready {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    _version: bool = typer.Option(
        False, "--version", "-V", callback=_version, is_eager=True, help="Say the version."
    ),
) -> None:
    """Can the launch go? Proof, what to fix first, and who does it."""


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        app(args=arguments)
    except SystemExit as exit_:
        return exit_.code if isinstance(exit_.code, int) else BAD_USAGE
    except ManifestError as error:
        for problem in error.problems:
            sys.stderr.write(f"{problem}\n")
        return BAD_USAGE
    except UnknownCheckError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_USAGE
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return NO_WORK
    except BrokenPipeError:
        return NO_WORK
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        sys.stderr.write(f"launchready could not do its work: {error.strerror or error}{where}\n")
        return NO_WORK
    except Exception:  # noqa: BLE001 - a bug of ours: its traceback, and the status that says so
        traceback.print_exc()
        return NO_WORK
    return 0
