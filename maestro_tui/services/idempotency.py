"""A request that is sent twice happens once: answers kept by key, for a day.

The rules are those of the IETF draft on the Idempotency-Key header field: the same key with
the same body gives the stored answer, with another body it is refused, and while the first
request still runs the second is told to come back. A request that was cut off is carried out
again, and told so (`services.attempts`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from maestro_tui.domain.attempt import Attempt
from maestro_tui.domain.errors import BusinessRuleBroken, Conflict
from maestro_tui.services.clock import Clock, wall_clock

__all__ = ["KEEP_MS", "Answer", "Idempotency", "MemoryIdempotency", "Scope"]

KEEP_MS = 24 * 60 * 60 * 1000
"""How long an answer is kept, in milliseconds."""


class Scope(NamedTuple):
    """Where a key is unique. identity: `Actor.scope`; route: the template, not the path."""

    identity: str
    method: str
    route: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it left: status, JSON body as bytes, and the headers worth repeating."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Idempotency(Protocol):
    """Remembers answers. Every `begin` that gives an Attempt is followed by `finish`, `abandon` or `suspend`."""

    async def begin(self, scope: Scope, key: str, body_hash: str) -> Answer | Attempt:
        """The stored answer of this very request, or an Attempt when the caller shall do the work.

        Raises BusinessRuleBroken (422) when the key came with another body, and Conflict (409)
        while the first request still runs.
        """
        ...

    async def finish(self, scope: Scope, key: str, answer: Answer) -> None:
        """Keep the answer; call it when the effect is durable and before the answer leaves.

        Raises Unavailable when it cannot be kept; the request counts as suspended then.
        """
        ...

    async def abandon(self, scope: Scope, key: str) -> None:
        """The request had no effect: the key may be used again."""
        ...

    async def suspend(self, scope: Scope, key: str) -> None:
        """The request was cut off and may have had its effect: the same one may come again."""
        ...

    async def expire(self) -> int:
        """Forget what is older than a day; returns how many were forgotten."""
        ...


@dataclass(frozen=True, slots=True)
class _Record:
    body_hash: str
    begun_at: int
    answer: Answer | None = None
    running: bool = True


class MemoryIdempotency:
    """Answers kept for as long as the process lives."""

    def __init__(self, clock: Clock = wall_clock) -> None:
        self._clock = clock
        self._records: dict[tuple[Scope, str], _Record] = {}

    async def begin(self, scope: Scope, key: str, body_hash: str) -> Answer | Attempt:
        record = self._records.get((scope, key))
        if record is None or self._is_old(record):
            self._records[scope, key] = record = _Record(body_hash, self._clock())
            return Attempt((*scope, key), record.begun_at, repeated=False)
        if record.answer is None and not record.running and record.body_hash == body_hash:
            self._records[scope, key] = replace(record, running=True)
            return Attempt((*scope, key), record.begun_at, repeated=True)
        return answer_of(key, record.body_hash, body_hash, record.answer)

    async def finish(self, scope: Scope, key: str, answer: Answer) -> None:
        record = self._records[scope, key]
        self._records[scope, key] = replace(record, answer=answer, running=False)

    async def abandon(self, scope: Scope, key: str) -> None:
        self._records.pop((scope, key), None)

    async def suspend(self, scope: Scope, key: str) -> None:
        self._records[scope, key] = replace(self._records[scope, key], running=False)

    async def expire(self) -> int:
        old = [place for place, record in self._records.items() if self._is_old(record)]
        for place in old:
            del self._records[place]
        return len(old)

    def _is_old(self, record: _Record) -> bool:
        return not record.running and self._clock() - record.begun_at >= KEEP_MS


def answer_of(key: str, stored_hash: str, body_hash: str, answer: Answer | None) -> Answer:
    """What a key that is known already is answered with; answer is None while the first request runs.

    Raises BusinessRuleBroken for another body, Conflict while there is no answer yet.
    """
    if stored_hash != body_hash:
        raise BusinessRuleBroken(
            f"The idempotency key '{key}' was used with another body",
            suggestion="Use a new key for a new request.",
            details={"reason": "idempotency_key_reused"},
        )
    if answer is None:
        raise Conflict(
            f"The request with idempotency key '{key}' is still running",
            suggestion="Send the same request again in a second.",
            details={"reason": "request_in_progress", "retryAfter": 1},
        )
    return answer
