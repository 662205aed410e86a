"""Orders to running sessions: kept until the runner that holds the session says it has done them.

An order is given by whoever wants a session to be typed into or stopped, kept in the book,
carried to the runner by the server's face, and answered by that runner.
"""

import asyncio
import contextlib
import hashlib
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from maestro_tui.domain.actor import OWNER, Actor
from maestro_tui.domain.errors import (
    BusinessRuleBroken,
    Conflict,
    Forbidden,
    NotFound,
    Unavailable,
)
from maestro_tui.domain.ids import ORDER, new_id
from maestro_tui.domain.order import Order, OrderKind
from maestro_tui.domain.requests.orders import AnswerOrder, SendInput, StopSession
from maestro_tui.domain.requests.sessions import AddSessionTimelineEntry, UpdateSession
from maestro_tui.domain.session import NeedsInput, Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.domain.text import clean_line
from maestro_tui.services.claims import ClaimService
from maestro_tui.services.context import Context
from maestro_tui.services.kept_orders import KeptOrders
from maestro_tui.services.leases import Leases
from maestro_tui.services.order_book import OrderBook, Waiting, no_longer_takes, too_late
from maestro_tui.services.permissions import require_owner, require_project
from maestro_tui.services.session_rules import require_fence
from maestro_tui.services.sessions import SessionService
from maestro_tui.store.base import SessionQuery

__all__ = ["OrderService", "Receipt"]

PATIENCE_SECONDS = 10.0
STOP_REQUESTED = "stop_requested"
SHOWN = 80
"""Letters of a message that its session's timeline repeats."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an order. delivered: whether its runner has done it; if not, it waits."""

    order_id: str
    session_id: str
    delivered: bool


