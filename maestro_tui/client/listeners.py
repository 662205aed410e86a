"""Those who want to be told."""

import logging
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Listeners"]

LOG = logging.getLogger(__name__)
T = TypeVar("T")


class Listeners(Generic[T]):
    """Callbacks in the order they came. One that fails is logged and keeps no other from its news."""

    def __init__(self) -> None:
        self._callbacks: dict[object, Callable[[T], None]] = {}

    def add(self, callback: Callable[[T], None]) -> Callable[[], None]:
        """Tell callback from now on. Returns what ends it; calling that twice is harmless."""
        ticket = object()
        self._callbacks[ticket] = callback

        def remove() -> None:
            self._callbacks.pop(ticket, None)

        return remove

    def tell(self, news: T) -> None:
        """Tell everyone who listens at this moment."""
        for callback in tuple(self._callbacks.values()):
            try:
                callback(news)
            except Exception:
                LOG.exception("A listener failed on %s", type(news).__name__)
