"""Typing the brief of an agent that takes it no other way, once it is up."""

import asyncio
import contextlib
from collections.abc import Sequence

from maestro_tui.config.settings import Sign
from maestro_tui.runner.live_terminal import LiveTerminal
from maestro_tui.runner.news import Output
from maestro_tui.runner.terminals import Terminals
from maestro_tui.runner.trail import SCREEN_ROWS, sign_in

__all__ = ["type_when_up"]

QUIET_SECONDS = 0.5
PLAIN_QUIET_SECONDS = 2.0
"""For a program that has not asked for pastes to be marked: it reads lines, or its prompt is yet to come."""
PATIENCE_SECONDS = 60.0
ENTER = b"\r"


async def type_when_up(
    terminals: Terminals, live: LiveTerminal, text: str, questions: Sequence[Sign] = ()
) -> None:
    """Paste text and press Enter once the program has drawn something and then kept quiet for a moment.

    questions: signs on the screen that it asks something else, for which the text is no answer. A
    program that asks nothing and is not quiet within a minute gets it all the same. Raises
    ConnectionError when it ended meanwhile.
    """
    drew = asyncio.Event()
    unsubscribe = terminals.subscribe(
        lambda news: drew.set() if isinstance(news, Output) and news.session_id == live.session_id else None
    )
    try:
        while True:
            with contextlib.suppress(TimeoutError):  # as promised: late is better than never
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await _quiet(live, drew, questions)
            if live.ended.is_set() or not _asks(live, questions):
                break
    finally:
        unsubscribe()
    await live.deliver(live.terminal.encode_paste(text))
    await live.deliver(ENTER)


async def _quiet(live: LiveTerminal, drew: asyncio.Event, questions: Sequence[Sign]) -> None:
    while True:
        drew.clear()
        try:
            async with asyncio.timeout(_patience(live, questions)):
                await drew.wait()
        except TimeoutError:
            return


def _patience(live: LiveTerminal, questions: Sequence[Sign]) -> float | None:
    """For how many seconds the program has to be quiet; None while it is still starting, or asks something."""
    if not live.terminal.text().strip() or _asks(live, questions):
        return None
    return QUIET_SECONDS if live.terminal.modes.bracketed_paste else PLAIN_QUIET_SECONDS


def _asks(live: LiveTerminal, questions: Sequence[Sign]) -> bool:
    return sign_in(live.terminal.tail(SCREEN_ROWS), questions) is not None
