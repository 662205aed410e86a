"""What a project keeps in itself, each under an id of its own: its team members and its teams."""

import builtins
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import BusinessRuleBroken, LimitReached, NotFound
from maestro_tui.domain.member import TeamMember
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests.teams import OfProject
from maestro_tui.domain.team import Team
from maestro_tui.services.context import Context
from maestro_tui.services.permissions import require_owner, require_project
from maestro_tui.services.project_changes import change_project

__all__ = ["ProjectParts", "named_changes"]

P = TypeVar("P", bound=TeamMember | Team)


@dataclass(frozen=True, slots=True)
class ProjectParts(Generic[P]):
    """One kind of them: everybody in the project reads, the owner puts away and deletes.

    FIELD: of the project. NOUN: what messages call one; the commands have it with hyphens.
    MOST: how many a project has at the most.
    """

    FIELD: ClassVar[str]
    NOUN: ClassVar[str]
    MOST: ClassVar[int] = 100

    context: Context

    async def list(self, project_id: str, actor: Actor) -> builtins.list[P]:
        """All of a project, archived ones included, oldest first. Raises NotFound, Forbidden."""
        require_project(actor, project_id)
        return builtins.list(self._all(await self.context.store.projects.get(project_id)))

    async def get(self, project_id: str, part_id: str, actor: Actor) -> P:
        """Raises NotFound, Forbidden."""
        require_project(actor, project_id)
        return self.find(await self.context.store.projects.get(project_id), part_id)

    async def archive(self, project_id: str, part_id: str, actor: Actor, *, archived: bool) -> P:
        """Put it away, or take it back. Raises NotFound, Forbidden."""
        require_owner(actor, f"archive a {self.NOUN}")
        status = "archived" if archived else "active"
        return await self._change(project_id, part_id, lambda part: evolve(part, status=status))

    async def delete(self, project_id: str, part_id: str, actor: Actor) -> None:
        """Raises NotFound, Forbidden, and BusinessRuleBroken for one that is not archived."""
        require_owner(actor, f"delete a {self.NOUN}")

        def parted(project: Project) -> Project:
            if self.find(project, part_id).status != "archived":
                raise BusinessRuleBroken(
                    f"{self.NOUN.capitalize()} '{part_id}' is active",
                    suggestion=f"{self._command()} archive {part_id}",
                )
            left = (self._without(part_id, one) for one in self._all(project) if one.id != part_id)
            return self._with(project, tuple(left))

        await change_project(self.context, project_id, parted)

    @classmethod
    def find(cls, project: Project, part_id: str) -> P:
        """The one of that id. Raises NotFound."""
        found = next((one for one in cls._all(project) if one.id == part_id), None)
        if found is None:
            raise NotFound(
                f"Project '{project.name}' has no {cls.NOUN} '{part_id}'", suggestion=f"{cls._command()} list"
            )
        return found

    async def _add(self, project_id: str, part: P) -> P:
        """Keep a new one, once. Raises NotFound, LimitReached, what `_require_sound` raises."""

        def added(project: Project) -> Project:
            parts = self._all(project)
            if any(known.id == part.id for known in parts):
                return project
            if len(parts) >= self.MOST:
                raise LimitReached(f"Project '{project.name}' has {self.MOST} {self.NOUN}s, which is the most")
            project = self._with(project, (*parts, part))
            self._require_sound(project, part)
            return project

        return self.find(await change_project(self.context, project_id, added), part.id)

    async def _change(self, project_id: str, part_id: str, change: Callable[[P], P]) -> P:
        """Raises NotFound, what change raises, what `_require_sound` raises."""

        def changed(project: Project) -> Project:
            before = self.find(project, part_id)
            after = change(before)
            if after == before:
                return project
            after = evolve(after, updated_at=self.context.now())
            parts = tuple(after if one.id == part_id else one for one in self._all(project))
            project = self._with(project, parts)
            self._require_sound(project, after)
            return project

        return self.find(await change_project(self.context, project_id, changed), part_id)

    def _require_sound(self, project: Project, part: P) -> None:
        """Raise what is wrong with one that is new or has changed. project: as it would be with it."""

    def _without(self, part_id: str, other: P) -> P:
        """What another one is when this one is gone."""
        return other

    @classmethod
    def _all(cls, project: Project) -> tuple[P, ...]:
        parts: tuple[P, ...] = getattr(project, cls.FIELD)
        return parts

    @classmethod
    def _with(cls, project: Project, parts: tuple[P, ...]) -> Project:
        return evolve(project, **{cls.FIELD: parts})

    @classmethod
    def _command(cls) -> str:
        return "maestro " + cls.NOUN.replace(" ", "-")


def named_changes(body: OfProject) -> dict[str, Any]:
    """What a change to one of them gives, by the Python names of its fields."""
    return {name: value for name, value in body.changes().items() if name != "project_id"}
