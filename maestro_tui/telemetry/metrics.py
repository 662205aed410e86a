"""Every metric of the product, declared once; each is counted where the thing happens.

They live in a registry of our own, shared by everything in the process: a cockpit that serves
too tells of both wings. Labels come from closed sets only (routes as written in the router,
statuses, event names), never from what somebody typed.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

__all__ = [
    "AUTH_FAILURES",
    "CLAIMS",
    "CLIENT_OUTBOX",
    "CLIENT_RECONNECTS",
    "CLIENT_RESYNCS",
    "ERRORS",
    "EVENTS",
    "FRAME_SECONDS",
    "FSYNC_SECONDS",
    "LOOP_LAG_SECONDS",
    "PTY_BYTES",
    "REGISTRY",
    "REQUESTS",
    "REQUEST_SECONDS",
    "SOCKETS_CLOSED",
    "SOCKETS_OPENED",
    "SPAWNS",
    "SPAWN_SECONDS",
    "STORE_BATCH_SIZE",
    "STORE_WAITING",
    "STORE_WRITES",
]

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_MILLISECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_DISK = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0)
_START = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
_FRAME = (0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.033, 0.066, 0.133, 0.5)

REQUESTS = Counter(
    "maestro_http_requests", "Answered HTTP requests.", ("method", "route", "status"), registry=REGISTRY
)
REQUEST_SECONDS = Histogram(
    "maestro_http_request_seconds",
    "From a request's head to its answer; sockets are not among them.",
    ("method", "route"),
    buckets=_MILLISECONDS,
    registry=REGISTRY,
)
AUTH_FAILURES = Counter(
    "maestro_auth_failures", "Requests without a valid token, by why.", ("reason",), registry=REGISTRY
)
EVENTS = Counter("maestro_events", "Events the journal numbered.", ("event",), registry=REGISTRY)
SOCKETS_OPENED = Counter(
    "maestro_sockets_opened",
    "WebSocket connections by how they began: live, replay or snapshot.",
    ("mode",),
    registry=REGISTRY,
)
SOCKETS_CLOSED = Counter(
    "maestro_sockets_closed",
    "WebSocket connections the server closed, by close code.",
    ("code",),
    registry=REGISTRY,
)
SPAWNS = Counter(
    "maestro_spawns",
    "Spawns by outcome: accepted or refused at first, then running, failed, stopped, completed or unclaimed.",
    ("outcome",),
    registry=REGISTRY,
)
SPAWN_SECONDS = Histogram(
    "maestro_spawn_seconds",
    "From a spawn's request to its running agent, where no person was asked.",
    buckets=_START,
    registry=REGISTRY,
)
CLAIMS = Counter(
    "maestro_claims",
    "Claims of sessions by outcome: won, or lost to another runner.",
    ("outcome",),
    registry=REGISTRY,
)
STORE_WRITES = Counter(
    "maestro_store_writes",
    "Documents written or removed, by outcome: done or failed.",
    ("outcome",),
    registry=REGISTRY,
)
STORE_BATCH_SIZE = Histogram(
    "maestro_store_batch_documents",
    "Documents that share one trip to the disk.",
    buckets=(1, 2, 4, 8, 16, 32, 64),
    registry=REGISTRY,
)
FSYNC_SECONDS = Histogram(
    "maestro_store_fsync_seconds",
    "Flushes of the store by what was flushed: file or directory; the count is the number of fsyncs.",
    ("what",),
    buckets=_DISK,
    registry=REGISTRY,
)
STORE_WAITING = Gauge("maestro_store_waiting", "Operations that wait for the store's writer.", registry=REGISTRY)
LOOP_LAG_SECONDS = Histogram(
    "maestro_event_loop_lag_seconds",
    "How much later than it was due the event loop did something, asked every five seconds.",
    buckets=_MILLISECONDS,
    registry=REGISTRY,
)
CLIENT_OUTBOX = Gauge(
    "maestro_client_outbox_commands", "Commands of this cockpit that wait for its server.", registry=REGISTRY
)
CLIENT_RECONNECTS = Counter(
    "maestro_client_reconnects",
    "Connections of this cockpit or runner that ended and were tried again.",
    registry=REGISTRY,
)
CLIENT_RESYNCS = Counter(
    "maestro_client_resyncs",
    "How this cockpit or runner caught up after connecting: replay or snapshot.",
    ("mode",),
    registry=REGISTRY,
)
PTY_BYTES = Counter(
    "maestro_pty_bytes",
    "Bytes between this process and its agents: output or input.",
    ("direction",),
    registry=REGISTRY,
)
FRAME_SECONDS = Histogram(
    "maestro_frame_seconds",
    "Painting the terminal panes that changed, per frame.",
    buckets=_FRAME,
    registry=REGISTRY,
)
ERRORS = Counter(
    "maestro_errors", "Log records of level error and above, by room of the source.", ("room",), registry=REGISTRY
)

for _counter, _values in (
    (AUTH_FAILURES, ("missing", "wrong")),
    (CLAIMS, ("won", "lost")),
    (SPAWNS, ("accepted", "refused", "running", "failed", "stopped", "completed", "unclaimed")),
    (STORE_WRITES, ("done", "failed")),
):
    for _value in _values:
        _counter.labels(_value)  # Prometheus sees it grow, and alerts on the first one, only where it began at 0
