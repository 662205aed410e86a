"""Carries orders to runners: each to one connection of the runner it is for.

Several cockpits on one machine are one runner with several connections, and whoever carries an
order out does it once; so an order stays with its connection until that one ends, and only then
goes to another.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from maestro_tui.domain.order import Order
from maestro_tui.server.hub import Channel
from maestro_tui.services.order_book import OrderBook

__all__ = ["Dispatch"]


class Dispatch:
    """The connections of runners, and which of them has which order.

    write: an order as the text of a frame.
    """

    def __init__(self, book: OrderBook, write: Callable[[Order], str]) -> None:
        self._book = book
        self._write = write
        self._channels: dict[Channel, None] = {}
        self._carried_by: dict[Order, Channel] = {}

    @contextmanager
    def serving(self, channel: Channel) -> Iterator[None]:
        """For as long as this lasts the connection may be given orders, if it is a runner's."""
        if channel.runner_id is None:
            yield
            return
        self._channels[channel] = None
        self._book.arrive(channel.runner_id)
        self.carry(channel.runner_id)
        try:
            yield
        finally:
            del self._channels[channel]
            self._book.leave(channel.runner_id)
            self.carry(channel.runner_id)

    def carry(self, runner_id: str) -> None:
        """Give a runner the orders that none of its connections has."""
        waiting = self._book.waiting_for(runner_id)
        self._forget(runner_id, waiting)
        newest = [channel for channel in self._channels if channel.runner_id == runner_id][-1:]
        for order in waiting:
            for channel in newest if order not in self._carried_by else ():  # the surest to be alive
                self._carried_by[order] = channel
                channel.say(self._write(order))

    def _forget(self, runner_id: str, waiting: list[Order]) -> None:
        """Drop what is answered or taken back, and what a connection carried that has ended."""
        for order, channel in tuple(self._carried_by.items()):
            if channel.runner_id == runner_id and (channel not in self._channels or order not in waiting):
                del self._carried_by[order]
