"""Reading the query part of an address: filters, order, paging, positions in the journal."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar, get_args

from multidict import MultiMapping

from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.ids import is_id
from maestro_tui.domain.status import Priority, SessionStatus, TaskStatus, session_status, task_status
from maestro_tui.store.base import ANY, SessionQuery, TaskQuery, TaskSort

__all__ = [
    "Paging",
    "Position",
    "flag",
    "identifier",
    "offset",
    "paging",
    "position",
    "project_named",
    "required_identifier",
    "required_identifiers",
    "session_query",
    "task_query",
]

LARGEST_PAGE = 500
LONGEST_TEXT = 500
LARGEST_NUMBER = 2**53

Query = MultiMapping[str]
W = TypeVar("W", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list. asked: whether the client wants a part at all."""

    offset: int = 0
    limit: int = LARGEST_PAGE
    asked: bool = False

    @property
    def end(self) -> int:
        return self.offset + self.limit

    @property
    def store_limit(self) -> int | None:
        """The limit for a store's query, where None means all."""
        return self.limit if self.asked else None


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the journal of one epoch."""

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"


def paging(query: Query) -> Paging:
    """`limit` (1 to 500) and `offset` (from 0); with neither, the whole list."""
    if not ("limit" in query or "offset" in query):
        return Paging()
    return Paging(
        offset=_number(query, "offset", default=0, least=0, most=LARGEST_NUMBER),
        limit=_number(query, "limit", default=LARGEST_PAGE, least=1, most=LARGEST_PAGE),
        asked=True,
    )


def limit(query: Query, default: int = LARGEST_PAGE) -> int:
    """`limit`, 1 to 500."""
    return _number(query, "limit", default=default, least=1, most=LARGEST_PAGE)


def task_query(query: Query) -> TaskQuery:
    """`projectId status priority parentId q sort` and the paging. Raises Invalid naming what is allowed."""
    part = paging(query)
    return TaskQuery(
        project_id=identifier(query, "projectId"),
        statuses=_words(query, "status", task_status, TaskStatus),
        priority=_word(query, "priority", Priority),
        parent_id=_parent(query),
        text=_text(query, "q"),
        sort=_sort(query),
        offset=part.offset,
        limit=part.store_limit,
    )


def session_query(query: Query) -> SessionQuery:
    """`projectId taskId status active parentSessionId rootSessionId` and the paging."""
    part = paging(query)
    return SessionQuery(
        project_id=identifier(query, "projectId"),
        task_id=identifier(query, "taskId"),
        statuses=_words(query, "status", session_status, SessionStatus),
        live=flag(query, "active"),
        parent_session_id=identifier(query, "parentSessionId"),
        root_session_id=identifier(query, "rootSessionId"),
        offset=part.offset,
        limit=part.store_limit,
    )


def identifier(query: Query, name: str) -> str | None:
    """An id, or None when it is absent or empty."""
    value = query.get(name)
    if not value:
        return None
    if not is_id(value):
        raise Invalid.field(name, "must be 1 to 128 letters, digits, '-' or '_'")
    return value


def required_identifier(query: Query, name: str, *, suggestion: str) -> str:
    """An id. suggestion: the command that lists those there are."""
    if (value := identifier(query, name)) is None:
        raise _missing(name, suggestion)
    return value


def identifiers(query: Query, name: str) -> frozenset[str]:
    """Ids with commas between them, or each in a `name=` of its own; none when it is absent or empty."""
    values = [value.strip() for value in ",".join(query.getall(name, [])).split(",")]
    if wrong := [value for value in values if value and not is_id(value)]:
        raise Invalid.field(name, f"'{wrong[0]}' is no id: 1 to 128 letters, digits, '-' or '_'")
    return frozenset(filter(None, values))


def project_named(query: Query) -> str:
    """`projectId`, which has to be there."""
    return required_identifier(query, "projectId", suggestion="maestro project list")


def required_identifiers(query: Query, name: str, *, suggestion: str) -> frozenset[str]:
    """Ids, as `identifiers` reads them, at least one. suggestion: the command that lists those there are."""
    if not (values := identifiers(query, name)):
        raise _missing(name, suggestion)
    return values


def milliseconds(query: Query, name: str, *, most: int) -> int:
    """Whole milliseconds from 0; 0 when it is absent or empty."""
    return _number(query, name, default=0, least=0, most=most)


def offset(query: Query, name: str) -> int | None:
    """A whole number from 0, or None when it is absent or empty."""
    return _number(query, name, default=0, least=0, most=LARGEST_NUMBER) if query.get(name) else None


def flag(query: Query, name: str) -> bool | None:
    """`true` or `false`, `1` or `0`; None when it is absent or empty."""
    value = query.get(name)
    if value is None or value == "":
        return None
    words = {"true": True, "1": True, "false": False, "0": False}
    if value.lower() not in words:
        raise Invalid.field(name, "must be true or false")
    return words[value.lower()]


def position(query: Query) -> Position | None:
    """`since=<epoch>:<seq>`, or `since=<seq>&epoch=<epoch>`; None when it is neither."""
    raw = query.get("since", "")
    epoch, _, number = raw.rpartition(":")
    epoch = epoch or query.get("epoch", "")
    if not (epoch and len(epoch) <= 128 and number.isascii() and number.isdigit() and len(number) < 17):
        return None
    return Position(epoch, int(number))


def _missing(name: str, suggestion: str) -> Invalid:
    return Invalid.field(name, "is required in the query", suggestion=suggestion)


def _number(query: Query, name: str, *, default: int, least: int, most: int) -> int:
    raw = query.get(name, "")
    if not raw:
        return default
    if not (raw.isascii() and raw.isdigit() and len(raw) < 17 and least <= int(raw) <= most):
        raise Invalid.field(name, f"must be a whole number from {least} to {most}")
    return int(raw)


def _parent(query: Query) -> str | None:
    value = query.get("parentId")
    if value is None:
        return ANY
    return None if value in ("", "null") else identifier(query, "parentId")


def _words(query: Query, name: str, read: Callable[[str], W], allowed: type[W]) -> frozenset[W]:
    """Words with commas between them, or each in a `name=` of its own."""
    raw = [word.strip() for word in ",".join(query.getall(name, [])).split(",")]
    try:
        return frozenset(read(word) for word in raw if word)
    except ValueError:
        raise Invalid.field(name, f"must be words of: {_listed(allowed)}, separated by commas") from None


def _word(query: Query, name: str, allowed: type[W]) -> W | None:
    raw = query.get(name)
    if not raw:
        return None
    try:
        return allowed(raw)
    except ValueError:
        raise Invalid.field(name, f"must be one of: {_listed(allowed)}") from None


def _sort(query: Query) -> TaskSort:
    raw = query.get("sort") or "createdAt"
    for allowed in get_args(TaskSort):
        if raw == allowed:
            return allowed  # type: ignore[no-any-return]
    raise Invalid.field("sort", f"must be one of: {', '.join(get_args(TaskSort))}")


def _text(query: Query, name: str) -> str:
    value = query.get(name, "")
    if len(value) > LONGEST_TEXT:
        raise Invalid.field(name, f"must be at most {LONGEST_TEXT} characters")
    return value


def _listed(words: type[StrEnum]) -> str:
    return ", ".join(word.value for word in words)
