"""When panes are painted: all of them together, sixty times a second, an echo at once.

The first change after a pause is painted at once, later ones on a steady cadence. A key's
echo does not wait for the next frame. A pane whose program is in the middle of a frame of
its own (DEC mode 2026) keeps the old one, but not for long.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from maestro_tui.telemetry.metrics import FRAME_SECONDS

__all__ = ["FrameScheduler", "Painted"]

FRAME = 1 / 60
ECHO_WINDOW = 0.1
"""Output this soon after a key, in seconds, is taken for its echo."""
HOLD_LIMIT = 0.15
"""How long, in seconds, a program may keep its pane from being painted."""


class Painted(Protocol):
    """What is painted: a pane."""

    @property
    def held(self) -> bool:
        """Whether its program is in the middle of drawing."""

    def paint(self) -> str:
        """Show what changed: sequences for the outer terminal, empty where Textual will draw it."""


class FrameScheduler:
    """One for all panes of the cockpit.

    show: writes sequences to the outer terminal, as one update. ready: whether that takes another
    one. now: a clock in seconds that the event loop shares; the loop's own by default.
    """

    def __init__(
        self,
        show: Callable[[str], None],
        *,
        ready: Callable[[], bool] = lambda: True,
        now: Callable[[], float] | None = None,
    ) -> None:
        self._show = show
        self._ready = ready
        self._now = now
        self._waiting: dict[Painted, float | None] = {}
        self._typed: dict[Painted, float] = {}
        self._timer: asyncio.Handle | None = None
        self._last = float("-inf")

    def changed(self, view: Painted) -> None:
        """There is something new to paint."""
        if not view.held and (self._is_overdue(view) or self._is_echo(view)) and self._ready():
            self._waiting.pop(view, None)
            self._show(view.paint())
            return
        self._waiting.setdefault(view, None)
        self._wake()

    def typed(self, view: Painted) -> None:
        """A key went to the view's program: what comes back soon is its echo."""
        self._typed[view] = self._time()

    def forget(self, view: Painted) -> None:
        """The view is gone."""
        self._waiting.pop(view, None)
        self._typed.pop(view, None)

    def close(self) -> None:
        """Paint nothing any more."""
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _time(self) -> float:
        return self._now() if self._now else asyncio.get_running_loop().time()

    def _is_overdue(self, view: Painted) -> bool:
        """Whether its frame came while its program was drawing: then it is painted between two drawings."""
        return self._waiting.get(view) is not None

    def _is_echo(self, view: Painted) -> bool:
        typed = self._typed.pop(view, None)
        return typed is not None and self._time() - typed < ECHO_WINDOW

    def _wake(self) -> None:
        if self._timer is not None:
            return
        loop, now = asyncio.get_running_loop(), self._time()
        due = self._last + FRAME
        self._timer = loop.call_soon(self._frame) if due <= now else loop.call_later(due - now, self._frame)

    def _frame(self) -> None:
        now = self._time()
        self._timer = None
        # A frame that comes late does not push the next one back.
        self._last = max(self._last + FRAME, now - FRAME / 2)
        if not self._ready():
            self._wake()
            return
        waiting, self._waiting = self._waiting, {}
        with FRAME_SECONDS.time():
            self._paint(waiting, now)
        if self._waiting:
            self._wake()

    def _paint(self, waiting: dict[Painted, float | None], now: float) -> None:
        painted = []
        for view, held_since in waiting.items():
            since = now if held_since is None else held_since
            if view.held and now - since < HOLD_LIMIT:
                self._waiting[view] = since
            else:
                painted.append(view.paint())
        self._show("".join(painted))
