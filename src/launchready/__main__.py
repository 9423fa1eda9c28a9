"""The program's door: answers `--version` before anything heavy is imported."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; exits 0 go, 1 no-go, 2 bad usage or manifest, 3 could not do its work."""
    _hold_streams()
    try:
        sys.exit(_run())
    except KeyboardInterrupt:
        # Importing takes long enough to be interrupted; a second Ctrl-C has nothing left to end.
        import signal  # noqa: PLC0415 - above, it would be the longest part of what nothing catches

        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.stderr.write("Stopped.\n")
        sys.stderr.flush()
        # One that came in the middle of an exec() makes the interpreter die of the signal at its
        # end whatever status was asked for; everything that had to be closed is closed by now.
        os._exit(3)
    except OSError as error:
        sys.stderr.write(f"launchready could not do its work: {error.strerror or error}\n")
    sys.exit(3)


def _hold_streams() -> None:
    """Put nothing in the place of a standard stream that was closed before the program began.

    It would be None, which nobody can write to, and its number would go to the next socket.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - no import of pathlib here; it stays open


def _run() -> int:
    if sys.argv[1:] in (["--version"], ["-V"]):
        from launchready import __version__  # noqa: PLC0415 - start-up time is a promise

        sys.stdout.write(f"launchready {__version__}\n")
        sys.stdout.flush()
        return 0
    from launchready.cli import run  # noqa: PLC0415 - same

    return run()


if __name__ == "__main__":
    main()