class OrderService:
    """What can be asked of a running session.

    book: the orders that wait. kept: those among them that nobody waits for, on disk.
    patience_seconds: how long a caller waits for the runner before the order is taken back.
    """

    def __init__(
        self,
        context: Context,
        sessions: SessionService,
        claims: ClaimService,
        leases: Leases,
        kept: KeptOrders,
        *,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._context = context
        self._sessions = sessions
        self._claims = claims
        self._leases = leases
        self.patience_seconds = patience_seconds
        self._kept = kept
        self._dropping: set[asyncio.Task[None]] = set()
        self.book = OrderBook(on_void=self._drop)
        context.bus.subscribe(self.book.hear)

    async def restore(self) -> None:
        """Take up the orders that an earlier server kept, for the sessions that still live."""
        for session in (await self._context.store.sessions.find(SessionQuery(live=True))).items:
            for order in await self._kept.of(session.id):
                await self._look_again(self.book.add(order))

    async def send(
        self, session_id: str, body: SendInput, actor: Actor, *, wait: bool = True, key: str | None = None
    ) -> Receipt:
        """Type into a session; with wait the answer comes once its terminal has taken everything.

        key: the same key means the same order, which is typed once however often it is given.
        Raises NotFound, Forbidden, Conflict when the session has ended, BusinessRuleBroken when
        its runner refuses, Unavailable when nobody holds it or the runner does not answer in time.
        """
        session = await self._require(session_id, actor, OrderKind.INPUT)
        if session_id == actor.session_id:
            raise Forbidden(
                "A session may not type into its own terminal", suggestion="maestro session needs-input MESSAGE"
            )
        asked = {"text": body.text, "keys": body.keys, "enter": body.enter}
        receipt = await self._give(session, OrderKind.INPUT, actor, asked, wait=wait, key=key)
        if receipt.delivered and body.text and body.enter:
            await self._has_work_again(session)
        return receipt

    async def stop(
        self, session_id: str, body: StopSession, actor: Actor, *, wait: bool = True, key: str | None = None
    ) -> Receipt:
        """End a session; with wait the answer comes once its program was told. A spawn nobody took is called off.

        One that said itself how it ended keeps that status: its program, which may run on, is ended.
        Raises as `send` does.
        """
        session = await self._require(session_id, actor, OrderKind.STOP)
        who = "the owner" if actor.session_id is None else f"session {actor.session_id}"
        message = f"asked for by {who}" + (f": {body.reason}" if body.reason else "")
        if session.status is SessionStatus.SPAWNING and not self._leases.is_held(session):
            session = await self._claims.call_off(session_id, f"called off, {message}")
            if session.status is SessionStatus.STOPPED:
                return Receipt(
                    _order_id(session_id, actor, key, {}, self._context.now()), session_id, delivered=True
                )
        if wait:
            self._require_runner(session)
        entry = AddSessionTimelineEntry(message=message, type=STOP_REQUESTED)
        await self._sessions.add_timeline(session_id, entry, actor)
        return await self._give(session, OrderKind.STOP, actor, {}, wait=wait, key=key)

    async def _has_work_again(self, before: Session) -> None:
        """A session was told something: what it asked is answered, and where it was idle it runs.

        What its agent has said of itself meanwhile goes first.
        """
        now = await self._context.store.sessions.get(before.id)
        answered = before.needs_input.active and now.needs_input == before.needs_input
        rested = before.status is now.status is SessionStatus.IDLE and now.evidence == before.evidence
        changes: dict[str, Any] = {"needs_input": NeedsInput()} if answered else {}
        if rested:
            changes["status"] = SessionStatus.RUNNING
        if changes:
            with contextlib.suppress(Conflict):  # somebody who knows better writes it this moment
                await self._sessions.update(before.id, UpdateSession(**changes), OWNER, revision=now.revision)

    async def answer(self, session_id: str, order_id: str, body: AnswerOrder, actor: Actor) -> None:
        """The runner says what became of an order.

        Raises Forbidden, PreconditionFailed when another runner has the session by now, and
        NotFound for an order that was taken back or answered before.
        """
        require_owner(actor, "answer an order")
        require_fence(await self._context.store.sessions.get(session_id), body.fence)
        refusal = None if body.done else BusinessRuleBroken(body.error or "The runner could not do it")
        await self._kept.drop(session_id, order_id)
        order = self.book.answer(session_id, order_id, refusal)
        if order.expires_at is None:  # nobody waits for it, so it is told where everybody looks
            await self._note(order, "delivered" if body.done else "refused", body.error)

    async def of(self, session_id: str, actor: Actor) -> list[dict[str, Any]]:
        """The orders for a session that wait, and those given without waiting with what became of them.

        Each with `status`: `waiting`, `delivered`, `refused` or `dropped`, the last two with `reason`.
        Raises NotFound, Forbidden.
        """
        session = await self._sessions.get(session_id, actor)
        waiting = [_told(one, "waiting") for one in self.book.waiting_in(session_id)]
        entries = (entry.model_extra or {} for entry in session.timeline)
        return [*(extra["metadata"] for extra in entries if "orderId" in (extra.get("metadata") or {})), *waiting]

    async def _require(self, session_id: str, actor: Actor, kind: OrderKind) -> Session:
        session = await self._context.store.sessions.get(session_id)
        require_project(actor, session.project_id)
        await self._context.permissions.require_session(session, actor)
        if too_late(kind, session):
            raise no_longer_takes(session)
        return session

    def _require_runner(self, session: Session) -> None:
        """A lease that ran out is no reason to give up: a runner that is there may take the session yet."""
        if not (self._leases.is_held(session) or self.book.has_runner):
            raise Unavailable(
                f"No cockpit or runner holds session '{session.id}'",
                suggestion="start one: maestro-tui, or without a screen: maestro-tui run",
                details={"sessionId": session.id, "delivered": False},
            )

    async def _give(
        self,
        session: Session,
        kind: OrderKind,
        actor: Actor,
        asked: dict[str, Any],
        *,
        wait: bool,
        key: str | None,
    ) -> Receipt:
        if wait:
            self._require_runner(session)
        now = self._context.now()
        order = Order(
            order_id=_order_id(session.id, actor, key, {"kind": kind} | asked, now),
            session_id=session.id,
            fence=session.fence,
            kind=kind,
            expires_at=now + round(self.patience_seconds * 1000) if wait else None,
            **asked,
        )
        waiting = self.book.add(order)
        try:
            if not wait:
                await self._kept.keep(order)
            await self._look_again(waiting)
            if wait or waiting.outcome.done():
                await self._until_answered(waiting)
        except BaseException:
            self.book.take_back(waiting)
            raise
        return Receipt(order.order_id, session.id, delivered=wait)

    def _drop(self, order: Order) -> None:
        """Forget an order that its session did not live to see."""
        if order.expires_at is None:
            task = asyncio.create_task(self._forget(order))
            self._dropping.add(task)
            task.add_done_callback(self._dropping.discard)

    async def _forget(self, order: Order) -> None:
        await self._kept.drop(order.session_id, order.order_id)
        if order.kind is OrderKind.INPUT:
            with suppress(NotFound):  # the session was deleted, and all that is said of it
                await self._note(order, "dropped", "the session ended before")

    async def _note(self, order: Order, status: str, reason: str = "") -> None:
        """Say on the session's timeline what became of an order that nobody waits for."""
        what = "stop" if order.kind is OrderKind.STOP else "message"
        said = {"delivered": "was typed", "refused": "was not typed", "dropped": "was not typed"}[status]
        text = f"“{_shown(order)}” {said}" if what == "message" else f"the stop was {status}"
        entry = AddSessionTimelineEntry(
            message=f"{text}: {reason}" if reason else text,
            type=f"{what}_{status}",
            metadata=_told(order, status, reason),
        )
        await self._sessions.add_timeline(order.session_id, entry, OWNER)

    async def _look_again(self, waiting: Waiting) -> None:
        """Take the session as it is now: what changes from here on the book hears of."""
        self.book.look(waiting, await self._context.store.sessions.get(waiting.order.session_id))

    async def _until_answered(self, waiting: Waiting) -> None:
        order = waiting.order
        try:
            async with asyncio.timeout(self.patience_seconds):
                await waiting.outcome
        except TimeoutError:
            raise Unavailable(
                f"The runner of session '{order.session_id}' did not answer within {self.patience_seconds:g} s;"
                " what was asked is taken back, unless its terminal is taking it just now",
                suggestion=f"maestro session logs {order.session_id} --tail 20",
                details={"sessionId": order.session_id, "orderId": order.order_id, "delivered": False},
            ) from None


def _told(order: Order, status: str, reason: str = "") -> dict[str, Any]:
    """An order as a program reads of it."""
    told = {"orderId": order.order_id, "kind": order.kind.value, "text": _shown(order), "status": status}
    return told | ({"reason": reason} if reason else {})


def _shown(order: Order) -> str:
    """The beginning of what an order types, on one line."""
    text = clean_line(order.text) or " ".join(order.keys)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _order_id(session_id: str, actor: Actor, key: str | None, asked: dict[str, Any], now: int) -> str:
    """A fresh id; under a key always the same one, so that a runner knows an order that comes again."""
    if key is None:
        return new_id(ORDER, now)
    digest = hashlib.sha256(repr((session_id, actor.scope, key, sorted(asked.items()))).encode("utf-8", "replace"))
    return f"{ORDER}_{digest.hexdigest()[:40]}"
