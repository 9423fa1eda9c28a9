import asyncio
import contextlib
import json
import os
import smtplib
import ssl
import tomllib
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from launchready.collect.dial import DialMap
from launchready.demo import Running, healthy, running
from launchready.demo.manifest import METRICS_ENV, PASSWORD_ENV, PAYMENTS_ENV, USERNAME_ENV, toml
from launchready.demo.name_answers import Names, recursive
from launchready.demo.name_server import answer_wire
from launchready.demo.willow import add_circles
from launchready.demo.zone_data import Resolver
from launchready.manifest import load_manifest
from tests.demo.asking import ask, resolve, texts

MX = "198.51.100.25"


async def test_the_manifest_is_valid_and_leads_to_every_published_address(willow: Running) -> None:
    manifest = load_manifest(willow.manifest)
    assert manifest.launch.domain == "willow.example"
    dial = DialMap.parse(manifest.network.dial)
    for host in manifest.all_hosts.values():
        published = texts(await resolve(willow, host.name, "A"), "A")
        assert set(published) < set(host.addresses)
        for address in host.addresses:
            for port in (80, 443):
                assert dial.target(host.name, address, port)[0] == "127.0.0.1"
    assert manifest.network.ca == str(willow.ca.resolve())
    assert len(manifest.network.resolvers) == len(willow.resolvers) >= 2


async def test_the_account_is_in_the_environment_while_it_runs(tmp_path: Path) -> None:
    assert USERNAME_ENV not in os.environ
    async with running(healthy(), tmp_path) as demo:
        assert os.environ[USERNAME_ENV] == demo.state.username
        assert os.environ[PASSWORD_ENV] == demo.environment[PASSWORD_ENV]
    assert USERNAME_ENV not in os.environ
    assert PASSWORD_ENV not in os.environ


async def test_the_webhooks_secret_is_in_the_environment_while_it_runs(tmp_path: Path) -> None:
    async with running(healthy(), tmp_path) as demo:
        assert os.environ[PAYMENTS_ENV] == demo.environment[PAYMENTS_ENV]
        assert demo.environment[PAYMENTS_ENV] not in demo.manifest.read_text()
    assert PAYMENTS_ENV not in os.environ


async def test_no_password_and_no_token_stands_in_the_manifest(willow: Running) -> None:
    assert willow.state.password not in willow.manifest.read_text()
    assert willow.state.metrics_token not in willow.manifest.read_text()


async def test_guards_figures_are_there_for_the_token_alone(willow: Running) -> None:
    url, token = "https://app.willow.example/metrics", willow.environment[METRICS_ENV]
    shown = await ask(willow, url, headers={"Authorization": f"Bearer {token}"})
    assert (shown.status, b'launchready_guard_part{part="logs",worker="' in shown.body) == (
        200,
        True,
    )
    assert (await ask(willow, url)).status == 404


async def test_readiness_is_answered_by_guard_with_the_communitys_own_probes(
    willow: Running,
) -> None:
    ready = await ask(willow, "https://app.willow.example/readyz")
    assert ready.status == 200
    assert {"database", "payments"} <= set(json.loads(ready.body)["checks"])


