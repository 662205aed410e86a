"""What documents say of each other: projects, parents and tasks that must be there."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from maestro_tui.store.checking.documents import Head, Reading
from maestro_tui.store.checking.findings import CheckFinding, FindingKind
from maestro_tui.store.json_files.layout import DocumentKey, Kind, Layout

__all__ = ["Relations"]


class Relations:
    """Judges the relations of the documents that were read.

    A document that is there but cannot be read counts as there: mending it mends what points to it.
    """

    def __init__(self, layout: Layout, reading: Reading) -> None:
        self._layout = layout
        self._heads = reading.heads
        self._present = reading.present
        self._parents: Mapping[DocumentKey, DocumentKey | None] = {
            head.key: self._parent(head) for head in self._heads if head.key.kind is Kind.TASK
        }

    def findings(self) -> Iterator[CheckFinding]:
        yield from self._missing_projects()
        for head in self.fatherless():
            message = f"its parent '{head.parent_id}' is no task of project '{head.project_id}'"
            yield self._finding(head, FindingKind.MISSING_PARENT, message, "set parentId to null")
        for head in self.cycle_breakers():
            message = "is its own ancestor, through parentId"
            yield self._finding(head, FindingKind.CYCLE, message, "set parentId of its oldest task to null")
        for head, gone in self.with_missing_tasks():
            message = f"names tasks that are not in project '{head.project_id}': {', '.join(gone)}"
            yield self._finding(head, FindingKind.MISSING_TASK, message, "take them out of taskIds")

    def fatherless(self) -> list[Head]:
        """The tasks whose parent is not there."""
        parents = self._parents
        return [
            head
            for head in self._heads
            if head.key.kind is Kind.TASK and (parent := parents[head.key]) and parent not in self._present
        ]

    def cycle_breakers(self) -> list[Head]:
        """Of each circle of parents, the oldest task."""
        by_key = {head.key: head for head in self._heads}
        return [min((by_key[key] for key in circle), key=_age) for circle in _circles(self._parents)]

    def with_missing_tasks(self) -> list[tuple[Head, tuple[str, ...]]]:
        """The sessions that name tasks which are not there, and which."""
        result = []
        for head in self._heads:
            gone = tuple(one for one in head.task_ids if self._task(one, head.project_id) not in self._present)
            if gone:
                result.append((head, gone))
        return result

    def _missing_projects(self) -> Iterator[CheckFinding]:
        for head in self._heads:
            if head.project_id is not None and DocumentKey(Kind.PROJECT, head.project_id) not in self._present:
                message = f"its project '{head.project_id}' is not there; restore that, or move this file"
                yield self._finding(head, FindingKind.MISSING_PROJECT, message)

    def _parent(self, head: Head) -> DocumentKey | None:
        return None if head.parent_id is None else self._task(head.parent_id, head.project_id)

    def _task(self, task_id: str, project_id: str | None) -> DocumentKey:
        return DocumentKey(Kind.TASK, task_id, project_id)

    def _finding(self, head: Head, kind: FindingKind, message: str, repair: str | None = None) -> CheckFinding:
        path = str(self._layout.path(head.key))
        repair = None if head.foreign else repair
        return CheckFinding(path, message, document_id=head.key.id, kind=kind, repair=repair)


def _age(head: Head) -> tuple[int, str]:
    return head.created_at, head.key.id


def _circles(parents: Mapping[DocumentKey, DocumentKey | None]) -> Iterable[Collection[DocumentKey]]:
    """Every circle once. Each key is walked over once, so the cost is that of a look at all."""
    done: set[DocumentKey] = set()
    for start in parents:
        path: dict[DocumentKey, None] = {}
        key: DocumentKey | None = start
        while key is not None and key not in done and key not in path:
            path[key] = None
            key = parents.get(key)
        if key is not None and key in path:
            way = list(path)
            yield way[way.index(key) :]
        done.update(path)
