"""The tree of tasks: subtasks and child tasks nested, live sessions beside and under them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.style import Style
from rich.text import Text
from textual.binding import Binding
from textual.message import Message
from textual.reactive import var
from textual.widgets import Tree

from maestro_tui.client.mirror import MirrorChange
from maestro_tui.tui.glyphs import Mark
from maestro_tui.tui.rows import Row, RowKey
from maestro_tui.tui.widgets.task_label import COLOURS, WORDS_FROM, label
from maestro_tui.tui.widgets.task_nodes import Node, TaskNodes

__all__ = ["TaskTree"]


class TaskTree(TaskNodes, inherit_bindings=False):
    """Shows one project of the documents it is given, and moves a cursor over it."""

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
            *(f"& > .task-tree--{colour} {{ color: ${colour}; }}" for colour in sorted(COLOURS)),
            "}",
        ]
    )

    marks: var[Mapping[str, Mark]] = var({}, init=False)
    """What else there is to say of a task or a session, by its id."""

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

    def apply(self, changes: Sequence[MirrorChange]) -> None:
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

    def on_tree_node_collapsed(self, event: Tree.NodeCollapsed[Row]) -> None:
        self._remember_fold(event)

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[Row]) -> None:
        self._remember_fold(event)

    def _remember_fold(self, event: Tree.NodeCollapsed[Row] | Tree.NodeExpanded[Row]) -> None:
        event.stop()
        if event.node.data is not None:
            self.folds[event.node.data.id] = event.node.is_expanded

    # Drawing

    def watch_marks(self, before: Mapping[str, Mark], now: Mapping[str, Mark]) -> None:
        for document_id in before.keys() | now.keys():
            if before.get(document_id) != now.get(document_id):
                for node in self.nodes_of(document_id):
                    node.refresh()

    def get_label_width(self, node: Node) -> int:
        """Rows are cut to the width there is: the tree never scrolls sideways."""
        return 1

    def render_label(self, node: Node, base_style: Style, style: Style) -> Text:
        """One row, as wide as the tree."""
        row = node.data
        if row is None:
            return Text("")
        fold = ("▾ " if node.is_expanded else "▸ ") if node.allow_expand else "  "
        whole = self.scrollable_content_region.width
        width = whole - self.guide_depth * _depth(node)
        text = label(row, fold, width, self._paint, self.marks.get(row.id), wordy=whole >= WORDS_FROM)
        text.style, text.end = style, ""
        return text

    def _paint(self, colour: str) -> Style:
        return self.get_component_rich_style(f"task-tree--{colour}", partial=True)


def _depth(node: Node) -> int:
    depth = 0
    while node.parent is not None and node.parent.parent is not None:
        depth, node = depth + 1, node.parent
    return depth
