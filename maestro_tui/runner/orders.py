"""Carrying out orders: what the server asks of the sessions that run here, each once."""

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Coroutine
from typing import Any

from maestro_tui.domain.errors import MaestroError
from maestro_tui.domain.order import Order, OrderKind
from maestro_tui.domain.requests.orders import AnswerOrder
from maestro_tui.runner.live_terminal import LiveTerminal
from maestro_tui.runner.news import Opened, TerminalNews
from maestro_tui.runner.ports import RunnerApi
from maestro_tui.runner.terminals import Terminals

__all__ = ["Orders"]

LOG = logging.getLogger(__name__)

REMEMBERED = 1000
"""Orders that were done, so that none is done twice."""
BEFORE_ENTER = 0.2
"""Seconds between a text and its Enter: a program that gets both at once may take them for one paste."""


class Refused(Exception):
    """An order that cannot be carried out. The message is for whoever gave it."""


class Orders:
    """Takes orders, and carries them out one after the other for each session and kind.

    An order that comes again, because the connection was lost or its giver tried again, is
    answered again and not done again. start: runs a coroutine for as long as the runner lives.
    """

    def __init__(
        self,
        api: RunnerApi,
        terminals: Terminals,
        start: Callable[[Coroutine[Any, Any, None]], object],
        *,
        clock: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._api = api
        self._terminals = terminals
        self._start = start
        self._clock = clock
        self._queues: dict[tuple[str, OrderKind], deque[Order]] = {}
        self._typing: dict[str, asyncio.Event] = {}
        self._done: OrderedDict[str, None] = OrderedDict()
        self._opened = asyncio.Event()

    def take(self, order: Order) -> None:
        """Carry the order out as soon as those before it are done. Returns at once."""
        key = (order.session_id, order.kind)  # a stop never waits for a program that does not read
        if key in self._queues:
            self._queues[key].append(order)
            return
        self._queues[key] = deque([order])
        if order.kind is OrderKind.INPUT:
            self._typing[order.session_id] = asyncio.Event()
        self._start(self._work(key))

    async def settle(self, session_id: str) -> None:
        """Wait until every input for this session is answered: what was typed counts, even if it was the last."""
        if (work := self._typing.get(session_id)) is not None:
            await work.wait()

    def on_news(self, news: TerminalNews) -> None:
        """Hear which sessions have a terminal by now."""
        if isinstance(news, Opened):
            self._opened.set()

    async def _work(self, key: tuple[str, OrderKind]) -> None:
        queue, (session_id, kind) = self._queues[key], key
        try:
            while queue:
                await self._guarded(queue.popleft())
        finally:
            del self._queues[key]
            if kind is OrderKind.INPUT:
                self._typing.pop(session_id).set()

    async def _guarded(self, order: Order) -> None:
        """One order's trouble is no other's."""
        try:
            await self._carry_out(order)
        except MaestroError as error:  # nobody waits for the answer, or nobody can be told
            LOG.info("Order %s of session %s: %s", order.order_id, order.session_id, error.message)
        except Exception:
            LOG.exception("Order %s of session %s: this is a defect", order.order_id, order.session_id)

    async def _carry_out(self, order: Order) -> None:
        if self._has_expired(order) and order.order_id not in self._done:
            return  # its giver was told that it is taken back
        try:
            await self._do(order)
        except Refused as refusal:
            await self._answer(order, str(refusal))
        except ConnectionError:
            reason = "its program has ended, or its host is gone"
            await self._answer(order, f"Session '{order.session_id}' takes nothing: {reason}")
        else:
            await self._answer(order)

    async def _do(self, order: Order) -> None:
        """Carry the order out, unless it was before. Raises Refused, ConnectionError."""
        if order.order_id in self._done:
            return
        live = await self._terminal(order)
        match order.kind:
            case OrderKind.INPUT:
                await _type(live, order)
            case OrderKind.STOP:
                live.stop()
                await live.stopping.wait()
        self._done[order.order_id] = None
        while len(self._done) > REMEMBERED:
            self._done.popitem(last=False)

    async def _terminal(self, order: Order) -> LiveTerminal:
        """The session's terminal once there is one, for input with its present screen."""
        try:
            async with asyncio.timeout(self._seconds_left(order)):
                while (live := self._terminals.get(order.session_id)) is None:
                    self._opened.clear()
                    await self._opened.wait()
                if order.kind is OrderKind.INPUT:
                    await live.caught_up.wait()  # from then on its modes are known, which keys depend on
        except TimeoutError:
            raise Refused(f"Session '{order.session_id}' has no terminal yet") from None
        if live.exited is not None:
            raise Refused(f"Session '{order.session_id}' has ended: {live.exited}")
        return live

    async def _answer(self, order: Order, error: str = "") -> None:
        body = AnswerOrder(fence=order.fence, done=not error, error=error)
        await self._api.answer_order(order.session_id, order.order_id, body)

    def _has_expired(self, order: Order) -> bool:
        return order.expires_at is not None and order.expires_at <= self._clock()

    def _seconds_left(self, order: Order) -> float | None:
        return None if order.expires_at is None else (order.expires_at - self._clock()) / 1000


async def _type(live: LiveTerminal, order: Order) -> None:
    """Type text, then keys, then Enter. Raises Refused for an unknown key, ConnectionError."""
    keys = [_pressed(live, key) for key in order.keys]
    if order.text:
        await live.deliver(_typed(live, order.text))
    for data in keys:
        await live.deliver(data)
    if order.enter:
        if order.text:
            await asyncio.sleep(BEFORE_ENTER)
        await live.deliver(live.terminal.encode_key("enter", "\r"))


def _typed(live: LiveTerminal, text: str) -> bytes:
    """One line as typed; several as pasted, so that a program that tells the two apart waits for all of them."""
    return live.terminal.encode_paste(text) if "\n" in text or "\r" in text else text.encode("utf-8", "replace")


def _pressed(live: LiveTerminal, key: str) -> bytes:
    data = live.terminal.encode_key(key, key if len(key) == 1 else None)
    if not data:
        raise Refused(
            f"'{key}' is not a key; keys are called enter, escape, tab, up, pagedown, f5, ctrl+c, alt+x, y"
        )
    return data
