"""Moving windows in Redis or Valkey, for all processes together: one script, one round trip."""

from __future__ import annotations

from collections.abc import Sequence

from launchready.guard.limits.rules import Rule
from launchready.guard.limits.windows import Count, Counts, Keyed
from launchready.guard.store_client import answered, connect

_PREFIX = b"launchready:throttle:"
# A list for each window, oldest request first, in milliseconds of the store's own clock: the
# processes' clocks differ. All windows are looked at before any of them is used.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local free = 1
local told = {}
for i, key in ipairs(KEYS) do
  local requests, window = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local oldest = redis.call('LINDEX', key, 0)
  while oldest and tonumber(oldest) <= now - window do
    redis.call('LPOP', key)
    oldest = redis.call('LINDEX', key, 0)
  end
  local used = redis.call('LLEN', key)
  if used >= requests then
    free = 0
    oldest = redis.call('LINDEX', key, used - requests)
  end
  told[2 * i - 1] = used
  told[2 * i] = oldest and oldest + window - now or window
end
if free == 1 then
  for i, key in ipairs(KEYS) do
    redis.call('RPUSH', key, string.format('%.0f', now))
    redis.call('PEXPIRE', key, ARGV[2 * i])
  end
end
return {free, unpack(told)}
"""
# More than anybody probes, so that each probe writes.
_PROBE = Rule(name="probe", requests=1_000_000, window_s=1)


class Store:
    """A Redis or Valkey server, asked with a deadline.

    Every method raises what the client library raises, or TimeoutError after `deadline_s`.
    """

    def __init__(self, url: str, *, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._redis = connect(url)
        self._take = self._redis.register_script(_TAKE)

    async def take(self, keyed: Sequence[Keyed], *, within_s: float | None = None) -> Counts:
        """Take one hit from every window, or from none when one of them is full."""
        arguments = [n for rule, _ in keyed for n in (rule.requests, rule.window_s * 1000)]
        keys = [_name(*k) for k in keyed]
        free, *told = await answered(
            self._redis,
            lambda: self._take(keys=keys, args=arguments),
            within_s=within_s or self._deadline_s,
        )
        pairs = zip(told[::2], told[1::2], strict=True)
        counts = [Count(used, ms / 1000) for used, ms in pairs]
        fitting = zip(keyed, counts, strict=True)
        if bool(free) != all(0 <= count.used < rule.requests for (rule, _), count in fitting):
            raise ValueError("the store's answer contradicts itself")
        return bool(free), counts

    async def give_back(self, rule: Rule, key: bytes) -> None:
        """Take one hit off a window again, if any is left in it."""
        await answered(
            self._redis, lambda: self._redis.rpop(_name(rule, key)), within_s=self._deadline_s
        )

    async def probe(self, *, within_s: float | None = None) -> None:
        """Return when the store counts: a server that only reads or only pings does not."""
        await self.take([(_PROBE, b"-")], within_s=within_s)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()


def _name(rule: Rule, key: bytes) -> bytes:
    return _PREFIX + rule.name.encode() + b":" + key.hex().encode()
