"""Traces: which piece of work caused which, across the command, the server, the runner and the panes.

The thread that joins them is W3C's `traceparent` (https://www.w3.org/TR/trace-context/): a header of
requests, `metadata.traceparent` of a session, TRACEPARENT in a pane. It is handed on in any case;
spans are recorded only between `exporting`'s beginning and end, which needs the extra `otel`.
Standard library only, and OpenTelemetry is not imported before it is asked for.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from maestro_tui.domain.errors import MaestroError
from maestro_tui.telemetry.spans import KEY, Backend, Kind, Span, Value

__all__ = [
    "TracingUnavailable",
    "begin",
    "carried",
    "carried_by",
    "current",
    "exporting",
    "is_on",
    "span",
]

_FORM = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


class TracingUnavailable(MaestroError):
    """Traces are wanted, and what records them is not installed."""

    code = "TRACING_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__(
            "telemetry.traces is on, and OpenTelemetry is not installed",
            suggestion="Install opentelemetry-sdk and opentelemetry-exporter-otlp-proto-http beside maestro-tui, "
            "or set telemetry.traces to false",
        )


class _NoSpan:
    def note(self, **facts: Value) -> None:
        """Nobody records."""

    def end(self) -> None:
        """Nobody records."""


_NOTHING = _NoSpan()
_backend: Backend | None = None
_passing: ContextVar[str | None] = ContextVar("passing", default=None)


def is_on() -> bool:
    """Whether spans are recorded in this process."""
    return _backend is not None


@contextmanager
def exporting(service: str, *, wanted: bool, at_once: bool = False) -> Iterator[None]:
    """Send the spans of this process to a collector while the context lasts (OTEL_EXPORTER_OTLP_ENDPOINT).

    service: its name there. wanted: False does nothing. at_once: each span as it ends, for
    commands, which are soon over, and do not fail for what is not installed. Raises TracingUnavailable.
    """
    global _backend
    if not wanted:
        yield
        return
    try:
        from maestro_tui.telemetry.otel import OpenTelemetry
    except ImportError:
        if not at_once:
            raise TracingUnavailable from None
        yield
        return
    _backend = backend = OpenTelemetry(service, at_once=at_once)
    try:
        yield
    finally:
        _backend = None
        backend.close()


@contextmanager
def span(name: str, *, parent: str | None = None, kind: Kind = "internal", **facts: Value) -> Iterator[Span]:
    """The work within, as a part of the parent or else of the current span.

    parent: a traceparent; one that is none is ignored. facts: see `Span.note`.
    """
    if parent is not None and _FORM.fullmatch(parent) is None:
        parent = None
    if _backend is None:
        with _handing_on(parent):
            yield _NOTHING
        return
    made = _backend.begin(name, parent, kind, facts)
    with _backend.within(made):
        yield made


def begin(name: str, **facts: Value) -> Span:
    """A part of the current span, for work whose end is noticed elsewhere: whoever does calls `end`."""
    return _NOTHING if _backend is None else _backend.begin(name, None, "internal", facts)


def current() -> str | None:
    """The traceparent of the work at hand; None when it is part of no trace."""
    own = None if _backend is None else _backend.current()
    return own or _passing.get()


def carried(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """A session's metadata with the trace of the work at hand, in place of an earlier one."""
    trace = current()
    return {name: value for name, value in metadata.items() if name != KEY} | ({KEY: trace} if trace else {})


def carried_by(metadata: Mapping[str, Any]) -> str | None:
    """The traceparent in a session's metadata, which anybody may have written."""
    trace = metadata.get(KEY)
    return trace if isinstance(trace, str) and _FORM.fullmatch(trace) else None


@contextmanager
def _handing_on(parent: str | None) -> Iterator[None]:
    if parent is None:
        yield
        return
    token = _passing.set(parent)
    try:
        yield
    finally:
        _passing.reset(token)
