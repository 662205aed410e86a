"""What `/metrics` reads off a running server at the moment it is asked."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web
from prometheus_client.core import GaugeMetricFamily, Metric

from maestro_tui.domain.status import LIVE
from maestro_tui.server.keys import DEPENDENCIES, HUB
from maestro_tui.store.base import SessionQuery
from maestro_tui.telemetry.metrics import REGISTRY
from maestro_tui.version import __version__

__all__ = ["Readings", "take_readings"]


@dataclass(frozen=True, slots=True)
class Readings:
    """The counters of the process, and the gauges of one application in it.

    queued, longest_queue: events that wait for connections, in all and for the slowest one.
    """

    uptime_seconds: float
    connections: int
    queued: int
    longest_queue: int
    live_sessions: Counter[str]
    waiting_for_person: int
    journal_seq: int
    journal_bytes: int
    broken_files: int

    def collect(self) -> Iterator[Metric]:
        """As `prometheus_client.generate_latest` wants it."""
        yield from REGISTRY.collect()
        build = GaugeMetricFamily("maestro_build_info", "The version that runs.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        sessions = GaugeMetricFamily("maestro_sessions_live", "Live sessions by status.", labels=["status"])
        for status in sorted(LIVE):
            sessions.add_metric([status.value], self.live_sessions[status.value])
        yield sessions
        for name, text, value in (
            ("maestro_uptime_seconds", "Since the server started.", self.uptime_seconds),
            ("maestro_sessions_waiting", "Live sessions that need a person's input.", self.waiting_for_person),
            ("maestro_socket_connections", "Open WebSocket connections.", self.connections),
            ("maestro_socket_queue_events", "Events that wait for all connections.", self.queued),
            ("maestro_socket_queue_longest", "Events that wait for the slowest connection.", self.longest_queue),
            ("maestro_journal_seq", "The number of the newest event.", self.journal_seq),
            ("maestro_journal_bytes", "The journal on disk.", self.journal_bytes),
            ("maestro_store_broken_files", "Stored files with something wrong in them.", self.broken_files),
        ):
            yield GaugeMetricFamily(name, text, value=value)


async def take_readings(app: web.Application) -> Readings:
    """Look at everything once."""
    dependencies = app[DEPENDENCIES]
    services = dependencies.services
    queues = [len(channel) for channel in app[HUB].channels]
    live = (await services.store.sessions.find(SessionQuery(live=True))).items
    return Readings(
        uptime_seconds=max(0, dependencies.clock() - dependencies.started_at) / 1000,
        connections=len(queues),
        queued=sum(queues),
        longest_queue=max(queues, default=0),
        live_sessions=Counter(session.status.value for session in live),
        waiting_for_person=sum(session.needs_input.active for session in live),
        journal_seq=services.journal.seq,
        journal_bytes=services.journal.size(),
        broken_files=len(services.store.findings()),
    )
