"""Panes beside and above one another: a tree of splits, without any screen.

A leaf is the id of what is shown there; every id is in a tree once. Trees are values: each
function returns another tree.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from textual.geometry import Region

__all__ = [
    "Axis",
    "Direction",
    "Divider",
    "Split",
    "Tree",
    "adopt",
    "dividers",
    "even",
    "fits",
    "from_plain",
    "insert",
    "keep",
    "leaves",
    "neighbour",
    "nudge",
    "places",
    "remove",
    "slide",
    "swap",
    "to_plain",
]

SMALLEST_COLUMNS, SMALLEST_ROWS = 16, 4
"""The least a pane gets, its title row included, while there is room."""
DEEPEST = 40
"""How many splits inside one another are read from a file."""


class Axis(StrEnum):
    """How the two halves of a split lie: `row` side by side, `column` one above the other."""

    ROW = "row"
    COLUMN = "column"


class Direction(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    UP = "up"
    DOWN = "down"

    @property
    def axis(self) -> Axis:
        """The axis along which it goes."""
        return Axis.ROW if self in (Direction.LEFT, Direction.RIGHT) else Axis.COLUMN

    @property
    def is_forward(self) -> bool:
        """Whether it goes right or down."""
        return self in (Direction.RIGHT, Direction.DOWN)


@dataclass(frozen=True, slots=True)
class Split:
    """Two trees that share an area. share: the first one's part, between 0 and 1."""

    axis: Axis
    first: "Tree"
    second: "Tree"
    share: float = 0.5


Tree = str | Split
Path = tuple[bool, ...]
"""From the root to a split: at each step, whether it is in the second half."""


@dataclass(frozen=True, slots=True)
class Divider:
    """The line between two halves. path: of its split. region: where it is.

    It has one column of its own; between halves one above the other it is the title row of the
    panes below.
    """

    path: Path
    axis: Axis
    region: Region


def leaves(tree: Tree) -> tuple[str, ...]:
    """The ids, first half first."""
    return (tree,) if isinstance(tree, str) else (*leaves(tree.first), *leaves(tree.second))


def insert(tree: Tree, beside: str, new: str, axis: Axis, *, before: bool = False) -> Tree:
    """Halve the place of `beside` and put `new` into its second half, or the first."""
    pair = (new, beside) if before else (beside, new)
    return _mapped(tree, lambda leaf: Split(axis, *pair) if leaf == beside else leaf)


def remove(tree: Tree, leaf: str) -> Tree | None:
    """Without a leaf, whose sibling gets its place; None when it was the only one."""
    return keep(tree, [one for one in leaves(tree) if one != leaf])


def keep(tree: Tree, ids: Collection[str]) -> Tree | None:
    """Only these leaves; None when there are none of them."""
    if isinstance(tree, str):
        return tree if tree in ids else None
    first, second = keep(tree.first, ids), keep(tree.second, ids)
    if first is None or second is None:
        return first or second
    return replace(tree, first=first, second=second)


def swap(tree: Tree, one: str, other: str) -> Tree:
    """Two leaves in each other's place; one that is not in the tree comes in for the other."""
    places = {one: other, other: one}
    return _mapped(tree, lambda leaf: places.get(leaf, leaf))


def adopt(tree: Tree, shaped: Tree) -> Tree:
    """With the shares of another tree that has the same leaves, or some of them."""
    if isinstance(tree, str):
        return tree
    ids = leaves(shaped)
    first, second = keep(tree.first, ids), keep(tree.second, ids)
    if isinstance(shaped, Split) and first is not None and second is not None:
        first, second = adopt(tree.first, shaped.first), adopt(tree.second, shaped.second)
        return replace(tree, first=first, second=second, share=shaped.share)
    if first is not None:
        return replace(tree, first=adopt(tree.first, shaped))
    return replace(tree, second=adopt(tree.second, shaped)) if second is not None else tree


# Where everything is.


def fits(tree: Tree, area: Region) -> bool:
    """Whether every pane gets at least the smallest size."""
    columns, rows = _smallest(tree, Axis.ROW), _smallest(tree, Axis.COLUMN)
    return area.width >= columns and area.height >= rows


def places(tree: Tree, area: Region) -> dict[str, Region]:
    """The part of an area each leaf gets; in a tiny area some get nothing."""
    if isinstance(tree, str):
        return {tree: area}
    first, second = _halves(tree, area)
    return {**places(tree.first, first), **places(tree.second, second)}


def dividers(tree: Tree, area: Region, path: Path = ()) -> Iterator[Divider]:
    """The lines between the panes, those of the outer splits first; none where there is no room at all."""
    if isinstance(tree, str) or not area.area:
        return
    first, second = _halves(tree, area)
    if tree.axis is Axis.ROW:
        yield Divider(path, tree.axis, Region(first.right, area.y, 1, area.height))
    else:
        yield Divider(path, tree.axis, Region(area.x, second.y, area.width, 1))
    yield from dividers(tree.first, first, (*path, False))
    yield from dividers(tree.second, second, (*path, True))


def neighbour(tree: Tree, area: Region, leaf: str, direction: Direction) -> str | None:
    """The leaf beside another one, the nearest to its middle; None at the edge."""
    regions = places(tree, area)
    here = regions[leaf]

    def distance(region: Region) -> tuple[int, float]:
        """How far away, then how far off the middle."""
        (x, y), (middle_x, middle_y) = region.center, here.center
        if direction.axis is Axis.ROW:
            gap = region.x - here.right if direction.is_forward else here.x - region.right
            return gap, max(region.y - middle_y, middle_y - region.bottom, 0) + abs(y - middle_y) / 1e6
        gap = region.y - here.bottom if direction.is_forward else here.y - region.bottom
        return gap, max(region.x - middle_x, middle_x - region.right, 0) + abs(x - middle_x) / 1e6

    candidates = {
        other: distance(region)
        for other, region in regions.items()
        if distance(region)[0] >= 0 and _overlap(here, region, direction.axis)
    }
    return min(candidates, key=lambda other: candidates[other], default=None)


