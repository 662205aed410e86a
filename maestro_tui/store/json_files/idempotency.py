"""Answers by idempotency key, kept for a day and across restarts."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

import orjson

from maestro_tui.domain.errors import BusinessRuleBroken, Conflict, Unavailable
from maestro_tui.store.json_files.history import History

__all__ = ["KEEP_MS", "SqliteIdempotency"]

KEEP_MS = 24 * 60 * 60 * 1000
"""How long an answer is kept, in milliseconds."""

_PLACE = "identity = ? AND method = ? AND route = ? AND key = ?"
_FIND = f"SELECT body_hash, begun_at, status, body, headers FROM answer WHERE {_PLACE}"  # noqa: S608 - a constant
_BEGIN = "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, NULL)"
_FINISH = f"UPDATE answer SET status = ?, body = ?, headers = ? WHERE {_PLACE}"  # noqa: S608
_ABANDON = f"DELETE FROM answer WHERE {_PLACE} AND status IS NULL"  # noqa: S608
_EXPIRE = "DELETE FROM answer WHERE begun_at <= ? AND status IS NOT NULL"

_Scope = tuple[str, str, str]
"""identity, method, route"""


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
    """Remembers answers. Every `begin` that returns None is followed by `finish` or `abandon`.

    answer: makes an answer from status, body and headers. clock: Unix milliseconds.
    """

    def __init__(
        self, history: History, answer: Callable[[int, bytes, Mapping[str, str]], A], clock: Callable[[], int]
    ) -> None:
        self._history = history
        self._answer = answer
        self._clock = clock
        self._given_up: set[tuple[str, ...]] = set()

    async def begin(self, scope: _Scope, key: str, body_hash: str) -> A | None:
        """The stored answer of this very request, or None when the caller is the first and shall do the work.

        Raises BusinessRuleBroken (422) when the key came with another body, and Conflict (409)
        while the first request still runs.
        """
        place = (*scope, key)
        row = await self._history.run(lambda connection: self._begin(connection, place, body_hash))
        if row is None:
            return None
        stored_hash, _, status, body, headers = row
        if stored_hash != body_hash:
            raise BusinessRuleBroken(
                "The idempotency key was used with another body",
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
        """Keep the answer; call it when the effect is durable and before the answer leaves."""
        values = (answer.status, answer.body, orjson.dumps(dict(answer.headers)), *scope, key)
        await self._history.run(lambda connection: connection.execute(_FINISH, values))

    async def abandon(self, scope: _Scope, key: str) -> None:
        """Nothing is kept for the key: it may be used again, even if the disk refused to say so (Unavailable)."""
        place = (*scope, key)
        try:
            await self._history.run(lambda connection: connection.execute(_ABANDON, place))
        except Unavailable:
            self._given_up.add(place)
            raise

    async def expire(self) -> int:
        """Forget what is older than a day; returns how many were forgotten."""
        oldest = self._clock() - KEEP_MS
        return await self._history.run(lambda connection: connection.execute(_EXPIRE, (oldest,)).rowcount)

    def _begin(
        self, connection: sqlite3.Connection, place: tuple[str, str, str, str], body_hash: str
    ) -> tuple[str, int, int | None, bytes, bytes] | None:
        """The row that is there already, unless it is too old; else a row that says we are at it."""
        now = self._clock()
        row: tuple[str, int, int | None, bytes, bytes] | None = connection.execute(_FIND, place).fetchone()
        running = row is not None and row[2] is None and place not in self._given_up
        if row is not None and (running or (row[2] is not None and now - row[1] < KEEP_MS)):
            return row
        connection.execute(_BEGIN, (*place, body_hash, now))
        self._given_up.discard(place)
        return None
