"""Which version of an agent is installed: asked of the program itself, once for every file it is."""

import asyncio
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from maestro_tui.config.settings import AgentProfile

__all__ = ["Versions", "version_numbers"]

PATIENCE_SECONDS = 10.0
LONGEST_ANSWER = 4096
_NUMBER = re.compile(r"\d+(?:\.\d+)+(?:[-+.][0-9A-Za-z.-]+)?")

_Known = dict[tuple[str, int], "asyncio.Task[str | None]"]


class Versions:
    """Answers are kept until the program's file changes; asking never blocks the event loop.

    patience: seconds that a program may take; one that takes longer is asked again the next time.
    """

    def __init__(self, environ: Mapping[str, str], patience: float = PATIENCE_SECONDS) -> None:
        self._environ = environ
        self._patience = patience
        self._known: _Known = {}

    async def of(self, profile: AgentProfile) -> str | None:
        """The version an agent says it is, as in `2.1.80`; None when it is not there or does not say."""
        path = shutil.which(profile.command[0], path=self._environ.get("PATH")) if profile.command else None
        if path is None or not profile.version_arguments:
            return None
        try:
            key = path, Path(path).stat().st_mtime_ns
        except OSError:  # It was removed, or replaced, just now.
            return None
        if key not in self._known:
            self._known[key] = asyncio.create_task(self._ask(key, profile.version_arguments))
        return await asyncio.shield(self._known[key])

    async def _ask(self, key: tuple[str, int], arguments: tuple[str, ...]) -> str | None:
        try:
            process = await asyncio.create_subprocess_exec(
                key[0],
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=dict(self._environ),
            )
        except OSError:
            return None
        try:
            async with asyncio.timeout(self._patience):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            self._known.pop(key, None)  # on a busy machine some take that long to start
            return None
        found = _NUMBER.search(output[:LONGEST_ANSWER].decode(errors="replace"))
        return found[0] if found else None


def version_numbers(version: str | None) -> tuple[int, ...] | None:
    """`2.1.80-beta` as (2, 1, 80), to compare; None for None."""
    if version is None:
        return None
    return tuple(int(part) for part in re.split(r"[-+]", version)[0].split(".") if part.isdigit())
