"""A scripted AI provider in a process of its own: prints its address and serves until stdin closes.

`python providing.py FIRST_WORD_S BETWEEN_S WORDS`
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import uvloop

from launchready.demo.listening import allow_many_sockets
from launchready.demo.provider import ScriptedProvider


@contextmanager
def providing(first_word_s: float, between_s: float, words: int) -> Iterator[str]:
    """Yield the base URL of a provider that another process serves."""
    asked = [sys.executable, __file__, str(first_word_s), str(between_s), str(words)]
    with subprocess.Popen(
        asked, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


async def _serve(first_word_s: float, between_s: float, words: int) -> None:
    allow_many_sockets()
    provider = ScriptedProvider(
        words=[" word"] * words, first_word_s=first_word_s, between_s=between_s
    )
    async with provider:
        print(provider.base_url, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(_serve(float(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
