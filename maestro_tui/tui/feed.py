"""The bridges from behind to the screens: what changed there becomes Textual messages.

A burst of events is one message: changes are gathered for at most one frame and each
document is named once, so a flood from the server costs the screens one update per frame.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from contextvars import copy_context
from functools import partial
from typing import Any

from textual.message import Message
from textual.message_pump import MessagePump

from maestro_tui.client.connection import Connection
from maestro_tui.client.items import WireEvent
from maestro_tui.client.mirror import RESET, MirrorChange
from maestro_tui.client.outbox import Refusal
from maestro_tui.domain.events import EventName
from maestro_tui.runner.news import (
    Bell,
    CalledBefore,
    Closed,
    Exited,
    Noticed,
    Opened,
    Output,
    Stopping,
    TerminalNews,
    Titled,
)
from maestro_tui.terminal.notices import ClipboardWrite, Notification
from maestro_tui.tui.messages import (
    ClipboardAsked,
    CommandRefused,
    ConnectionChanged,
    DocumentsChanged,
    SkillsReloaded,
    SpawningSwitched,
    TerminalCalled,
    TerminalCalledBefore,
    TerminalClosed,
    TerminalExited,
    TerminalOpened,
    TerminalStopping,
    TerminalTitled,
)
from maestro_tui.tui.ports import Feed, Terminals

__all__ = ["FeedBridge", "TerminalBridge"]

FRAME_SECONDS = 1 / 60
_SWITCH: dict[str, bool] = {EventName.SPAWNING_PAUSED: True, EventName.SPAWNING_RESUMED: False}


class FeedBridge:
    """Posts what happens on a feed to a target, from `start` until `stop`.

    The feed calls from its own tasks, outside any widget: frames are the loop's own timers.
    """

    def __init__(self, feed: Feed, target: MessagePump) -> None:
        self._feed = feed
        self._target = target
        self._waiting: dict[tuple[str, str], MirrorChange] = {}
        self._subscriptions = ExitStack()
        self._frame: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Listen, and announce once that everything may have changed."""
        self._subscriptions.callback(self._feed.subscribe(self._on_item))
        self._subscriptions.callback(self._feed.watch_connection(self._on_connection))
        self._subscriptions.callback(self._feed.watch_refusals(self._on_refusal))
        self._target.post_message(DocumentsChanged((RESET,)))
        self._on_connection(self._feed.connection)

    def stop(self) -> None:
        """Listen no more. May be called twice."""
        self._subscriptions.close()
        if self._frame is not None:
            self._frame.cancel()

    def _on_item(self, item: Any, changes: Sequence[MirrorChange]) -> None:
        if isinstance(item, WireEvent) and item.name == EventName.SKILLS_RELOADED:
            self._target.post_message(_skills_reloaded(item.data))
        elif isinstance(item, WireEvent) and (paused := _SWITCH.get(item.name)) is not None:
            self._target.post_message(SpawningSwitched(paused, str(item.data.get("reason") or "")))
        if changes and self._frame is None:
            self._frame = asyncio.get_running_loop().call_later(FRAME_SECONDS, self._flush)
        for change in changes:
            self._waiting[change.kind, change.id] = change

    def _flush(self) -> None:
        self._frame = None
        changes, self._waiting = tuple(self._waiting.values()), {}
        self._target.post_message(DocumentsChanged(changes))

    def _on_connection(self, connection: Connection) -> None:
        self._target.post_message(ConnectionChanged(connection))

    def _on_refusal(self, refusal: Refusal) -> None:
        self._target.post_message(CommandRefused(refusal))


def _skills_reloaded(data: Any) -> SkillsReloaded:
    names = [str(name) for kind in ("added", "changed", "removed") for name in data.get(kind, ())]
    return SkillsReloaded(names, bool(data.get("findings")))


class TerminalBridge:
    """Posts what happens to terminals; their output goes straight to the panes, which pace it."""

    def __init__(self, terminals: Terminals, target: MessagePump, on_output: Callable[[str], None]) -> None:
        self._terminals = terminals
        self._target = target
        self._on_output = on_output
        self._subscriptions = ExitStack()

    def start(self) -> None:
        """Listen, and announce the terminals that are there already."""
        # Terminals are not read in the app's context: without it each widget climbs the tree to find the app.
        in_app = copy_context().run
        self._subscriptions.callback(self._terminals.subscribe(partial(self._on_news, in_app), first=True))
        for session_id in self._terminals.session_ids:
            self._target.post_message(TerminalOpened(session_id))

    def stop(self) -> None:
        """Listen no more. May be called twice."""
        self._subscriptions.close()

    def _on_news(self, in_app: Callable[..., object], news: TerminalNews) -> None:
        if isinstance(news, Output):
            in_app(self._on_output, news.session_id)
        elif (message := _message(news)) is not None:
            self._target.post_message(message)


def _message(news: TerminalNews) -> Message | None:
    match news:
        case Opened(session_id):
            return TerminalOpened(session_id)
        case Titled(session_id, title):
            return TerminalTitled(session_id, title)
        case Bell(session_id):
            return TerminalCalled(session_id, "")
        case CalledBefore(session_id):
            return TerminalCalledBefore(session_id)
        case Noticed(session_id, Notification(title, body)):
            return TerminalCalled(session_id, f"{title}: {body}" if title else body)
        case Noticed(session_id, ClipboardWrite(text)):
            return ClipboardAsked(session_id, text)
        case Stopping(session_id, step):
            return TerminalStopping(session_id, step)
        case Exited(session_id):
            return TerminalExited(session_id)
        case Closed(session_id):
            return TerminalClosed(session_id)
    return None
