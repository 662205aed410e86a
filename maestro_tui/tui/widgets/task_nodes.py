"""The nodes of the task tree, kept equal to the documents with as few touches as can be."""

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual.cache import LRUCache
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from maestro_tui.client.mirror import MirrorChange
from maestro_tui.tui.ports import Documents
from maestro_tui.tui.rows import (
    Row,
    RowKey,
    child_rows,
    loose_sessions,
    matching_tasks,
    root_tasks,
    session_row,
    task_row,
)

__all__ = ["Node", "TaskNodes"]

Node = TreeNode[Row]

LINES_KEPT = 128
"""As drawn. Textual keeps 1024, most of them as they once were, with up to 20 KB of what was made of each."""


class TaskNodes(Tree[Row], inherit_bindings=False):
    """A tree with a node for every row of one project.

    A change touches the nodes it concerns and no other: cursor, scroll position and what is
    folded stay as they are.
    """

    def __init__(
        self,
        documents: Documents,
        *,
        folds: dict[str, bool] | None = None,
        id: str | None = None,  # noqa: A002 - Textual's word
    ) -> None:
        super().__init__(Text("tasks"), id=id)
        self.show_root = False
        self.guide_depth = 2
        self.auto_expand = False
        self._line_cache = LRUCache(LINES_KEPT)
        self._documents = documents
        self._project_id: str | None = None
        self._words = ""
        self._shown: set[str] | None = None
        self._by_key: dict[RowKey, Node] = {}
        self._wanted: RowKey | None = None
        self.folds = {} if folds is None else folds
        """Tasks the person unfolded (True) or folded, by id; others are unfolded until they are done."""

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.cursor_node.data if self.cursor_node is not None else None

    def nodes_of(self, document_id: str) -> list[Node]:
        """The nodes that show a document; a session of several tasks has one under each."""
        return [node for key, node in self._by_key.items() if key[2] == document_id]

    def _follow(self, changes: Iterable[MirrorChange]) -> None:
        tasks = {change.id for change in changes if change.kind == "task"}
        sessions = {change.id for change in changes if change.kind == "session"}
        tasks |= {key[1] for key in self._by_key if key[0] == "session" and key[2] in sessions}
        for session in filter(None, map(self._documents.sessions.get, sessions)):
            tasks |= set(session.task_ids)
        if sessions or any(self._place_changed(task_id) for task_id in tasks):
            self._sync_roots()
        for task_id in tasks:
            self._refresh_task(task_id)

    def _place_changed(self, task_id: str) -> bool:
        """Whether the top level of the tree gains or loses this task."""
        node = self._by_key.get(("task", "", task_id))
        task = self._documents.tasks.get(task_id)
        is_root = task is not None and task.parent_id not in self._documents.tasks
        return is_root != (node is not None and node.parent is self.root)

    def _refresh_task(self, task_id: str) -> None:
        task = self._documents.tasks.get(task_id)
        parent = self._documents.tasks.get(task.parent_id or "") if task else None
        if parent is not None and (node := self._by_key.get(("task", "", parent.id))):
            self._sync_children(node, deep=False)
        node = self._by_key.get(("task", "", task_id))
        if node is None:
            return
        if task is None:
            self._remove(node)
            return
        self._set_row(node, task_row(self._documents, task))
        self._sync_children(node)

    def _sync(self) -> None:
        """Bring every node up to date."""
        self._shown = None
        if self._words and self._project_id:
            self._shown = matching_tasks(self._documents, self._project_id, self._words)
        self._sync_roots()
        for node in list(self.root.children):
            self._sync_children(node)

    def _sync_roots(self) -> None:
        if self._project_id is None:
            self._reconcile(self.root, [])
            return
        tasks = [task for task in root_tasks(self._documents, self._project_id) if self._is_shown(task.id)]
        loose = [] if self._words else loose_sessions(self._documents, self._project_id)
        rows = [*(task_row(self._documents, task) for task in tasks), *map(session_row, loose)]
        self._reconcile(self.root, rows)

    def _sync_children(self, node: Node, *, deep: bool = True) -> None:
        row = node.data
        if row is None or row.kind != "task":
            return
        task = self._documents.tasks.get(row.id)
        rows = child_rows(self._documents, task, self._is_shown) if task else []
        self._reconcile(node, rows)
        if deep:
            for child in list(node.children):
                self._sync_children(child)

    def _is_shown(self, task_id: str) -> bool:
        return self._shown is None or task_id in self._shown

    def _reconcile(self, parent: Node, rows: Sequence[Row]) -> None:
        """Make the children of a node show rows, touching only those that differ."""
        wanted = {row.key for row in rows}
        for child in list(parent.children):
            if child.data is None or child.data.key not in wanted:
                self._remove(child)
        for index, row in enumerate(rows):
            children = parent.children
            node = children[index] if index < len(children) else None
            if node is not None and node.data is not None and node.data.key == row.key:
                self._set_row(node, row)
            else:
                self._insert(parent, index, row)
        if parent is not self.root and parent.allow_expand != bool(rows):
            parent.allow_expand = bool(rows)

    def _insert(self, parent: Node, index: int, row: Row) -> None:
        had_cursor = self.row is not None and self.row.key == row.key
        if (old := self._by_key.get(row.key)) is not None:
            self._remove(old)
        unfolded = self.folds.get(row.id, not row.quiet)
        node = parent.add(Text(row.kind), row, before=index, expand=unfolded, allow_expand=False)
        self._by_key[row.key] = node
        if row.kind == "task":
            self._sync_children(node)
        if had_cursor:
            self._wanted = row.key

    def _remove(self, node: Node) -> None:
        if self.cursor_node is not None and _is_within(self.cursor_node, node):
            neighbour = node.next_sibling or node.previous_sibling or node.parent
            if neighbour is not None and neighbour is not self.root and neighbour.data is not None:
                self._wanted = self._wanted or neighbour.data.key
        for gone in _descendants(node):
            if gone.data is not None and self._by_key.get(gone.data.key) is gone:
                del self._by_key[gone.data.key]
        node.remove()

    def _set_row(self, node: Node, row: Row) -> None:
        if node.data != row:
            node.data = row
            node.refresh()


def _is_within(node: Node, ancestor: Node) -> bool:
    current: Node | None = node
    while current is not None:
        if current is ancestor:
            return True
        current = current.parent
    return False


def _descendants(node: Node) -> Iterable[Node]:
    yield node
    for child in node.children:
        yield from _descendants(child)
