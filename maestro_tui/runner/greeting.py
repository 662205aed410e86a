"""Typing the brief of an agent that takes it no other way, once it is up."""

import asyncio

from maestro_tui.runner.live_terminal import LiveTerminal
from maestro_tui.runner.news import Output
from maestro_tui.runner.terminals import Terminals

__all__ = ["type_when_up"]

QUIET_SECONDS = 0.5
PLAIN_QUIET_SECONDS = 2.0
"""For a program that has not asked for pastes to be marked: it reads lines, or its prompt is yet to come."""
PATIENCE_SECONDS = 60.0
ENTER = b"\r"


async def type_when_up(terminals: Terminals, live: LiveTerminal, text: str) -> None:
    """Paste text and press Enter once the program has drawn something and then kept quiet for a moment.

    A program that is not quiet within a minute gets it all the same. Raises ConnectionError when it
    ended meanwhile.
    """
    drew = asyncio.Event()
    unsubscribe = terminals.subscribe(
        lambda news: drew.set() if isinstance(news, Output) and news.session_id == live.session_id else None
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await _quiet(live, drew)
    except TimeoutError:
        pass  # as promised: late is better than never
    finally:
        unsubscribe()
    await live.deliver(live.terminal.encode_paste(text))
    await live.deliver(ENTER)


async def _quiet(live: LiveTerminal, drew: asyncio.Event) -> None:
    while True:
        drew.clear()
        try:
            async with asyncio.timeout(_patience(live)):
                await drew.wait()
        except TimeoutError:
            return


def _patience(live: LiveTerminal) -> float | None:
    """For how many seconds the program has to be quiet; None while its screen is empty: it is still starting."""
    if not live.terminal.text().strip():
        return None
    return QUIET_SECONDS if live.terminal.modes.bracketed_paste else PLAIN_QUIET_SECONDS
