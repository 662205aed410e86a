"""Calling a person who looks elsewhere: the terminal around the cockpit, or the desktop."""

import asyncio
import logging
import shutil
from collections.abc import Callable

from maestro_tui.config.settings import AttentionSettings
from maestro_tui.domain.text import clean_line

__all__ = ["call_person", "sequences"]

LOG = logging.getLogger(__name__)
LONGEST = 200
PATIENCE_SECONDS = 5.0
BEL = "\a"


def sequences(settings: AttentionSettings, title: str, body: str) -> str:
    """What is written to the terminal around the cockpit; empty when it is not to be bothered.

    The texts are agents': one clean line each, without the semicolon that would end a field.
    """
    title, body = (clean_line(text)[:LONGEST].replace(";", ",") for text in (title, body))
    sound = BEL if settings.sound else ""
    match settings.desktop:
        case "osc9":
            return f"\x1b]9;{title}: {body}{BEL}{sound}"
        case "osc777":
            return f"\x1b]777;notify;{title};{body}{BEL}{sound}"
    return sound


async def call_person(settings: AttentionSettings, title: str, body: str, write: Callable[[str], object]) -> None:
    """Call by every way that is set. write: to the terminal around the cockpit."""
    if (data := sequences(settings, title, body)) != "":
        write(data)
    if settings.desktop == "notify-send":
        await _notify_send(clean_line(title)[:LONGEST], clean_line(body)[:LONGEST])


async def _notify_send(title: str, body: str) -> None:
    program = shutil.which("notify-send")
    if program is None:
        LOG.warning("notify-send is not installed: set attention.desktop to another way")
        return
    nothing = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        program, "--app-name=maestro", "--", title, body, stdin=nothing, stdout=nothing, stderr=nothing
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
