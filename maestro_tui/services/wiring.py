"""The use cases, put together."""

from dataclasses import dataclass

from maestro_tui.config.settings import Settings
from maestro_tui.paths import Home
from maestro_tui.services.claims import ClaimService
from maestro_tui.services.clock import Clock, wall_clock
from maestro_tui.services.context import Context
from maestro_tui.services.event_bus import EventBus
from maestro_tui.services.housekeeping import Housekeeping
from maestro_tui.services.idempotency import Idempotency, MemoryIdempotency
from maestro_tui.services.journal import Journal, MemoryJournal
from maestro_tui.services.leases import Leases
from maestro_tui.services.links import Links
from maestro_tui.services.locks import KeyedLocks
from maestro_tui.services.permissions import Permissions
from maestro_tui.services.projects import ProjectService
from maestro_tui.services.sessions import SessionService
from maestro_tui.services.subtasks import SubtaskService
from maestro_tui.services.tasks import TaskService
from maestro_tui.services.tokens import Tokens
from maestro_tui.store.base import Store

__all__ = ["Services", "build_services"]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a server can do, and what it does it with."""

    projects: ProjectService
    tasks: TaskService
    subtasks: SubtaskService
    sessions: SessionService
    claims: ClaimService
    bus: EventBus
    journal: Journal
    idempotency: Idempotency
    tokens: Tokens
    housekeeping: Housekeeping
    store: Store


def build_services(
    *,
    store: Store,
    settings: Settings,
    home: Home,
    journal: Journal | None = None,
    idempotency: Idempotency | None = None,
    signing_key: bytes,
    clock: Clock = wall_clock,
) -> Services:
    """The use cases over a store.

    journal, idempotency: by default in memory. signing_key: what session tokens are made with.
    """
    journal = journal or MemoryJournal()
    idempotency = idempotency or MemoryIdempotency(clock)
    bus = EventBus(journal)
    context = Context(store, bus, KeyedLocks(), Permissions(store), clock)
    links, leases = Links(context), Leases(clock)
    claims = ClaimService(context, leases, settings.spawn)
    return Services(
        projects=ProjectService(context),
        tasks=TaskService(context, links),
        subtasks=SubtaskService(context),
        sessions=SessionService(context, links, leases),
        claims=claims,
        bus=bus,
        journal=journal,
        idempotency=idempotency,
        tokens=Tokens(store, signing_key),
        housekeeping=Housekeeping(claims, idempotency),
        store=store,
    )
