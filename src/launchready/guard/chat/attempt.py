"""One call of one provider: from the request to the end of its stream, every wait with a deadline."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from launchready.guard.chat.deltas import Adding, estimated_tokens
from launchready.guard.chat.faults import Fault, ProviderFaultError, retry_after_s
from launchready.guard.chat.pieces import Reason, Usage
from launchready.guard.chat.providers import Connections, Provider
from launchready.guard.chat.stream import EventReader, EventTooLargeError

REFUSAL_MAX_BYTES = 8192
REWORDINGS = 2
AFTER_FINISH_S = 1.0
"""How long the figures and the end mark may take after the last word."""

_draining: set[asyncio.Task[None]] = set()
# The loop itself holds its tasks weakly.


class Attempt:
    """Asks once. `open`, then `read` until `done`, then `release`, or `cut_off` at any time."""

    def __init__(self, provider: Provider, connections: Connections, max_tokens: int) -> None:
        self.provider = provider
        self.adding = Adding(max_tokens)
        self.done = False
        self.sent = False
        """Whether the provider may have begun to work, which is to be paid for."""
        self._connections = connections
        self._max_tokens = max_tokens
        self._events = EventReader()
        self._response: aiohttp.ClientResponse | None = None
        self._finish_by: float | None = None
        self._by = 0.0
        self._alarm: asyncio.Handle | None = None
        self._alarm_at = 0.0
        """When it rings: uvloop's handle of a moment that is over already does not say."""
        self._reading = False

    async def open(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Any], by: float
    ) -> None:
        """Send the question; return once a stream begins. Raises ProviderFaultError.

        `by` is a moment of the running loop's clock.
        """
        for _ in range(REWORDINGS + 1):
            body = self.provider.body(messages, tools, self._max_tokens)
            response = self._response = await self._post(body, by)
            if response.status == 200:
                break
            # A refusal is not charged.
            self.sent = False
            if response.status not in {400, 422} or not await self._reworded(response, by):
                raise ProviderFaultError(_refusal(response))
            response.close()
        if response.content_type != "text/event-stream":
            raise ProviderFaultError(Fault(reason="not-a-stream"))

    async def read(self, by: float) -> str:
        """Return the words of the next packet, often none; sets `done` at the end of the stream.

        Raises ProviderFaultError, for a stream that ends without having said that it is the end
        too.
        """
        assert self._response is not None  # noqa: S101 - open() came first
        content = self._response.content
        self._set_alarm(by if self._finish_by is None else min(by, self._finish_by))
        self._reading = True
        try:
            data = await content.readany()
            events = self._events.feed(data)
        except TimeoutError:
            if self.adding.finish:
                self.done = True
                return ""
            raise _broken("silent" if self.adding.spoke else "slow") from None
        except EventTooLargeError:
            raise _broken("too-long") from None
        except (aiohttp.ClientError, OSError):
            raise _broken("cut") from None
        finally:
            self._reading = False
        words = self._words(events)
        if not data and not self.done:
            if not self.adding.finish:
                raise _broken("cut" if self.adding.spoke else "empty")
            # It has told that this was all; that it forgets the mark loses nobody a word.
            self.done = True
        return words

    def _set_alarm(self, by: float) -> None:
        """Let a wait end at this moment. One timer moves along: one a word would cost too much."""
        self._by = by
        if self._alarm is None or self._alarm_at > by:
            self._disarm()
            self._alarm_at = by
            self._alarm = asyncio.get_running_loop().call_at(by, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if not self._reading or self._response is None:
            return
        if asyncio.get_running_loop().time() < self._by:
            self._set_alarm(self._by)
        else:
            self._response.content.set_exception(TimeoutError())

    def _disarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def usage(self, prompt_parts: Sequence[Mapping[str, Any]]) -> Usage:
        """Return what it took: as the provider tells, else as counted over messages and tools."""
        told = self.adding.usage
        # No prompt has no tokens, and no words come of none: some gateways send noughts for what
        # they have not counted, and a budget would never be used up.
        if told is not None and told.prompt and (told.answer or not self.adding.text_tokens):
            return told
        if not self.sent:
            return Usage(counted=True)
        prompt = sum(estimated_tokens(str(m)) for m in prompt_parts)
        return Usage(prompt=prompt, answer=self.adding.text_tokens, counted=True)

    def release(self) -> None:
        """Keep the connection for the next question, once the last bytes of the answer are read."""
        self._disarm()
        if self._response is None:
            return
        if self._response.content.at_eof():
            self._response.release()
            return
        draining = asyncio.create_task(self._drain(self._response))
        _draining.add(draining)
        draining.add_done_callback(_draining.discard)

    async def _drain(self, response: aiohttp.ClientResponse) -> None:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            async with asyncio.timeout(AFTER_FINISH_S):
                await response.content.read(1)
        # Closes the connection too, unless the body was read to its end.
        response.release()

    def cut_off(self) -> None:
        """Close the connection at once: nobody listens any more, or nothing good will come."""
        self._disarm()
        if self._response is not None:
            self._response.close()

    def _words(self, events: Sequence[bytes]) -> str:
        words: list[str] = []
        for data in events:
            if data == b"[DONE]":
                self.done = True
                break
            words.append(self.adding.take(data))
        if self.adding.finish and self._finish_by is None:
            self._finish_by = asyncio.get_running_loop().time() + AFTER_FINISH_S
        return "".join(words)

    async def _post(self, body: bytes, by: float) -> aiohttp.ClientResponse:
        provider = self.provider
        self.sent = True
        try:
            async with asyncio.timeout_at(by):
                return await self._connections.session().post(
                    provider.entry.base_url + "/chat/completions",
                    data=body, headers=provider.headers, allow_redirects=False,
                )  # fmt: skip
        except TimeoutError:
            raise _broken("slow") from None
        except aiohttp.ClientSSLError:
            self.sent = False
            raise _broken("tls") from None
        except aiohttp.ClientConnectorError:
            self.sent = False
            raise _broken("unreachable") from None
        except (aiohttp.ClientError, OSError):
            raise _broken("cut") from None

    async def _reworded(self, response: aiohttp.ClientResponse, by: float) -> bool:
        refusal = b""
        with contextlib.suppress(Exception):
            async with asyncio.timeout_at(by):
                while len(refusal) < REFUSAL_MAX_BYTES and (
                    more := await response.content.read(REFUSAL_MAX_BYTES)
                ):
                    refusal += more
        return self.provider.learn(refusal)


def _broken(reason: Reason) -> ProviderFaultError:
    return ProviderFaultError(Fault(reason=reason))


def _refusal(response: aiohttp.ClientResponse) -> Fault:
    return Fault(
        reason="busy" if response.status == 429 else "status",
        status=response.status,
        retry_after_s=retry_after_s(response.headers.get("Retry-After")),
    )
