"""What every use case works with."""

from dataclasses import dataclass

from maestro_tui.services.clock import Clock
from maestro_tui.services.event_bus import EventBus
from maestro_tui.services.locks import KeyedLocks
from maestro_tui.services.permissions import Permissions
from maestro_tui.store.base import Store

__all__ = ["Context"]


@dataclass(frozen=True, slots=True)
class Context:
    """The documents, who is told of changes, who waits for whom, who may, and what time it is."""

    store: Store
    bus: EventBus
    locks: KeyedLocks
    permissions: Permissions
    now: Clock
