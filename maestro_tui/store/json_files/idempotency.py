"""Answers by idempotency key, kept for a day and across restarts."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

import orjson

from maestro_tui.domain.attempt import Attempt
from maestro_tui.domain.errors import BusinessRuleBroken, Conflict
from maestro_tui.store.json_files.history import History

__all__ = ["KEEP_MS", "SqliteIdempotency"]

KEEP_MS = 24 * 60 * 60 * 1000
"""How long an answer is kept, in milliseconds."""

_PLACE = "identity = ? AND method = ? AND route = ? AND key = ?"
_FIND = f"SELECT body_hash, begun_at, status, body, headers FROM answer WHERE {_PLACE}"  # noqa: S608 - a constant
_BEGIN = "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)"
_FINISH = f"UPDATE answer SET status = ?, body = ?, headers = ? WHERE {_PLACE}"  # noqa: S608 - a constant
_ABANDON = f"DELETE FROM answer WHERE {_PLACE} AND status IS NULL"  # noqa: S608 - a constant
_OLD = "SELECT identity, method, route, key FROM answer WHERE begun_at <= ?"
_FORGET = f"DELETE FROM answer WHERE {_PLACE}"  # noqa: S608 - a constant

_Scope = tuple[str, str, str]
"""identity, method, route"""
_Place = tuple[str, str, str, str]
"""A scope and the key."""
_Row = tuple[str, int, int | None, bytes, bytes]


class AnswerLike(Protocol):
    """An answer as it left."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def headers(self) -> Mapping[str, str]: ...


A = TypeVar("A", bound=AnswerLike)


class SqliteIdempotency(Generic[A]):
    """Remembers answers. Every `begin` that gives an Attempt is followed by `finish`, `abandon` or `suspend`.

    answer: makes an answer from status, body and headers. clock: Unix milliseconds.
    """

    def __init__(
        self, history: History, answer: Callable[[int, bytes, Mapping[str, str]], A], clock: Callable[[], int]
    ) -> None:
        self._history = history
        self._answer = answer
        self._clock = clock
        self._running: set[_Place] = set()
        """What this process is carrying out; without an answer and not in here, a request was cut off."""

    async def begin(self, scope: _Scope, key: str, body_hash: str) -> A | Attempt:
        """The stored answer of this very request, or an Attempt when the caller shall do the work.

        Raises BusinessRuleBroken (422) when the key came with another body, Conflict (409)
        while the first request still runs, Unavailable when the disk refused.
        """
        place = (*scope, key)
        found = await self._history.submit(lambda: self._begin(place, body_hash))
        if isinstance(found, Attempt):
            return found
        stored_hash, _, status, body, headers = found
        if stored_hash != body_hash:
            raise BusinessRuleBroken(
                f"The idempotency key '{key}' was used with another body",
                suggestion="Use a new key for a new request.",
                details={"reason": "idempotency_key_reused"},
            )
        if status is None:
            raise Conflict(
                f"The request with idempotency key '{key}' is still running",
                suggestion="Send the same request again in a second.",
                details={"reason": "request_in_progress", "retryAfter": 1},
            )
        return self._answer(status, body, orjson.loads(headers))

    async def finish(self, scope: _Scope, key: str, answer: A) -> None:
        """Keep the answer; call it when the effect is durable and before the answer leaves.

        Raises Unavailable when it cannot be kept; the request counts as suspended then.
        """
        values = (answer.status, answer.body, orjson.dumps(dict(answer.headers)), *scope, key)
        await self._end(scope, key, _FINISH, values)

    async def abandon(self, scope: _Scope, key: str) -> None:
        """The request had no effect: the key may be used again."""
        await self._end(scope, key, _ABANDON, (*scope, key))

    async def suspend(self, scope: _Scope, key: str) -> None:
        """The request was cut off and may have had its effect: the same one may come again."""
        self._running.discard((*scope, key))

    async def expire(self) -> int:
        """Forget what is older than a day; returns how many were forgotten."""
        return await self._history.run(self._expire)

    async def _end(self, scope: _Scope, key: str, statement: str, values: tuple[object, ...]) -> None:
        try:
            await self._history.run(lambda connection: connection.execute(statement, values))
        finally:
            self._running.discard((*scope, key))

    def _begin(self, place: _Place, body_hash: str) -> _Row | Attempt:
        """In the history's thread, one after the other: so of two that come at once one is the first.

        Durable before the request has any effect: after a power cut the same request finds its key.
        """
        found = self._history.transact(lambda connection: self._find(connection, place, body_hash), durable=True)
        if isinstance(found, Attempt):
            self._running.add(place)
        return found

    def _find(self, connection: sqlite3.Connection, place: _Place, body_hash: str) -> _Row | Attempt:
        """The row that answers the request, or the right to carry it out."""
        now, running = self._clock(), place in self._running
        row: _Row | None = connection.execute(_FIND, place).fetchone()
        if row is None or (now - row[1] >= KEEP_MS and not running):
            connection.execute(_BEGIN, (*place, body_hash, now))
            return Attempt(place, now, repeated=False)
        if row[2] is None and row[0] == body_hash and not running:
            return Attempt(place, row[1], repeated=True)
        return row

    def _expire(self, connection: sqlite3.Connection) -> int:
        old: list[_Place] = connection.execute(_OLD, (self._clock() - KEEP_MS,)).fetchall()
        done = [place for place in old if place not in self._running]
        connection.executemany(_FORGET, done)
        return len(done)