# Sizes.


def slide(tree: Tree, path: Path, cells: int, area: Region) -> Tree:
    """Move the divider of a split by columns or rows, as far as the panes allow it."""
    if isinstance(tree, str):
        return tree
    first, second = _halves(tree, area)
    if path and path[0]:
        return replace(tree, second=slide(tree.second, path[1:], cells, second))
    if path:
        return replace(tree, first=slide(tree.first, path[1:], cells, first))
    room = _length(area, tree.axis) - _gap(tree.axis)
    wished = _length(first, tree.axis) + cells
    return replace(tree, share=_clamped(tree, wished, room) / room) if room > 0 else tree


def even(tree: Tree, path: Path) -> Tree:
    """With the same for both halves of a split."""
    if isinstance(tree, str):
        return tree
    if not path:
        return replace(tree, share=0.5)
    if path[0]:
        return replace(tree, second=even(tree.second, path[1:]))
    return replace(tree, first=even(tree.first, path[1:]))


def nudge(tree: Tree, leaf: str, direction: Direction, cells: int, area: Region) -> Tree:
    """Move the divider at a leaf's right or lower edge, else the one at its left or upper edge."""
    path = _divider_at(tree, leaf, direction.axis)
    if path is None:
        return tree
    return slide(tree, path, cells if direction.is_forward else -cells, area)


def _divider_at(tree: Tree, leaf: str, axis: Axis) -> Path | None:
    """The path of the innermost split with the leaf in its first half; else in its second."""
    ending: Path | None = None
    starting: Path | None = None
    path: Path = ()
    while isinstance(tree, Split):
        in_second = leaf in leaves(tree.second)
        if tree.axis is axis:
            ending, starting = (ending, path) if in_second else (path, starting)
        tree = tree.second if in_second else tree.first
        path = (*path, in_second)
    return ending if ending is not None else starting


def _halves(split: Split, area: Region) -> tuple[Region, Region]:
    room = max(_length(area, split.axis) - _gap(split.axis), 0)
    length = _clamped(split, round(split.share * room), room)
    gap = min(_gap(split.axis), _length(area, split.axis))
    if split.axis is Axis.ROW:
        return (
            Region(area.x, area.y, length, area.height),
            Region(area.x + length + gap, area.y, room - length, area.height),
        )
    return (
        Region(area.x, area.y, area.width, length),
        Region(area.x, area.y + length + gap, area.width, room - length),
    )


def _clamped(split: Split, length: int, room: int) -> int:
    """A length of the first half that leaves both halves their smallest size, where that is possible."""
    low, high = _smallest(split.first, split.axis), room - _smallest(split.second, split.axis)
    if low > high:
        return max(0, min(length, room))
    return max(low, min(length, high))


def _smallest(tree: Tree, axis: Axis) -> int:
    """The least columns (`row`) or rows (`column`) a tree needs."""
    if isinstance(tree, str):
        return SMALLEST_COLUMNS if axis is Axis.ROW else SMALLEST_ROWS
    first, second = _smallest(tree.first, axis), _smallest(tree.second, axis)
    return first + _gap(axis) + second if tree.axis is axis else max(first, second)


def _gap(axis: Axis) -> int:
    """Cells of the line between two halves: the title row of the lower one is line enough."""
    return 1 if axis is Axis.ROW else 0


def _length(area: Region, axis: Axis) -> int:
    return area.width if axis is Axis.ROW else area.height


def _overlap(one: Region, other: Region, axis: Axis) -> bool:
    """Whether regions that lie along an axis face each other."""
    if axis is Axis.ROW:
        return one.y < other.bottom and other.y < one.bottom
    return one.x < other.right and other.x < one.right


def _mapped(tree: Tree, change: Callable[[str], Tree]) -> Tree:
    if isinstance(tree, str):
        return change(tree)
    return replace(tree, first=_mapped(tree.first, change), second=_mapped(tree.second, change))


# In a file.


def to_plain(tree: Tree) -> Any:
    """As JSON has it: an id, or the two halves of a split."""
    if isinstance(tree, str):
        return tree
    return {
        "axis": tree.axis.value,
        "share": round(tree.share, 4),
        "panes": [to_plain(tree.first), to_plain(tree.second)],
    }


def from_plain(value: Any, depth: int = 0) -> Tree | None:
    """A tree from JSON; what makes no sense in it is left out, None when nothing is left."""
    if isinstance(value, str) and value:
        return value
    if not isinstance(value, Mapping) or depth > DEEPEST:
        return None
    halves = value.get("panes")
    if not isinstance(halves, list) or len(halves) != 2 or value.get("axis") not in list(Axis):
        return None
    first, second = from_plain(halves[0], depth + 1), from_plain(halves[1], depth + 1)
    if first is not None and second is not None:
        second = keep(second, set(leaves(second)) - set(leaves(first)))
    if first is None or second is None:
        return first or second
    share = value.get("share")
    fair = isinstance(share, int | float) and 0 < share < 1
    return Split(Axis(value["axis"]), first, second, float(share) if fair else 0.5)  # type: ignore[arg-type]
