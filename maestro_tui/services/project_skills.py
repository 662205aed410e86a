"""The skills that projects keep in their own directories, watched while the server runs."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from maestro_tui.domain.events import Event, EventName, JournalEntry
from maestro_tui.services.context import Context
from maestro_tui.services.skill_news import described
from maestro_tui.skills.library import PROJECT_SKILLS
from maestro_tui.skills.loader import SkillLibrary
from maestro_tui.skills.manifest import Skill, SkillFinding
from maestro_tui.skills.watch import watch_folders
from maestro_tui.store.base import ProjectQuery

__all__ = ["ProjectSkills"]

LOG = logging.getLogger(__name__)
_ABOUT = frozenset({EventName.PROJECT_CREATED, EventName.PROJECT_UPDATED, EventName.PROJECT_DELETED})


class _Folder:
    """The skills of one project, read together with those everybody has, which they may depend on."""

    def __init__(self, place: Path, library: SkillLibrary) -> None:
        self.place = place
        self._library = library

    @property
    def skills(self) -> dict[str, Skill]:
        return {one.name: one for one in self._library.all() if one.directory.is_relative_to(self.place)}

    def findings(self) -> list[SkillFinding]:
        return [one for one in self._library.findings() if one.file.is_relative_to(self.place)]

    def reload(self) -> None:
        self._library.reload()


class ProjectSkills:
    """Tells what changes in the `.maestro/skills` of every project, and what is wrong there.

    library_of: all the skills of a project with that working directory.
    """

    def __init__(self, context: Context, library_of: Callable[[Path], SkillLibrary]) -> None:
        self._context = context
        self._library_of = library_of
        self._directories: dict[str, Path] = {}
        self._places: list[Path] = []
        self._folders: dict[str, _Folder] = {}

    async def follow(self) -> None:
        """Watch the folders until cancelled. What is there at the start is no news."""
        leave = self._context.bus.subscribe(self._hear)
        try:
            for project in (await self._context.store.projects.find(ProjectQuery())).items:
                self._know(project.id, project.working_dir)
            for project_id, directory in tuple(self._directories.items()):
                await self._look_at(project_id, directory, is_news=False)
            async for _ in watch_folders(self._places):
                for project_id, directory in tuple(self._directories.items()):
                    await self._look_at(project_id, directory, is_news=True)
        finally:
            leave()

    def findings(self) -> list[SkillFinding]:
        """Everything that is wrong in the folders of projects, as of the last look."""
        return [finding for folder in self._folders.values() for finding in folder.findings()]

    def _hear(self, entry: JournalEntry) -> None:
        if entry.event.name in _ABOUT:
            self._know(entry.event.data["id"], entry.event.data.get("workingDir", ""))

    def _know(self, project_id: str, working_dir: str) -> None:
        """A project is there, or, without a directory, not."""
        self._directories.pop(project_id, None)
        if working_dir:
            self._directories[project_id] = Path(working_dir)
        self._places[:] = dict.fromkeys(directory / PROJECT_SKILLS for directory in self._directories.values())

    async def _look_at(self, project_id: str, directory: Path, *, is_news: bool) -> None:
        place, known = directory / PROJECT_SKILLS, self._folders.get(project_id)
        if known is not None and known.place != place:  # the project has moved
            del self._folders[project_id]
            known = None
        if known is None and not await asyncio.to_thread(place.is_dir):
            return
        before = (known.skills, known.findings()) if known else ({}, [])
        if known is None:
            library = await asyncio.to_thread(self._library_of, directory)
            known = self._folders[project_id] = _Folder(place, library)
        else:
            await asyncio.to_thread(known.reload)
        data = _difference(*before, known.skills, known.findings())
        if is_news and any(data.values()):
            for finding in data["findings"]:
                LOG.warning("Skill of project %s: %s: %s", project_id, finding["file"], finding["message"])
            event = Event(EventName.SKILLS_RELOADED, data | {"projectId": project_id}, self._context.now())
            await self._context.bus.publish(event)


def _difference(
    old: dict[str, Skill], old_findings: list[SkillFinding], new: dict[str, Skill], findings: list[SkillFinding]
) -> dict[str, Any]:
    return {
        "added": sorted(new.keys() - old.keys()),
        "changed": sorted(name for name in old.keys() & new.keys() if old[name] != new[name]),
        "removed": sorted(old.keys() - new.keys()),
        "findings": described(one for one in findings if one not in old_findings),
    }
