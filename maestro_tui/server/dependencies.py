"""What the HTTP face is given: the use cases, the owner's token and its limits."""

from dataclasses import dataclass, field
from pathlib import Path

from maestro_tui.config.settings import Settings
from maestro_tui.server.hub import QueueLimits
from maestro_tui.server.owner import OwnerToken
from maestro_tui.services.clock import Clock, wall_clock
from maestro_tui.services.wiring import Services
from maestro_tui.telemetry.audit import AuditLog

__all__ = ["LOOPBACK_NAMES", "Dependencies", "SocketLimits"]

LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})


@dataclass(frozen=True, slots=True)
class SocketLimits:
    """What one WebSocket connection may do, and how often each side says it is alive.

    heartbeat_seconds: between protocol pings; a peer that has not answered after half as long
        again is gone. The application's own heartbeat is sent after as long without an event.
    last_words_seconds: how long a peer that does not read may delay the end of its connection.
    frame_bytes: the largest message a client may send. messages_per_second: how many.
    """

    heartbeat_seconds: float = 15.0
    last_words_seconds: float = 1.0
    frame_bytes: int = 262_144
    messages_per_second: int = 100
    queue: QueueLimits = field(default_factory=QueueLimits)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Everything `create_app` needs.

    started_at: Unix ms. allowed_hosts: the names a Host header may carry, without a port.
    audit: where writes are noted; None: nowhere.
    data: the directory whose disk `/ready` looks at; None for a store without one.
    """

    services: Services
    owner_token: OwnerToken
    settings: Settings
    started_at: int
    allowed_hosts: frozenset[str] = LOOPBACK_NAMES
    data: Path | None = None
    socket: SocketLimits = field(default_factory=SocketLimits)
    clock: Clock = wall_clock
    audit: AuditLog | None = None
