"""Work for Textual's workers that leaves nothing behind when it never begins."""

from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from typing import Any, ParamSpec, TypeVar

__all__ = ["Later"]

P = ParamSpec("P")
T = TypeVar("T")


class Later(Awaitable[T]):
    """A call of a coroutine function that is made only when it is awaited.

    A worker may be cancelled before it has begun, as when the cockpit is left in that moment; a
    coroutine made for it beforehand would never be awaited, and Python would complain of it.
    """

    def __init__(
        self, function: Callable[P, Coroutine[Any, Any, T]], *arguments: P.args, **named: P.kwargs
    ) -> None:
        self._make = partial(function, *arguments, **named)

    def __await__(self) -> Generator[Any, None, T]:
        return self._make().__await__()
