from __future__ import annotations

import asyncio

from launchready.collect.web.client import AT_ONCE_PER_HOST, HttpClient
from launchready.collect.web.message import Request, Response
from launchready.collect.web.places import FEWEST, Places


def crowded(most: int, *, times: int = 1) -> Places:
    """Return places after one quick answer and slow ones, each to a request of its own time."""
    places = Places(most)
    places.waited(0.0, 0.1)
    for at in range(times):
        places.waited(10.0 * (at + 1), 10.0 * (at + 1) + 2)
    return places


def test_a_slow_answer_halves_the_places() -> None:
    assert crowded(8).most == 4


def test_slow_answers_of_the_same_crowd_count_once() -> None:
    places = crowded(8)
    places.waited(10.5, 12.5)
    places.waited(11.9, 14.0)
    assert places.most == 4


def test_the_fewest_places_stay() -> None:
    assert crowded(8, times=9).most == FEWEST


def test_quick_answers_bring_the_places_back_and_no_more() -> None:
    places = crowded(8)
    for at in range(100):
        places.waited(100.0 + at, 100.1 + at)
        if at == 3:
            assert places.most == 4
        if at == 4:
            assert places.most == 5
    assert places.most == 8


def test_a_host_that_is_slow_by_itself_keeps_its_places() -> None:
    places = Places(8)
    for at in range(20):
        places.waited(10.0 * at, 10.0 * at + 3)
    assert places.most == 8


def test_a_host_that_never_answered_keeps_its_places() -> None:
    places = Places(8)
    places.waited(0.0, 10.0)
    places.waited(20.0, 30.0)
    assert places.most == 8


def test_a_host_that_takes_all_on_one_connection_gets_more_once() -> None:
    places = Places(8)
    places.widen(24)
    places.widen(24)
    assert places.most == 24


async def test_who_finds_no_place_comes_in_order() -> None:
    places, came = Places(2), list[int]()

    async def visitor(number: int) -> None:
        async with places.one():
            came.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(visitor(n) for n in range(9)))
    assert came == list(range(9))


async def test_who_stops_waiting_gives_the_place_on() -> None:
    places, free = Places(1), asyncio.Event()

    async def holder() -> None:
        async with places.one():
            await free.wait()

    async def visitor() -> str:
        async with places.one():
            return "in"

    held = asyncio.create_task(holder())
    await asyncio.sleep(0)
    waiting, other = asyncio.create_task(visitor()), asyncio.create_task(visitor())
    await asyncio.sleep(0)
    free.set()
    await held
    # Its turn has come, and it does not know yet.
    waiting.cancel()
    assert await asyncio.wait_for(other, 5) == "in"
    assert await asyncio.wait_for(visitor(), 5) == "in"


async def test_a_server_that_answers_one_at_a_time_is_asked_for_less_at_once() -> None:
    turn, open_now, seen = asyncio.Lock(), 0, list[int]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now
        while await reader.readuntil(b"\r\n\r\n"):
            open_now += 1
            seen.append(open_now)
            async with turn:
                # Alone it is quick: what is slow afterwards is the crowd.
                await asyncio.sleep(0.3 if len(seen) > 1 else 0)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            open_now -= 1

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = HttpClient()
    try:
        first, *others = [
            Request(url=f"http://127.0.0.1:{port}/{n}", addresses=("127.0.0.1",), deadline_s=60)
            for n in range(25)
        ]
        found = [await http.send(first)]
        found += await asyncio.gather(*(http.send(request) for request in others))
    finally:
        await http.aclose()
        server.close()
    assert all(isinstance(one, Response) for one in found)
    assert max(seen) == AT_ONCE_PER_HOST
    assert max(seen[-8:]) < AT_ONCE_PER_HOST
