"""Starting and ending the lab's servers, and saying why where that cannot be. No server needed."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from .servers.addresses import PUBLISHED, WEB, WEB_IPV6, claim
from .servers.application import KNOWN_FAULTS
from .servers.availability import must_run, reason_not_to_run
from .servers.process import ServerDidNotStartError, start
from .servers.web_hosts import HOSTS

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux")
_WAIT_S = 10.0
_LISTEN = (
    "import socket, subprocess, sys, time\n"
    "listener = socket.create_server((sys.argv[1], int(sys.argv[2])))\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    "print(child.pid, flush=True)\n"
    "time.sleep(60)\n"
)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def alive(process_id: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _WAIT_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_missing_packages_are_named_with_what_to_do() -> None:
    reason = reason_not_to_run(["nginx"], platform="linux", user_id=0)
    assert reason == ("lab not run: nginx is not installed; run tests/lab/install.sh as root")


def test_an_ordinary_user_is_told_that_the_ports_need_root() -> None:
    reason = reason_not_to_run([], platform="linux", user_id=1000)
    assert reason is not None
    assert "run the tests as root" in reason


def test_another_system_is_told_that_the_lab_needs_linux() -> None:
    reason = reason_not_to_run([], platform="darwin", user_id=0)
    assert reason == "lab not run: it needs Linux, this is darwin"


def test_root_on_linux_with_every_package_runs_the_lab() -> None:
    assert reason_not_to_run([], platform="linux", user_id=0) is None


@pytest.mark.parametrize(
    ("environment", "user_id", "wanted"),
    [({"CI": "true"}, 0, True), ({"CI": "true"}, 1000, False), ({}, 0, False)],
)
def test_a_lab_that_cannot_run_fails_only_in_ci_as_root(
    environment: dict[str, str], user_id: int, wanted: bool
) -> None:
    assert must_run(environment, user_id=user_id) is wanted


@linux
def test_two_labs_never_share_addresses() -> None:
    first, second = claim(), claim()
    try:
        assert first.number != second.number
        assert not set(first.dial().values()) & set(second.dial().values())
    finally:
        first.release()
        second.release()


@linux
def test_every_published_address_is_dialled_on_loopback() -> None:
    block = claim()
    try:
        dial = block.dial()
    finally:
        block.release()
    assert {f"{address}:443" for address in PUBLISHED} <= set(dial)
    assert all(target.startswith(f"127.{block.number}.") for target in dial.values())
    assert dial[f"[{WEB_IPV6}]:443"] == dial[f"{WEB}:443"]


@linux
def test_a_server_that_ends_at_once_is_reported_in_its_own_words(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such zone')"]
    listens = [("127.0.0.1", free_port())]
    server = start("broken", command, directory=tmp_path, listens=listens)
    with pytest.raises(ServerDidNotStartError, match="no such zone"):
        server.await_ready(time.monotonic() + _WAIT_S)
    server.stop()


@linux
def test_a_server_that_stays_deaf_is_reported_at_the_deadline(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    listens = [("127.0.0.1", free_port())]
    server = start("deaf", command, directory=tmp_path, listens=listens)
    with pytest.raises(ServerDidNotStartError, match="does not accept"):
        server.await_ready(time.monotonic() + 0.2)
    server.stop()


@linux
def test_a_stopped_server_takes_its_children_along(tmp_path: Path) -> None:
    port = free_port()
    server = start(
        "parent",
        [sys.executable, "-c", _LISTEN, "127.0.0.1", str(port)],
        directory=tmp_path,
        listens=[("127.0.0.1", port)],
    )
    server.await_ready(time.monotonic() + _WAIT_S)
    assert eventually(lambda: server.log.read_text().strip().isdigit())
    child = int(server.log.read_text())
    assert alive(child)
    server.stop()
    assert eventually(lambda: not alive(child))


@linux
def test_a_server_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    starter = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from lab.servers.process import start\n"
        # Changing the user is what makes Linux forget a parent-death signal.
        "code = 'import os, time; os.geteuid() or (os.seteuid(1), os.seteuid(0)); time.sleep(60)'\n"
        "server = start('server', [sys.executable, '-c', code],\n"
        "               directory=Path(sys.argv[1]), listens=[])\n"
        "print(server.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    tests = Path(__file__).resolve().parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", starter, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(tests)},
    ) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        assert alive(server)
        process.send_signal(signal.SIGKILL)
    assert eventually(lambda: not alive(server))


def test_names_and_faults_are_listed_once() -> None:
    labels = [host.label for host in HOSTS]
    assert len(labels) == len(set(labels))
    faults = [(known.fault, known.path) for known in KNOWN_FAULTS]
    assert len(faults) == len(set(faults))
