"""Which documents belong to a key: kept up to date as they come, change and go."""

from collections.abc import Callable, Iterable, Set
from typing import Generic, TypeVar

from maestro_tui.domain.document import Document

__all__ = ["Index"]

D = TypeVar("D", bound=Document)
NOTHING: frozenset[str] = frozenset()


class Index(Generic[D]):
    """From a key to the ids of its documents. keys: the keys a document belongs to."""

    def __init__(self, keys: Callable[[D], Iterable[str]]) -> None:
        self._keys = keys
        self._members: dict[str, set[str]] = {}
        self._held: dict[str, frozenset[str]] = {}

    def of(self, key: str) -> Set[str]:
        """The ids of the key's documents."""
        return self._members.get(key, NOTHING)

    def put(self, document: D) -> None:
        """Take in a document, or its new version."""
        before, now = self._held.get(document.id, NOTHING), frozenset(self._keys(document))
        self._leave(document.id, before - now)
        for key in now - before:
            self._members.setdefault(key, set()).add(document.id)
        self._held[document.id] = now

    def drop(self, identifier: str) -> None:
        """Forget a document."""
        self._leave(identifier, self._held.pop(identifier, NOTHING))

    def _leave(self, identifier: str, keys: Iterable[str]) -> None:
        for key in keys:
            members = self._members[key]
            members.discard(identifier)
            if not members:
                del self._members[key]
