"""What other hands did to the documents, told like our own changes."""

from collections.abc import Sequence

from maestro_tui.domain.events import Event, EventName
from maestro_tui.domain.project import Project
from maestro_tui.domain.task import Task
from maestro_tui.services.announcements import about_project, about_session, about_task
from maestro_tui.services.clock import Clock, wall_clock
from maestro_tui.services.derived import with_sessions
from maestro_tui.services.event_bus import EventBus
from maestro_tui.store.base import Change, ChangeKind, Store

__all__ = ["follow"]

_PROJECT = {
    ChangeKind.CREATED: EventName.PROJECT_CREATED,
    ChangeKind.UPDATED: EventName.PROJECT_UPDATED,
    ChangeKind.DELETED: EventName.PROJECT_DELETED,
}
_TASK = {
    ChangeKind.CREATED: EventName.TASK_CREATED,
    ChangeKind.UPDATED: EventName.TASK_UPDATED,
    ChangeKind.DELETED: EventName.TASK_DELETED,
}
_SESSION = {
    ChangeKind.CREATED: EventName.SESSION_CREATED,
    ChangeKind.UPDATED: EventName.SESSION_UPDATED,
    ChangeKind.DELETED: EventName.SESSION_DELETED,
}


async def follow(store: Store, bus: EventBus, clock: Clock = wall_clock) -> None:
    """Publish every batch of the store's news, for as long as the store is open; cancel it to stop."""
    async for batch in store.changes():
        await bus.publish(*await _events(store, batch, clock()))


async def _events(store: Store, batch: Sequence[Change], now: int) -> list[Event]:
    return [await _event(store, change, now) for change in batch]


async def _event(store: Store, change: Change, now: int) -> Event:
    entity = change.entity
    if isinstance(entity, Project):
        return about_project(_PROJECT[change.kind], entity, now)
    if isinstance(entity, Task):
        return about_task(_TASK[change.kind], await with_sessions(store, entity), now)
    return about_session(_SESSION[change.kind], entity, now)
