"""The tree of tasks: subtasks and child tasks nested, live sessions beside and under them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from maestro_tui.domain.status import Priority
from maestro_tui.domain.text import clean_line
from maestro_tui.tui.glyphs import PRIORITY_MARKS
from maestro_tui.tui.ports import Change, Documents
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

__all__ = ["TaskTree"]

Node = TreeNode[Row]

WORDS_FROM = 44
"""Cells from which on priorities are written as words."""
NOTE_FROM = 6
"""Cells that must be left beside a title for its note to begin."""
MOST_MARKS = 4
"""How many sessions of a task are marked on its row."""
COLOURS = ("foreground", "muted", "primary", "secondary", "accent", "success", "warning", "error")
LOUD = frozenset({"warning", "accent", "error"})


class TaskTree(Tree[Row], inherit_bindings=False):
    """Shows one project of the documents it is given.

    A change touches the lines it concerns and no other: cursor, scroll position and what is
    folded stay as they are.
    """

    BINDINGS = [
        Binding("up,k", "cursor_up", "Up", show=False),
        Binding("down,j", "cursor_down", "Down", show=False),
        Binding("left,h", "fold", "Fold, or go to the parent", show=False),
        Binding("right,l", "unfold", "Unfold, or go to the first child", show=False),
        Binding("enter", "select_cursor", "Open", show=False),
        Binding("home,g", "scroll_home", "First", show=False),
        Binding("end,G", "scroll_end", "Last", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
    ]

    COMPONENT_CLASSES = {f"task-tree--{colour}" for colour in COLOURS}

    DEFAULT_CSS = "\n".join(
        [
            "TaskTree { scrollbar-size-vertical: 1; overflow-x: hidden; ",
            *(
                f"& > .task-tree--{colour} {{ color: ${colour}; }}"
                for colour in (
                    "foreground",
                    "muted",
                    "primary",
                    "secondary",
                    "accent",
                    "success",
                    "warning",
                    "error",
                )
            ),
            "}",
        ]
    )

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another row, or that row changed. row: None in an empty tree."""

        tree: "TaskTree"
        row: Row | None

        @property
        def control(self) -> "TaskTree":
            return self.tree

    @dataclass
    class Opened(Message):
        """The person pressed enter on a row, or clicked it."""

        tree: "TaskTree"
        row: Row

        @property
        def control(self) -> "TaskTree":
            return self.tree

    def __init__(self, documents: Documents, *, id: str | None = None) -> None:  # noqa: A002 - Textual's word
        super().__init__(Text("tasks"), id=id)
        self.show_root = False
        self.guide_depth = 2
        self.auto_expand = False
        self._documents = documents
        self._project_id: str | None = None
        self._words = ""
        self._shown: set[str] | None = None
        self._by_key: dict[RowKey, Node] = {}
        self._wanted: RowKey | None = None

    @property
    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.cursor_node.data if self.cursor_node is not None else None

    @property
    def filter_words(self) -> str:
        """What a task must contain to be shown; empty shows all."""
        return self._words

    def show_project(self, project_id: str | None) -> None:
        """Show another project, from its top."""
        self._project_id = project_id
        self._words, self._shown = "", None
        self._wanted = None
        self._reconcile(self.root, [])
        self._sync()
        self._ensure_cursor()
        if self.root.children:
            self.move_cursor(self.root.children[0])

    def filter_by(self, words: str) -> None:
        """Show only tasks that contain every word, and the tasks above them."""
        self._words = words
        self._sync()
        self._ensure_cursor()

    def choose(self, key: RowKey) -> None:
        """Move the cursor to a row, now or as soon as it appears; unfold what is above it."""
        self._wanted = key
        self._go_to_wanted()

    def apply(self, changes: Sequence[Change]) -> None:
        """Follow changes of the documents."""
        before = self.row
        if self._words or any(change.kind in ("reset", "project") for change in changes):
            self._sync()
        else:
            self._follow(changes)
        self._go_to_wanted()
        self._ensure_cursor()
        if self.row != before:
            self.post_message(self.Highlighted(self, self.row))

    # Keeping the nodes equal to the documents

    def _follow(self, changes: Iterable[Change]) -> None:
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
        node = parent.add(Text(row.kind), row, before=index, expand=not row.quiet, allow_expand=False)
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

    # The cursor

    def _go_to_wanted(self) -> None:
        node = self._by_key.get(self._wanted) if self._wanted else None
        if node is None:
            return
        self._wanted = None
        above = node.parent
        while above is not None and above is not self.root:
            if above.is_collapsed:
                above.expand()
            above = above.parent
        self._build()
        self.move_cursor(node)

    def _ensure_cursor(self) -> None:
        """Keep the cursor on a row while there is one."""
        self._build()
        gone = self.cursor_node is None or self.cursor_node.data is None or not self._holds(self.cursor_node)
        if gone and self.root.children:
            self._go_to_wanted()
            if self.cursor_node is None or not self._holds(self.cursor_node):
                self.move_cursor(self.root.children[0])
        elif not self.root.children:
            self.cursor_line = -1
            self.post_message(self.Highlighted(self, None))

    def _holds(self, node: Node) -> bool:
        return node.data is not None and self._by_key.get(node.data.key) is node

    def action_fold(self) -> None:
        """Fold the row under the cursor, or go to its parent."""
        node = self.cursor_node
        if node is None:
            return
        if node.allow_expand and node.is_expanded:
            node.collapse()
        elif node.parent is not None and node.parent is not self.root:
            self.move_cursor(node.parent)

    def action_unfold(self) -> None:
        """Unfold the row under the cursor, or go to its first child."""
        node = self.cursor_node
        if node is None or not node.allow_expand:
            return
        if node.is_collapsed:
            node.expand()
        else:
            self.move_cursor(node.children[0])

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Row]) -> None:
        event.stop()
        self.post_message(self.Highlighted(self, event.node.data))

    def on_tree_node_selected(self, event: Tree.NodeSelected[Row]) -> None:
        event.stop()
        if event.node.data is not None:
            self.post_message(self.Opened(self, event.node.data))

    # Drawing

    def get_label_width(self, node: Node) -> int:
        """Rows are cut to the width there is: the tree never scrolls sideways."""
        return 1

    def render_label(self, node: Node, base_style: Style, style: Style) -> Text:
        """One row: fold mark, glyph, title and note, and at the right edge what is going on."""
        row = node.data
        if row is None:
            return Text("")
        width = self.scrollable_content_region.width - self.guide_depth * _depth(node)
        paint = self._paint
        fold = ("▾ " if node.is_expanded else "▸ ") if node.allow_expand else "  "
        lead = Text.assemble((fold, paint("muted")), (f"{row.mark.glyph} ", paint(row.mark.colour)))
        tail = self._tail(row, wordy=width >= WORDS_FROM)
        room = max(width - lead.cell_len - tail.cell_len - 1, 1)
        title = self._title(row, room)
        title.truncate(room, overflow="ellipsis", pad=True)
        return Text.assemble(lead, title, " ", tail, style=style, end="")

    def _paint(self, colour: str) -> Style:
        return self.get_component_rich_style(f"task-tree--{colour}", partial=True)

    def _title(self, row: Row, room: int) -> Text:
        title = Text(clean_line(row.title), style=self._paint("muted" if row.quiet else "foreground"))
        note = clean_line(row.note)
        if note and room - title.cell_len >= NOTE_FROM:
            colour = row.mark.colour if row.mark.colour in LOUD else "muted"
            title.append(f"  {note}", style=self._paint(colour))
        return title

    def _tail(self, row: Row, *, wordy: bool) -> Text:
        """Progress, sessions and priority, each in a column of its own."""
        parts: list[Text] = []
        if row.progress:
            parts.append(Text(row.progress, style=self._paint("muted")))
        if row.sessions:
            marks = [Text(mark.glyph, style=self._paint(mark.colour)) for mark in row.sessions[:MOST_MARKS]]
            parts.append(Text(" ").join(marks))
        if row.priority is not None:
            parts.append(self._priority(row, wordy=wordy))
        return Text("  ").join(parts)

    def _priority(self, row: Row, *, wordy: bool) -> Text:
        """High and low are told, medium and the past are not."""
        mark = PRIORITY_MARKS[row.priority or Priority.MEDIUM]
        told = row.priority is not Priority.MEDIUM and not row.quiet
        text = (mark.word if wordy else mark.glyph) if told else ""
        return Text(text.ljust(5 if wordy else 2), style=self._paint(mark.colour))


def _depth(node: Node) -> int:
    depth = 0
    while node.parent is not None and node.parent.parent is not None:
        depth, node = depth + 1, node.parent
    return depth


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
