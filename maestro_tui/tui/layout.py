"""Which panes are shown together: tabs of split trees, without any screen.

It may name sessions that have no terminal here at the moment: their place is kept until they
come back. `only` leaves what can be shown now. Layouts are values: each method returns another.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from maestro_tui.tui.split_tree import Axis, Tree, adopt, from_plain, insert, keep, leaves, remove, swap, to_plain

__all__ = ["Layout", "PaneTab"]

MOST_TABS = 200
"""How many tabs are remembered."""


@dataclass(frozen=True, slots=True)
class PaneTab:
    """Panes that are shown together. active: the one that gets the keys."""

    tree: Tree
    active: str

    @property
    def ids(self) -> tuple[str, ...]:
        """The sessions, first half of each split first."""
        return leaves(self.tree)


@dataclass(frozen=True, slots=True)
class Layout:
    """Tabs from left to right; each session is in one of them at most. current: the place of the tab shown."""

    tabs: tuple[PaneTab, ...] = ()
    current: int = 0

    @property
    def ids(self) -> tuple[str, ...]:
        """Every session, tab by tab."""
        return tuple(one for tab in self.tabs for one in tab.ids)

    @property
    def shown(self) -> PaneTab | None:
        """The tab shown; None when there is none."""
        return self.tabs[self.current] if self.tabs else None

    @property
    def active(self) -> str | None:
        """The session that gets the keys."""
        return self.shown.active if self.shown else None

    def place_of(self, session_id: str) -> int:
        """The place of the tab with a session. Raises KeyError when it is in none."""
        for place, tab in enumerate(self.tabs):
            if session_id in tab.ids:
                return place
        raise KeyError(session_id)

    def only(self, ids: Collection[str]) -> "Layout":
        """What is left of it with these sessions alone."""
        tabs, current = [], 0
        for place, tab in enumerate(self.tabs):
            tree = keep(tab.tree, ids)
            if tree is not None:
                tabs.append(PaneTab(tree, tab.active if tab.active in ids else leaves(tree)[0]))
            if place < self.current:
                current = len(tabs)
        return Layout(tuple(tabs), max(0, min(current, len(tabs) - 1)))

    def add(self, session_id: str) -> "Layout":
        """With a tab of its own for a session, at the right end; one that has a place keeps it."""
        if session_id in self.ids:
            return self
        return replace(self, tabs=(*self.tabs, PaneTab(session_id, session_id)))

    def without(self, session_id: str) -> "Layout":
        """Without a session, and without its tab when nothing else was in it."""
        return self.only([one for one in self.ids if one != session_id])

    def show(self, session_id: str) -> "Layout":
        """With the tab of a session shown, the keys for it. Raises KeyError for one without a place."""
        place = self.place_of(session_id)
        return replace(self._with(place, replace(self.tabs[place], active=session_id)), current=place)

    def split(self, beside: str, session_id: str, axis: Axis, *, before: bool = False) -> "Layout":
        """With a session moved beside another, which shares its place with it."""
        if session_id == beside:
            return self
        rest = self.without(session_id)
        place = rest.place_of(beside)
        tree = insert(rest.tabs[place].tree, beside, session_id, axis, before=before)
        return rest._with(place, PaneTab(tree, session_id)).show(session_id)

    def detach(self, session_id: str) -> "Layout":
        """With a session in a tab of its own, to the right of where it was."""
        place = self.place_of(session_id)
        tree = remove(self.tabs[place].tree, session_id)
        if tree is None:
            return self
        left = PaneTab(tree, leaves(tree)[0])
        tabs = (*self.tabs[:place], left, PaneTab(session_id, session_id), *self.tabs[place + 1 :])
        return Layout(tabs, place + 1)

    def swap(self, one: str, other: str) -> "Layout":
        """With two sessions of one tab in each other's place."""
        place = self.place_of(one)
        return self._with(place, replace(self.tabs[place], tree=swap(self.tabs[place].tree, one, other)))

    def reorder(self, one: str, other: str) -> "Layout":
        """With the tabs of two sessions in each other's place, the first one's shown."""
        here, there = self.place_of(one), self.place_of(other)
        tabs = list(self.tabs)
        tabs[here], tabs[there] = tabs[there], tabs[here]
        return Layout(tuple(tabs), there)

    def reshape(self, session_id: str, tree: Tree) -> "Layout":
        """With other sizes in the tab of a session. tree: its panes, or those of them that are shown."""
        place = self.place_of(session_id)
        return self._with(place, replace(self.tabs[place], tree=adopt(self.tabs[place].tree, tree)))

    def _with(self, place: int, tab: PaneTab) -> "Layout":
        return replace(self, tabs=(*self.tabs[:place], tab, *self.tabs[place + 1 :]))

    # In a file.

    def to_plain(self) -> dict[str, Any]:
        """As JSON has it; of very many tabs the newest."""
        tabs = [{"active": tab.active, "panes": to_plain(tab.tree)} for tab in self.tabs[-MOST_TABS:]]
        return {"tabs": tabs, "active": self.active}

    @classmethod
    def from_plain(cls, value: Any) -> "Layout":
        """From JSON; what makes no sense in it is left out."""
        known = value if isinstance(value, Mapping) else {}
        entries = known.get("tabs")
        layout = cls()
        for entry in entries[:MOST_TABS] if isinstance(entries, list) else ():
            tree = from_plain(entry.get("panes")) if isinstance(entry, Mapping) else None
            new = keep(tree, set(leaves(tree)) - set(layout.ids)) if tree is not None else None
            if new is not None:
                active = entry.get("active")
                active = active if active in leaves(new) else leaves(new)[0]
                layout = replace(layout, tabs=(*layout.tabs, PaneTab(new, active)))
        active = known.get("active")
        return layout.show(active) if active in layout.ids else layout
