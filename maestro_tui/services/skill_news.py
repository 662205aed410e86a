"""Skills that change while the server runs: read again, and told with what is wrong in them."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from maestro_tui.domain.events import Event, EventName
from maestro_tui.services.context import Context
from maestro_tui.skills.loader import Reloaded, SkillLibrary
from maestro_tui.skills.manifest import SkillFinding
from maestro_tui.skills.watch import watch_folders

__all__ = ["SkillNews", "described"]

LOG = logging.getLogger(__name__)


class SkillNews:
    """Keeps the shared skills as new as their folders, and says what came of it."""

    def __init__(self, context: Context, library: SkillLibrary) -> None:
        self._context = context
        self._library = library

    async def follow(self) -> None:
        """Watch the folders until cancelled."""
        async for _ in watch_folders(self._library.directories):
            await self.reload()

    async def reload(self, name: str | None = None) -> None:
        """Read the folders again and tell what is new, if anything is.

        name: a skill that must exist afterwards, else NotFound.
        """
        if news := await asyncio.to_thread(self._library.reload, name):
            for finding in news.findings:
                LOG.warning("Skill: %s", finding)
            data = _in_json(news)
            await self._context.bus.publish(Event(EventName.SKILLS_RELOADED, data, self._context.now()))


def described(findings: Iterable[SkillFinding]) -> list[dict[str, str]]:
    """Findings, JSON-ready: the skill's folder, the file, the field that is wrong, and what is."""
    return [
        {"skill": one.file.parent.name, "file": str(one.file), "field": one.field, "message": one.message}
        for one in findings
    ]


def _in_json(news: Reloaded) -> dict[str, Any]:
    return {
        "added": list(news.added),
        "changed": list(news.changed),
        "removed": list(news.removed),
        "findings": described(news.findings),
    }