async def test_requests_are_logged_into_a_file_and_not_onto_the_terminal(
    willow: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    await ask(willow, "https://app.willow.example/login")
    lines = (willow.manifest.parent / "requests.log").read_text().splitlines()
    assert json.loads(lines[-1])["route"] == "/login"
    assert capsys.readouterr().out == ""


async def test_a_launch_of_a_hundred_hosts_runs(tmp_path: Path) -> None:
    launch = healthy()
    add_circles(launch, 100)
    async with running(launch, tmp_path) as demo:
        assert len(load_manifest(demo.manifest).all_hosts) == 106
        assert (await ask(demo, "https://circle-100.willow.example/")).status == 200
        assert texts(await resolve(demo, "circle-100.willow.example"), "A") == ["203.0.113.200"]


@pytest.mark.parametrize("latency_s", [0.0, 0.002])
async def test_it_ends_without_a_task_or_a_port_left(tmp_path: Path, latency_s: float) -> None:
    async with running(healthy(), tmp_path, latency_s=latency_s) as demo:
        port = demo.port("203.0.113.12", 443)
        # A visitor who connects and says nothing, and one who left a connection open.
        silent = await asyncio.open_connection("127.0.0.1", port)
        idle = await asyncio.open_connection("127.0.0.1", demo.port("203.0.113.12", 80))
        idle[1].write(b"GET / HTTP/1.1\r\nHost: app.willow.example\r\n\r\n")
        assert (await idle[0].readline()).startswith(b"HTTP/1.1 301")
        await ask(demo, "https://app.willow.example/login")
        await resolve(demo, "app.willow.example")
    for _, writer in (silent, idle):
        writer.close()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_two_demos_run_side_by_side(tmp_path: Path) -> None:
    async with running(healthy(), tmp_path / "a") as one, running(healthy(), tmp_path / "b") as two:
        assert (await ask(one, "https://willow.example/")).status == 200
        assert (await ask(two, "https://willow.example/")).status == 200


def _greet(demo: Running) -> tuple[bool, bool, int]:
    context = ssl.create_default_context(cafile=demo.ca)
    with smtplib.SMTP("127.0.0.1", demo.port(MX, 25), timeout=20) as client:
        client.ehlo("audit.example")
        offered = client.has_extn("starttls")
        if offered:
            client._host = "mx1.willow.example"  # type: ignore[attr-defined]
            client.starttls(context=context)
            client.ehlo("audit.example")
        client.mail("a@example.org")
        return offered, client.has_extn("starttls"), client.rcpt("b@willow.example")[0]


async def test_the_mail_exchange_offers_trusted_tls_and_takes_no_mail(willow: Running) -> None:
    assert await asyncio.to_thread(_greet, willow) == (True, False, 550)


async def test_a_mail_exchange_can_lack_starttls(tmp_path: Path) -> None:
    launch = healthy()
    launch.mail_host().starttls = False
    async with running(launch, tmp_path) as demo:
        assert await asyncio.to_thread(_greet, demo) == (False, False, 550)


async def test_a_mail_exchange_can_be_unreachable(tmp_path: Path) -> None:
    launch = healthy()
    launch.mail_host().reachable = False
    async with running(launch, tmp_path) as demo:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", demo.port(MX, 25))


async def test_a_command_without_end_is_cut_off(willow: Running) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", willow.port(MX, 25))
    await reader.readline()
    writer.write(b"x" * 200_000)
    # What was not read may come back as a reset instead of an end.
    with contextlib.suppress(ConnectionResetError):
        assert await reader.read() == b""
    writer.close()


async def test_latency_is_felt_by_every_protocol(tmp_path: Path) -> None:
    """Round trips are counted by the clock of the loop: at least so many must have passed."""
    loop = asyncio.get_running_loop()
    async with running(healthy(), tmp_path, latency_s=0.05) as demo:
        begun = loop.time()
        await resolve(demo, "app.willow.example")
        one = loop.time()
        reply = await ask(demo, "http://app.willow.example/")
        two = loop.time()
    assert one - begun >= 0.05
    # One round trip for the connection, one for the request.
    assert two - one >= 0.1
    assert reply.status == 301


_NAMES = Names(healthy().zones)


@settings(max_examples=200)
@given(st.binary(max_size=100))
def test_no_datagram_stops_a_resolver(data: bytes) -> None:
    answer = answer_wire(recursive(_NAMES, Resolver()), data, udp=True)
    assert answer is None or len(answer) <= 1232


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.text(min_size=1, max_size=8),
        st.dictionaries(
            st.text(min_size=1, max_size=8),
            st.text(max_size=20) | st.integers() | st.booleans() | st.lists(st.text(max_size=5)),
            max_size=4,
        ),
        max_size=4,
    )
)
def test_written_toml_is_read_as_it_was(tables: dict[str, dict[str, object]]) -> None:
    assert tomllib.loads(toml(tables)) == tables
