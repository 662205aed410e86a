"""Ports to listen on later: those that are chosen first, as other programs and later servers are told them."""

import random
import socket
from contextlib import suppress
from pathlib import Path

__all__ = ["own_port"]

RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST = 15_000
FIRST_GIVEN = 32_768
"""From here on the kernel chooses itself, where it does not say otherwise (macOS: from 49152)."""

_chance = random.SystemRandom()  # what is seeded would choose the same in every process


def own_port() -> int:
    """A port of 127.0.0.1 at which nobody listens. No program that asks the kernel for any is given it."""
    first_given = int(RANGE.read_text().split()[0]) if RANGE.exists() else FIRST_GIVEN
    while True:
        port = _chance.randrange(LOWEST, first_given)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
