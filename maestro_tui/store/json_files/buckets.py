"""Sorted buckets of records: pages out of many documents without looking at all of them.

A bucket holds the records that share some facet, ordered by age. Other orders are built
when they are first asked for and kept up from then on. Insertion and removal cost a
binary search and a short move of memory; a page costs its own length.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping
from functools import total_ordering
from typing import Any, TypeAlias

from maestro_tui.domain.status import Priority
from maestro_tui.store.base import TaskSort
from maestro_tui.store.json_files.records import Record

__all__ = ["Bucket", "SortKey", "sort_key"]

SortKey: TypeAlias = tuple[Any, ...]
"""Ends in the record's id, so that no two are equal."""


@total_ordering
class _Descending:
    """A text that sorts the other way round."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self.text == other.text

    def __lt__(self, other: "_Descending") -> bool:
        return other.text < self.text

    def __hash__(self) -> int:
        return hash(self.text)


_URGENCY = {Priority.LOW.value: 0, Priority.MEDIUM.value: 1, Priority.HIGH.value: 2, "": 0}
_SORT_KEYS: Mapping[TaskSort, Callable[[Record], SortKey]] = {
    "createdAt": lambda record: (record.created_at, record.id),
    "-createdAt": lambda record: (-record.created_at, record.created_at, record.id),
    "updatedAt": lambda record: (record.updated_at, record.created_at, record.id),
    "-updatedAt": lambda record: (-record.updated_at, record.created_at, record.id),
    "title": lambda record: (record.title.casefold(), record.created_at, record.id),
    "-title": lambda record: (_Descending(record.title.casefold()), record.created_at, record.id),
    "priority": lambda record: (_URGENCY[record.priority], record.created_at, record.id),
    "-priority": lambda record: (-_URGENCY[record.priority], record.created_at, record.id),
}


def sort_key(sort: TaskSort) -> Callable[[Record], SortKey]:
    """The key by which records sort; equal ones oldest first."""
    return _SORT_KEYS[sort]


class Bucket:
    """The sort keys of some records, by age and in every other order asked for so far."""

    __slots__ = ("_ages", "_others")

    def __init__(self) -> None:
        self._ages: list[SortKey] = []
        self._others: dict[TaskSort, list[SortKey]] = {}

    def __len__(self) -> int:
        return len(self._ages)

    @property
    def append(self) -> Callable[[SortKey], None]:
        """Takes the next record's age while a bucket is filled in order, before anybody asks for other orders."""
        return self._ages.append

    def add(self, record: Record, age: SortKey) -> None:
        if not self._ages or age > self._ages[-1]:  # the usual case: the newest so far
            self._ages.append(age)
        else:
            insort(self._ages, age)
        for sort, keys in self._others.items():
            insort(keys, _SORT_KEYS[sort](record))

    def discard(self, record: Record) -> None:
        _delete(self._ages, record.age)
        for sort, keys in self._others.items():
            _delete(keys, _SORT_KEYS[sort](record))

    def replace(self, before: Record, after: Record) -> None:
        """Take a record's new version; it has the same age."""
        for sort, keys in self._others.items():
            old, new = _SORT_KEYS[sort](before), _SORT_KEYS[sort](after)
            if old != new:
                _delete(keys, old)
                insort(keys, new)

    def ordered(self, sort: TaskSort, records: Mapping[str, Record]) -> list[SortKey]:
        """All sort keys in one order; not to be changed by the caller."""
        if sort == "createdAt":
            return self._ages
        if (keys := self._others.get(sort)) is None:
            key = _SORT_KEYS[sort]
            keys = self._others[sort] = _sorted(key(records[age[-1]]) for age in self._ages)
        return keys


def _sorted(keys: Iterable[SortKey]) -> list[SortKey]:
    return sorted(keys)


def _delete(keys: list[SortKey], key: SortKey) -> None:
    place = bisect_left(keys, key)
    if place < len(keys) and keys[place] == key:
        del keys[place]
