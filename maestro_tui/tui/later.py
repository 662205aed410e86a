"""Work for Textual's workers that can be given up at any moment, before it begins and while its screen goes."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, ParamSpec, TypeVar

from textual.css.query import NoMatches
from textual.worker import get_current_worker

from maestro_tui.tui.leaving import is_there

__all__ = ["Later"]

P = ParamSpec("P")
T = TypeVar("T")


class Later(Awaitable[T]):
    """A call of a coroutine function that is made only when it is awaited.

    A worker may be cancelled before it has begun, as when the cockpit is left in that moment; a
    coroutine made for it beforehand would never be awaited, and Python would complain of it.

    A screen that is left loses its widgets before its workers are cancelled: an answer that arrives in
    between finds no place to be shown in, and the work counts as cancelled.
    """

    def __init__(
        self, function: Callable[P, Coroutine[Any, Any, T]], *arguments: P.args, **named: P.kwargs
    ) -> None:
        self._make = partial(function, *arguments, **named)

    def __await__(self) -> Generator[Any, None, T]:
        try:
            return (yield from self._make().__await__())
        except NoMatches:
            if is_there(get_current_worker().node):
                raise
            raise asyncio.CancelledError from None
