"""Records: what is known of a document without opening it."""

import os
from typing import NamedTuple

from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Priority, SessionStatus, TaskStatus
from maestro_tui.store.json_files.codec import Decoded, Entity
from maestro_tui.store.json_files.layout import DocumentKey, Kind

__all__ = ["ABSENT", "Record", "Stamp", "record_of", "stamp_of"]


class Stamp(NamedTuple):
    """Tells whether a file is still the one we knew: any write by any hand changes it."""

    inode: int
    mtime_ns: int
    size: int


ABSENT = Stamp(0, 0, 0)
"""The stamp of a file that does not exist."""


class Record(NamedTuple):
    """A document's head: where it lies, how fresh it is, and all that a query may ask for.

    disk_revision: the revision written in the file. It is behind `revision` after an edit
    by hand, because we do not write into a file somebody may have open.
    links: a session's task ids. root_id, parent_id: of sessions their root and parent.
    """

    kind: Kind
    id: str
    revision: int
    disk_revision: int
    created_at: int
    updated_at: int
    project_id: str | None
    parent_id: str | None
    root_id: str | None
    status: str
    priority: str
    title: str
    links: tuple[str, ...]
    foreign: bool
    stamp: Stamp

    @property
    def age(self) -> tuple[int, str]:
        return self.created_at, self.id

    @property
    def key(self) -> DocumentKey:
        return DocumentKey(self.kind, self.id, self.project_id if self.kind is Kind.TASK else None)


def stamp_of(status: os.stat_result) -> Stamp:
    return Stamp(status.st_ino, status.st_mtime_ns, status.st_size)


def record_of(
    entity: Entity, stamp: Stamp = ABSENT, *, disk_revision: int | None = None, foreign: bool = False
) -> Record:
    """The record of an entity. disk_revision: None when the file holds the entity's own."""
    on_disk = entity.revision if disk_revision is None else disk_revision
    common = (entity.id, entity.revision, on_disk, entity.created_at, entity.updated_at)
    if isinstance(entity, Project):
        return Record(Kind.PROJECT, *common, None, None, None, "", "", entity.name, (), foreign, stamp)
    if isinstance(entity, Session):
        place = (entity.project_id, entity.parent_session_id, entity.root_session_id)
        status = SessionStatus(entity.status).value
        return Record(Kind.SESSION, *common, *place, status, "", entity.name, entity.task_ids, foreign, stamp)
    words = (TaskStatus(entity.status).value, Priority(entity.priority).value)
    return Record(
        Kind.TASK, *common, entity.project_id, entity.parent_id, None, *words, entity.title, (), foreign, stamp
    )


def record_of_file(decoded: Decoded, stamp: Stamp) -> Record:
    """The record of a document just read from its file."""
    return record_of(decoded.entity, stamp, foreign=decoded.foreign)
