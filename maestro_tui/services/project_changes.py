"""Changing a project: its own fields, and what is kept in it."""

from collections.abc import Callable

from maestro_tui.domain.events import EventName
from maestro_tui.domain.project import Project
from maestro_tui.services.announcements import about_project
from maestro_tui.services.context import Context
from maestro_tui.services.editing import edit
from maestro_tui.services.locks import uninterrupted

__all__ = ["change_project"]


@uninterrupted
async def change_project(
    context: Context, project_id: str, change: Callable[[Project], Project], *, revision: int | None = None
) -> Project:
    """Apply a change, as `edit` does, and tell of it when it made a difference; the project as it is then.

    Raises NotFound, what change raises, and Conflict on a stale revision.
    """
    now = context.now()
    async with context.locks.exclusive("project", project_id):
        done = await edit(context.store.projects, project_id, change, now=now, revision=revision)
        if done.changed:
            await context.bus.publish(about_project(EventName.PROJECT_UPDATED, done.after, now))
    return done.after
