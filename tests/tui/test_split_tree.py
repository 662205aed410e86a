"""The tree of splits and the tabs made of it, against every order of what a person can do."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from textual.geometry import Region

from maestro_tui.tui.layout import Layout
from maestro_tui.tui.split_tree import (
    Axis,
    Direction,
    Split,
    adopt,
    dividers,
    even,
    fits,
    from_plain,
    insert,
    keep,
    leaves,
    neighbour,
    nudge,
    places,
    remove,
    slide,
    swap,
    to_plain,
)

AREA = Region(0, 0, 120, 40)
IDS = [f"ses_{number}" for number in range(8)]
axes, shares = st.sampled_from(list(Axis)), st.floats(0.05, 0.95)


@st.composite
def trees(draw):
    """A tree grown as a person grows it: one split after the other."""
    ids = draw(st.permutations(IDS))[: draw(st.integers(1, 8))]
    tree = ids[0]
    for place, new in enumerate(ids[1:], 1):
        beside = draw(st.sampled_from(ids[:place]))
        tree = insert(tree, beside, new, draw(axes), before=draw(st.booleans()))
    return tree


areas = st.builds(Region, st.integers(0, 9), st.integers(0, 9), st.integers(0, 300), st.integers(0, 120))


@given(trees(), areas)
def test_panes_and_dividers_fill_the_area_once(tree, area):
    regions = list(places(tree, area).values())
    lines = [divider.region for divider in dividers(tree, area) if divider.axis is Axis.ROW]
    covered = [(x, y) for one in regions + lines for x, y in _cells(one) if area.contains(x, y)]
    assert len(covered) == len(set(covered))
    assert all(area.contains_region(one) for one in regions)
    if fits(tree, area):
        assert len(covered) == area.area
        assert all(one.width >= 16 and one.height >= 4 for one in regions)


def _cells(region):
    return ((x, y) for y in range(region.y, region.bottom) for x in range(region.x, region.right))


@given(trees(), st.data())
def test_what_is_inserted_and_removed_again_leaves_no_trace(tree, data):
    beside = data.draw(st.sampled_from(leaves(tree)))
    grown = insert(tree, beside, "new", data.draw(axes), before=data.draw(st.booleans()))
    assert sorted(leaves(grown)) == sorted([*leaves(tree), "new"])
    assert remove(grown, "new") == tree


@given(trees(), st.data())
def test_moving_a_divider_moves_that_divider(tree, data):
    lines = list(dividers(tree, AREA))
    if not lines or not fits(tree, AREA):
        return
    moved, cells = data.draw(st.sampled_from(lines)), data.draw(st.integers(-60, 60))
    after = {one.path: one for one in dividers(slide(tree, moved.path, cells, AREA), AREA)}[moved.path]
    way = after.region.x - moved.region.x if moved.axis is Axis.ROW else after.region.y - moved.region.y
    assert way == 0 or (way > 0) == (cells > 0)
    assert abs(way) <= abs(cells)
    assert fits(slide(tree, moved.path, cells, AREA), AREA)


@given(trees(), st.data())
def test_neighbours_are_mutual_sides(tree, data):
    leaf, direction = data.draw(st.sampled_from(leaves(tree))), data.draw(st.sampled_from(list(Direction)))
    there = neighbour(tree, AREA, leaf, direction)
    if there is None or not fits(tree, AREA):
        return
    here, other = places(tree, AREA)[leaf], places(tree, AREA)[there]
    assert {
        Direction.LEFT: other.right <= here.x,
        Direction.RIGHT: other.x >= here.right,
        Direction.UP: other.bottom <= here.y,
        Direction.DOWN: other.y >= here.bottom,
    }[direction]


@given(trees())
def test_a_tree_is_read_as_it_was_written(tree):
    assert from_plain(json.loads(json.dumps(to_plain(tree)))) == tree


@given(trees(), trees(), st.sets(st.sampled_from(IDS)))
def test_swapping_twice_changes_nothing_and_shares_are_taken_over(tree, other, ids):
    one, two = leaves(tree)[0], leaves(tree)[-1]
    assert swap(swap(tree, one, two), one, two) == tree
    shown = keep(tree, ids)
    assert adopt(tree, shown or one) == tree
    assert leaves(adopt(tree, other)) == leaves(tree) if set(leaves(other)) == set(leaves(tree)) else True


def test_the_divider_at_the_right_or_lower_edge_is_moved_first():
    tree = Split(Axis.ROW, "a", Split(Axis.COLUMN, "b", Split(Axis.ROW, "c", "d")))
    before = places(tree, AREA)
    wider = places(nudge(tree, "c", Direction.RIGHT, 4, AREA), AREA)
    assert wider["c"].width == before["c"].width + 4
    assert wider["a"] == before["a"]
    assert places(nudge(tree, "d", Direction.LEFT, 4, AREA), AREA)["d"].width == before["d"].width + 4
    assert places(nudge(tree, "c", Direction.UP, 2, AREA), AREA)["c"].height == before["c"].height + 2
    assert nudge("a", "a", Direction.LEFT, 4, AREA) == "a"
    assert places(even(slide(tree, (), 20, AREA), ()), AREA) == before


JUNK = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=3) | st.sampled_from(IDS),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["axis", "share", "panes", "tabs", "active", "row"]), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(JUNK)
def test_any_file_makes_a_layout(value):
    layout = Layout.from_plain(value)
    assert len(layout.ids) == len(set(layout.ids))
    assert all(tab.active in tab.ids for tab in layout.tabs)


def test_deep_files_and_doubles_are_cut():
    deep = "ses_1"
    for number in range(500):
        deep = {"axis": "row", "panes": [f"x{number}", deep]}
    assert "ses_1" not in leaves(from_plain(deep))
    same = {"axis": "row", "panes": ["a", {"axis": "column", "panes": ["a", "b"]}]}
    assert Layout.from_plain({"tabs": [{"panes": same}, {"panes": "b"}]}).ids == ("a", "b")


class Person(RuleBasedStateMachine):
    """Someone who opens, moves and closes panes, while the model keeps which session is where."""

    def __init__(self):
        super().__init__()
        self.layout = Layout()
        self.known: set[str] = set()

    @rule(one=st.sampled_from(IDS))
    def add(self, one):
        self.layout = self.layout.add(one).show(one)
        self.known.add(one)
        assert self.layout.active == one

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def drop(self, data):
        one = data.draw(st.sampled_from(sorted(self.known)))
        kept = self.layout.active
        self.layout = self.layout.without(one)
        self.known.discard(one)
        assert kept == one or self.layout.active == kept

    @precondition(lambda self: len(self.known) > 1)
    @rule(data=st.data(), axis=axes, before=st.booleans())
    def split(self, data, axis, before):
        beside, one = data.draw(st.permutations(sorted(self.known)))[:2]
        self.layout = self.layout.split(beside, one, axis, before=before)
        assert self.layout.active == one
        assert self.layout.place_of(beside) == self.layout.place_of(one)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def detach(self, data):
        one = data.draw(st.sampled_from(sorted(self.known)))
        self.layout = self.layout.detach(one)
        assert self.layout.tabs[self.layout.place_of(one)].ids == (one,)

    @precondition(lambda self: len(self.layout.tabs) > 1)
    @rule(data=st.data())
    def reorder(self, data):
        one, other = data.draw(st.permutations(range(len(self.layout.tabs))))[:2]
        first = self.layout.tabs[one].active
        self.layout = self.layout.reorder(first, self.layout.tabs[other].active)
        assert self.layout.active == first
        assert self.layout.current == other

    @precondition(lambda self: self.known)
    @rule(data=st.data(), share=shares)
    def reshape_what_is_here(self, data, share):
        here = data.draw(st.sets(st.sampled_from(sorted(self.known)), min_size=1))
        shown = self.layout.only(here).shown
        if isinstance(shown.tree, Split):
            shaped = Split(shown.tree.axis, shown.tree.first, shown.tree.second, share)
            self.layout = self.layout.reshape(shown.active, shaped)
            assert self.layout.only(here).shown.tree == shaped

    @invariant()
    def each_session_is_in_one_place(self):
        assert sorted(self.layout.ids) == sorted(self.known)
        assert all(tab.active in tab.ids for tab in self.layout.tabs)
        assert self.layout.active in self.known or not self.known

    @invariant()
    def it_comes_back_as_it_was_left(self):
        again = Layout.from_plain(json.loads(json.dumps(self.layout.to_plain())))
        assert [tab.ids for tab in again.tabs] == [tab.ids for tab in self.layout.tabs]
        assert again.active == self.layout.active

    @invariant()
    def sessions_that_are_away_keep_their_place(self):
        here = sorted(self.known)[::2]
        part = self.layout.only(here)
        assert part.ids == tuple(one for one in self.layout.ids if one in here)
        if self.layout.active in here:
            assert part.active == self.layout.active


TestPerson = Person.TestCase


def test_a_session_without_a_place_is_named():
    with pytest.raises(KeyError):
        Layout().place_of("ses_1")


def test_each_divider_is_evened_alone_and_what_has_none_stays():
    left, right = Split(Axis.COLUMN, "a", "b", 0.2), Split(Axis.COLUMN, "c", "d", 0.8)
    tree = Split(Axis.ROW, left, right, 0.3)
    assert even(tree, ()) == Split(Axis.ROW, left, right, 0.5)
    assert even(tree, (False,)) == Split(Axis.ROW, Split(Axis.COLUMN, "a", "b", 0.5), right, 0.3)
    assert even(tree, (True,)) == Split(Axis.ROW, left, Split(Axis.COLUMN, "c", "d", 0.5), 0.3)
    gone = (True, False)  # the pane below the divider was closed while it was dragged
    assert even(tree, gone) == tree
    assert slide(tree, gone, 3, AREA) == tree
    assert slide(tree, (), 3, Region(0, 0, 1, 10)) == tree, "there is no room for anything"
