"""The clipboard of this machine, by whichever program there is for it."""

import asyncio
import logging
import shutil
import sys
from collections.abc import Mapping, Sequence

__all__ = ["clipboard_command", "copy_with"]

LOG = logging.getLogger(__name__)

WAYLAND = (("wl-copy",),)
X11 = (("xclip", "-selection", "clipboard"), ("xsel", "--clipboard", "--input"))
SECONDS = 3.0


def clipboard_command(environ: Mapping[str, str], platform: str = sys.platform) -> Sequence[str] | None:
    """The command that puts its input on the clipboard; None where there is none, as over SSH."""
    wished: list[tuple[str, ...]] = [("pbcopy",)] if platform == "darwin" else []
    if environ.get("WAYLAND_DISPLAY"):
        wished += WAYLAND
    if environ.get("DISPLAY"):
        wished += X11
    return next((command for command in wished if shutil.which(command[0], path=environ.get("PATH"))), None)


async def copy_with(command: Sequence[str], text: str) -> bool:
    """Give a text to a clipboard command; whether it took it within three seconds."""
    quiet = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.PIPE, stdout=quiet, stderr=quiet
        )
    except OSError as error:
        LOG.warning("%s could not be started: %s", command[0], error)
        return False
    try:
        async with asyncio.timeout(SECONDS):
            await process.communicate(text.encode("utf-8", "replace"))
    except TimeoutError:
        process.kill()
        await process.wait()
    return process.returncode == 0
