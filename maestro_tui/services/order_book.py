"""The orders that wait: who holds their sessions, who is told of them, and what ends them.

A server that ends takes back what somebody waits for, and tells them so.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Conflict, LimitReached, MaestroError, NotFound, Unavailable
from maestro_tui.domain.events import EventName, JournalEntry
from maestro_tui.domain.order import Order, OrderKind
from maestro_tui.domain.session import Session

__all__ = ["OrderBook", "Waiting", "no_longer_takes", "too_late"]

MOST_WAITING = 100

Unsubscribe = Callable[[], None]


@dataclass(slots=True)
class Waiting:
    """An order that nobody has answered. runner_id: who holds its session now, if anybody does."""

    order: Order
    runner_id: str | None = None
    outcome: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class OrderBook:
    """Every order from when it is given until it is answered or taken back. Nothing here waits.

    on_void: told of every order that ends with its session.
    """

    def __init__(self, on_void: Callable[[Order], None] = lambda order: None) -> None:
        self._on_void = on_void
        self._waiting: dict[str, Waiting] = {}
        self._carriers: list[Callable[[str], None]] = []
        self._runners: Counter[str] = Counter()

    def add(self, order: Order) -> Waiting:
        """Keep an order; `follow` says who it is for. Raises LimitReached when 100 wait for its session."""
        if sum(one.order.session_id == order.session_id for one in self._waiting.values()) >= MOST_WAITING:
            raise LimitReached(
                f"{MOST_WAITING} orders wait for session '{order.session_id}' already",
                suggestion=f"maestro session info {order.session_id}",
            )
        waiting = self._waiting[order.order_id] = Waiting(order)
        return waiting

    def answer(self, session_id: str, order_id: str, refusal: MaestroError | None) -> Order:
        """The runner has done it, or refuses; the order. Raises NotFound for an order that does not wait."""
        waiting = self._waiting.get(order_id)
        if waiting is None or waiting.order.session_id != session_id:
            raise NotFound(
                f"Order '{order_id}' waits no longer", suggestion="Forget it: nobody waits for its answer."
            )
        self._finish(waiting, refusal)
        return waiting.order

    def take_back(self, waiting: Waiting) -> None:
        """Whoever gave it waits no longer; taking back twice is once."""
        if self._waiting.get(waiting.order.order_id) is waiting:
            del self._waiting[waiting.order.order_id]

    def take_back_all(self) -> None:
        """Nothing will be carried any more: tell everybody who waits."""
        for waiting in tuple(self._waiting.values()):
            self._finish(waiting, Unavailable("The server is stopping; the order was taken back"))

    # -- carrying ------------------------------------------------------------------------

    @property
    def has_runner(self) -> bool:
        """Whether any runner is there to be given orders."""
        return self._runners.total() > 0

    def arrive(self, runner_id: str) -> None:
        """One more connection of this runner is there."""
        self._runners[runner_id] += 1

    def leave(self, runner_id: str) -> None:
        """One connection of this runner is gone."""
        self._runners[runner_id] -= 1

    def subscribe(self, callback: Callable[[str], None]) -> Unsubscribe:
        """Call callback with a runner's id whenever there is something new for that runner."""
        self._carriers.append(callback)
        return partial(self._carriers.remove, callback)

    def waiting_for(self, runner_id: str) -> list[Order]:
        """The orders this runner has yet to answer, oldest first."""
        return [one.order for one in self._waiting.values() if one.runner_id == runner_id]

    def waiting_in(self, session_id: str) -> list[Order]:
        """The orders for this session that nobody has answered, oldest first."""
        return [one.order for one in self._waiting.values() if one.order.session_id == session_id]

    # -- following the sessions ----------------------------------------------------------

    def hear(self, entry: JournalEntry) -> None:
        """A session that ends ends its orders; one that another runner holds takes them along."""
        event = entry.event
        concerned = [one for one in self._waiting.values() if one.order.session_id == event.session_id]
        if event.name is EventName.SESSION_DELETED:
            for waiting in concerned:
                self.end(waiting, Conflict(f"Session '{event.session_id}' is deleted"))
        elif event.name is EventName.SESSION_UPDATED and concerned:
            session = Session.model_validate(event.data)
            for waiting in concerned:
                self.look(waiting, session)

    def look(self, waiting: Waiting, session: Session) -> None:
        """What becomes of an order now that its session is like this."""
        if too_late(waiting.order.kind, session):
            self.end(waiting, no_longer_takes(session))
        else:
            self.follow(waiting, session.lease.runner_id if session.lease else None, session.fence)

    def follow(self, waiting: Waiting, runner_id: str | None, fence: int) -> None:
        """The order's session is held by this runner, under this fence."""
        if (runner_id, fence) == (waiting.runner_id, waiting.order.fence):
            return
        waiting.runner_id, waiting.order = runner_id, evolve(waiting.order, fence=fence)
        if runner_id is not None:
            for tell in tuple(self._carriers):
                tell(runner_id)

    def end(self, waiting: Waiting, refusal: Conflict) -> None:
        """The order's session has ended: that is what a stop wanted, and too late for anything else."""
        self._on_void(waiting.order)
        self._finish(waiting, None if waiting.order.kind is OrderKind.STOP else refusal)

    def _finish(self, waiting: Waiting, failure: MaestroError | None) -> None:
        self.take_back(waiting)
        if waiting.outcome.done():
            return
        if failure is None:
            waiting.outcome.set_result(None)
        else:
            waiting.outcome.set_exception(failure)
            waiting.outcome.exception()  # one that nobody waits for is no defect


def too_late(kind: OrderKind, session: Session) -> bool:
    """Whether the session takes no such order any more: input goes to one that lives, a stop to any program."""
    return not (session.has_program if kind is OrderKind.STOP else session.is_live)


def no_longer_takes(session: Session) -> Conflict:
    """It is too late to ask this of the session."""
    rest, command = "no program runs in it any more", "logs"
    if session.has_program:
        rest, command = "its program runs on, but takes no messages", "stop"
    return Conflict(
        f"Session '{session.id}' is {session.status.value}; {rest}",
        suggestion=f"maestro session {command} {session.id}",
        details={"sessionId": session.id, "status": session.status.value},
    )
