"""Which other documents a document names as its place: those without which it would be an orphan.

What a document merely remembers is none of these: the session that made it, a dependency, the
session that spawned it. Those may go, and it stays whole.
"""

from collections.abc import Iterator

from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.store.json_files.codec import Entity
from maestro_tui.store.json_files.layout import DocumentKey, Kind

__all__ = ["referents"]


def referents(entity: Entity) -> Iterator[DocumentKey]:
    """The places of the documents that must exist beside entity. Ids come from a file and may be no ids at all."""
    if isinstance(entity, Task):
        yield DocumentKey(Kind.PROJECT, entity.project_id)
        if entity.parent_id is not None:
            yield DocumentKey(Kind.TASK, entity.parent_id, entity.project_id)
    elif isinstance(entity, Session):
        yield DocumentKey(Kind.PROJECT, entity.project_id)
        for task_id in entity.task_ids:
            yield DocumentKey(Kind.TASK, task_id, entity.project_id)
