"""What the end of a connection means: try again, when, or stop. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import uniform
from urllib.parse import urlsplit

from maestro_tui.backoff import full_jitter
from maestro_tui.client.connection import Phase

__all__ = ["Again", "Ending", "Reconnect", "Stop", "delays_for"]

HEALTHY_SECONDS = 10.0
"""A connection that lived this long clears the record; a flapping server must not."""

RESTARTING = 4101
OTHER_VERSION = 4426
RESTART_SECONDS = 0.5
MOST_AT_ONCE = 5
OFFLINE_AFTER = 3
REFUSED_UPGRADES = frozenset({400, 401, 403, 404, 405, 421, 426})


@dataclass(frozen=True, slots=True)
class Ending:
    """How a connection, or the attempt at one, ended.

    code: the WebSocket close code; http_status: when the upgrade was refused; both None for
    a network failure. lived: seconds from hello to the end, None when there was no hello.
    """

    message: str
    code: int | None = None
    http_status: int | None = None
    lived: float | None = None
    incompatible: bool = False


@dataclass(frozen=True, slots=True)
class Again:
    """Try again after delay seconds. attempt: how many have failed in a row."""

    delay: float
    attempt: int

    @property
    def phase(self) -> Phase:
        return Phase.OFFLINE if self.attempt >= OFFLINE_AFTER else Phase.RECONNECTING


@dataclass(frozen=True, slots=True)
class Stop:
    """Do not try again by yourself."""

    phase: Phase


class Reconnect:
    """The reconnect rules by close-code range, with a memory of how often it failed.

    44xx and a refused upgrade stop. 42xx connect again at once, unless that keeps failing.
    Everything else, 1000 and unknown codes included, connects again after a delay with full
    jitter. delays: makes a fresh series of delays in seconds.
    """

    def __init__(self, delays: Callable[[], Iterator[float]]) -> None:
        self._make_delays = delays
        self._delays = delays()
        self._attempt = 0
        self._at_once = 0

    def after(self, ending: Ending) -> Again | Stop:
        """What to do after a connection, or an attempt at one, has ended."""
        if ending.incompatible or ending.code == OTHER_VERSION or ending.http_status == 426:
            return Stop(Phase.INCOMPATIBLE)
        if ending.http_status in REFUSED_UPGRADES or _within(ending.code, 4400):
            return Stop(Phase.REFUSED)
        if ending.lived is not None and ending.lived >= HEALTHY_SECONDS:
            self.forget()
        self._attempt += 1
        return Again(self._delay(ending), self._attempt)

    def forget(self) -> None:
        """Start over: the connection was healthy, or the person asks for an attempt now."""
        self._delays = self._make_delays()
        self._attempt = self._at_once = 0

    def _delay(self, ending: Ending) -> float:
        if _within(ending.code, 4200) and ending.lived is not None and self._at_once < MOST_AT_ONCE:
            self._at_once += 1
            return 0.0
        if ending.code == RESTARTING and self._attempt == 1:
            return uniform(0, RESTART_SECONDS)  # noqa: S311 - jitter, not a secret
        return next(self._delays)


def delays_for(url: str, *, first: float = 1.0, longest: float | None = None) -> Callable[[], Iterator[float]]:
    """Series of delays for a server, with full jitter.

    first, longest: the most seconds before the first attempt and before any; by default at
    most 5 s for a server on this machine, 30 s elsewhere.
    """
    is_here = urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
    cap = longest or (5.0 if is_here else 30.0)
    return lambda: full_jitter(base=first, cap=cap)


def _within(code: int | None, start: int) -> bool:
    return code is not None and start <= code < start + 100
