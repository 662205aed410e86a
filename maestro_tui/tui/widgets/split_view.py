"""The panes of one tab, as a tree of splits says; every other pane costs nothing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.segment import Segment
from textual import events
from textual.geometry import NULL_OFFSET, Offset, Region, Size, Spacing
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.message import Message
from textual.reactive import reactive, var
from textual.strip import Strip
from textual.widget import Widget

from maestro_tui.tui.layout import PaneTab
from maestro_tui.tui.split_tree import (
    Axis,
    Direction,
    Divider,
    Tree,
    dividers,
    even,
    fits,
    neighbour,
    nudge,
    places,
    slide,
)
from maestro_tui.tui.widgets.pane_title import PaneTitle
from maestro_tui.tui.widgets.tab_strip import Tab

__all__ = ["SplitView"]

NO_SPACE = Spacing()
COLUMNS_PER_STEP, ROWS_PER_STEP = 4, 2
"""How far a divider goes with one key."""
DRAG_SECONDS = 0.05
"""The least between two sizes while a divider is dragged: each of them wraps whole scrollbacks anew."""
_LINES = {(False, False): "│", (True, False): "┤", (False, True): "├", (True, True): "┼"}
_TOP_LINES = {(True, True): "┬", (True, False): "┐", (False, True): "┌", (False, False): "│"}


class _SplitLayout(Layout):
    """Puts each child where its SplitView says."""

    name = "split"

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:
        parent.pre_layout(self)
        regions = parent.regions(size) if isinstance(parent, SplitView) else {}
        return [
            WidgetPlacement(regions[child], NULL_OFFSET, NO_SPACE, child) for child in children if child in regions
        ]


class SplitView(Widget):
    """Shows a tab's panes, each under a title when there are several.

    A pane is a widget with the session's id as its name. Where they do not all fit, the active
    one is shown alone.
    """

    COMPONENT_CLASSES = {"split-view--divider"}
    DEFAULT_CSS = """
    SplitView { width: 1fr; height: 1fr; overflow: hidden; }
    SplitView .split-view--divider { color: $foreground-muted; }
    """

    tab: reactive[PaneTab | None] = reactive(None)
    """The panes shown; None for none."""

    zoomed: reactive[bool] = reactive(False)
    """Whether only the active pane is shown."""

    faces: var[dict[str, Tab]] = var({})
    """What each session looks like, by its id; only the titles show it."""

    @dataclass
    class Reshaped(Message):
        """The person moved a divider. tree: the shown tab's, with other shares."""

        view: "SplitView"
        tree: Tree

        @property
        def control(self) -> "SplitView":
            return self.view

    @dataclass
    class Fitted(Message):
        """With another size all panes of the tab are in sight, or one alone."""

        view: "SplitView"

        @property
        def control(self) -> "SplitView":
            return self.view

    def __init__(self, empty: Widget) -> None:
        """empty: shown while there is no pane."""
        super().__init__(empty)
        self._split_layout = _SplitLayout()
        self._empty = empty
        self._panes: dict[str, Widget] = {}
        self._titles: dict[str, PaneTitle] = {}
        self._dragged: Divider | None = None
        self._wished: Tree | None = None
        self._alone = True

    @property
    def layout(self) -> Layout:
        return self._split_layout

    # Panes.

    def add_pane(self, session_id: str, pane: Widget) -> None:
        """Take in a pane; it is shown when a tab with its session is."""
        pane.display = False
        self._panes[session_id] = pane
        self.mount(pane)

    def drop_pane(self, session_id: str) -> None:
        """Take a pane away."""
        self._panes.pop(session_id).remove()
        if title := self._titles.pop(session_id, None):
            title.remove()

    @property
    def visible_ids(self) -> tuple[str, ...]:
        """The sessions whose panes are in sight."""
        if self.tab is None:
            return ()
        return (self.tab.active,) if self.is_alone else self.tab.ids

    @property
    def is_alone(self) -> bool:
        """Whether one pane has the whole place."""
        return self._alone

    @property
    def _area(self) -> Region:
        return self.size.region

    def watch_tab(self) -> None:
        self._show()

    def watch_zoomed(self) -> None:
        self._show()

    def watch_faces(self) -> None:
        for session_id, title in self._titles.items():
            title.face = self.faces.get(session_id)

    def on_resize(self) -> None:
        """Another size may be too small for several panes, or large enough again."""
        if self._alone != self._must_be_alone():
            self._show()
            self.post_message(self.Fitted(self))

    def _show(self) -> None:
        """Display what is in sight and nothing else."""
        self._alone = self._must_be_alone()
        visible, several = self.visible_ids, not self._alone
        self._empty.display = not visible
        for session_id in visible if several else ():
            if session_id not in self._titles:
                self._titles[session_id] = PaneTitle()
                self._titles[session_id].face = self.faces.get(session_id)
                self.mount(self._titles[session_id])
        for session_id, pane in self._panes.items():
            pane.display = session_id in visible
        for session_id, title in self._titles.items():
            title.display = several and session_id in visible
            title.is_active = self.tab is not None and session_id == self.tab.active
        self.refresh()
        self._empty.refresh(layout=True)  # asked for by a child: a widget's own request keeps its old arrangement

    def _must_be_alone(self) -> bool:
        tree = self.tab.tree if self.tab else ""
        return self.zoomed or isinstance(tree, str) or not fits(tree, self._area)

    def regions(self, size: Size) -> dict[Widget, Region]:
        """Where each child goes in a place of this size."""
        area = size.region
        if self.tab is None:
            return {self._empty: area}
        if self.is_alone:
            return {self._panes[self.tab.active]: area}
        regions: dict[Widget, Region] = {}
        for session_id, region in places(self.tab.tree, area).items():
            title, below = region.split_horizontal(1)
            regions[self._titles[session_id]] = title
            regions[self._panes[session_id]] = below
        return regions

    # What keys ask for.

    def toward(self, direction: Direction) -> str | None:
        """The session whose pane lies that way from the active one."""
        if self.tab is None:
            return None
        return neighbour(self.tab.tree, self._area, self.tab.active, direction)

    def nudged(self, direction: Direction) -> Tree | None:
        """The tree after one step of the active pane's divider; None without a pane."""
        if self.tab is None:
            return None
        cells = COLUMNS_PER_STEP if direction.axis is Axis.ROW else ROWS_PER_STEP
        return nudge(self.tab.tree, self.tab.active, direction, cells, self._area)

    # Dividers.

    def render_lines(self, crop: Region) -> list[Strip]:
        """The dividers; everything else of it lies under panes and titles.

        Straight, for the cache that widgets have for their borders would cost most of a change of tabs.
        """
        x, y, width, height = crop
        style = self.get_component_rich_style("split-view--divider")
        dividers = [one for one in self._dividers() if one.axis is Axis.ROW]
        regions = places(self.tab.tree, self._area).values() if self.tab is not None and dividers else ()
        strips = []
        for row in range(y, y + height):
            characters = [" "] * self.size.width
            for divider in dividers:
                if divider.region.y <= row < divider.region.bottom:
                    titles = [region for region in regions if region.y == row]
                    characters[divider.region.x] = _joint(divider.region, row, titles)
            strips.append(Strip([Segment("".join(characters[x : x + width]), style)], width))
        return strips

    def _dividers(self) -> Iterator[Divider]:
        if self.tab is not None and not self.is_alone:
            yield from dividers(self.tab.tree, self._area)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag the divider that was hit."""
        place = event.screen_offset - self.content_region.offset
        hit = [divider for divider in self._dividers() if divider.region.contains_point(place)]
        if hit and event.button == 1:
            event.stop()
            self._dragged = hit[-1]
            self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Bring the dragged divider under the mouse."""
        dragged, tab = self._dragged, self.tab
        if dragged is None or tab is None:
            return
        event.stop()
        place = event.screen_offset - self.content_region.offset
        now = next((divider for divider in self._dividers() if divider.path == dragged.path), None)
        if now is None:
            return
        was_waiting = self._wished is not None
        self._wished = slide(tab.tree, dragged.path, _distance(now, place), self._area)
        if not was_waiting:
            self.set_timer(DRAG_SECONDS, self._reshape)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._dragged is not None:
            event.stop()
            self._dragged = None
            self.release_mouse()
            self._reshape()

    def on_click(self, event: events.Click) -> None:
        """Twice on a divider: both halves get the same."""
        place = event.screen_offset - self.content_region.offset
        hit = [divider for divider in self._dividers() if divider.region.contains_point(place)]
        if hit and event.chain == 2 and self.tab is not None:
            self.post_message(self.Reshaped(self, even(self.tab.tree, hit[-1].path)))

    def _reshape(self) -> None:
        wished, self._wished = self._wished, None
        if wished is not None and self.tab is not None and wished != self.tab.tree:
            self.post_message(self.Reshaped(self, wished))


def _distance(divider: Divider, place: Offset) -> int:
    if divider.axis is Axis.ROW:
        return place.x - divider.region.x
    return place.y - divider.region.y


def _joint(divider: Region, y: int, titles: Iterable[Region]) -> str:
    """A divider's character where title rows may meet it."""
    met = any(one.right == divider.x for one in titles), any(one.x == divider.right for one in titles)
    return (_TOP_LINES if y == divider.y else _LINES)[met]
