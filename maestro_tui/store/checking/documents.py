"""Each document by itself: can it be read, is it ours, does it lie where it says it belongs?"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import orjson

from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.store.checking.findings import CheckFinding, FindingKind
from maestro_tui.store.json_files.codec import Entity
from maestro_tui.store.json_files.layout import DocumentKey, Kind, Layout
from maestro_tui.store.json_files.reading import FileState, read_settled

__all__ = ["Head", "Reading", "read_all"]


class Head(NamedTuple):
    """What the relations between documents are judged by. parent_id: of a task; task_ids: of a session."""

    key: DocumentKey
    revision: int
    created_at: int
    project_id: str | None
    parent_id: str | None
    task_ids: tuple[str, ...]
    foreign: bool


class Reading(NamedTuple):
    """heads: the documents that are good. present: all places that hold a file, good or not."""

    heads: list[Head]
    present: frozenset[DocumentKey]
    findings: list[CheckFinding]

    @property
    def unsettled(self) -> frozenset[DocumentKey]:
        """The places of which the index may know nothing, or another version: broken, newer and double files."""
        sharing = Counter((key.kind, key.id) for key in self.present)
        doubles = {key for key in self.present if sharing[key.kind, key.id] > 1}
        return (self.present - {head.key for head in self.heads if not head.foreign}) | doubles


def read_all(layout: Layout, keys: Iterable[DocumentKey]) -> Reading:
    """Read every document. Blocking; holds no document longer than it is read."""
    heads: list[Head] = []
    findings: list[CheckFinding] = []
    present: set[DocumentKey] = set()
    for key in sorted(keys):
        state = read_settled(key, layout.path(key))
        if state is None:
            continue
        present.add(key)
        if state.decoded is None:
            findings.append(_damaged(layout, key, state))
            continue
        heads.append(_head(key, state.decoded.entity, foreign=state.decoded.foreign))
        if state.decoded.foreign:
            message = "was written by a later version; it is shown and never rewritten: update maestro-tui"
            findings.append(_finding(layout, key, FindingKind.NEWER, message))
    everything = frozenset(present)
    return Reading(heads, everything, [*findings, *_duplicates(layout, everything)])


def _head(key: DocumentKey, entity: Entity, *, foreign: bool) -> Head:
    place = (key, entity.revision, entity.created_at)
    if isinstance(entity, Task):
        return Head(*place, entity.project_id, entity.parent_id, (), foreign)
    if isinstance(entity, Session):
        return Head(*place, entity.project_id, None, entity.task_ids, foreign)
    return Head(*place, None, None, (), foreign)


def _damaged(layout: Layout, key: DocumentKey, state: FileState) -> CheckFinding:
    kind = FindingKind.MISPLACED if _is_misplaced(key, state.content) else FindingKind.UNREADABLE
    return _finding(layout, key, kind, state.problem or "cannot be read")


def _is_misplaced(key: DocumentKey, content: bytes) -> bool:
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    if not isinstance(data, dict) or not isinstance(data.get("id"), str):
        return False
    return data["id"] != key.id or (
        key.kind is Kind.TASK and data.get("projectId", key.project_id) != key.project_id
    )


def _duplicates(layout: Layout, present: Iterable[DocumentKey]) -> Iterator[CheckFinding]:
    places: dict[tuple[Kind, str], list[DocumentKey]] = defaultdict(list)
    for key in sorted(present):
        places[key.kind, key.id].append(key)
    for first, *others in places.values():
        for key in others:
            message = f"the same {key.kind} is at {layout.path(first)}; keep one of them"
            yield _finding(layout, key, FindingKind.DUPLICATE, message)


def _finding(layout: Layout, key: DocumentKey, kind: FindingKind, message: str) -> CheckFinding:
    return CheckFinding(str(layout.path(key)), message, document_id=key.id, kind=kind)
