"""Recording spans with OpenTelemetry: imported only where traces are wanted, because it is an extra."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from maestro_tui.telemetry.spans import KEY, Kind, Span, Value
from maestro_tui.version import __version__

__all__ = ["OpenTelemetry"]

EXPORT_SECONDS = 3
"""How long a collector that does not answer may hold up the end of this process."""
_KINDS: Mapping[Kind, trace.SpanKind] = {
    "internal": trace.SpanKind.INTERNAL,
    "server": trace.SpanKind.SERVER,
    "client": trace.SpanKind.CLIENT,
    "consumer": trace.SpanKind.CONSUMER,
}


class _Recorded:
    def __init__(self, span: trace.Span) -> None:
        self.span = span

    def note(self, **facts: Value) -> None:
        self.span.set_attributes(_attributes(facts))

    def end(self) -> None:
        self.span.end()


class OpenTelemetry:
    """Spans to a collector by OTLP over HTTP; where it is and what is sampled say OTEL_… variables.

    exporter: another way out.
    """

    def __init__(self, service: str, *, at_once: bool = False, exporter: SpanExporter | None = None) -> None:
        resource = Resource.create({"service.name": service, "service.version": __version__})
        self._provider = TracerProvider(resource=resource)
        out = exporter or OTLPSpanExporter(timeout=EXPORT_SECONDS)
        self._provider.add_span_processor(SimpleSpanProcessor(out) if at_once else BatchSpanProcessor(out))
        self._tracer = self._provider.get_tracer("maestro_tui", __version__)
        self._propagator = TraceContextTextMapPropagator()

    def begin(self, name: str, parent: str | None, kind: Kind, facts: Mapping[str, Value]) -> Span:
        around = context.get_current()
        if parent is not None:
            around = self._propagator.extract({KEY: parent}, context=around)
        made = self._tracer.start_span(name, context=around, kind=_KINDS[kind], attributes=_attributes(facts))
        return _Recorded(made)

    def within(self, span: _Recorded) -> AbstractContextManager[trace.Span]:
        return trace.use_span(span.span, end_on_exit=True)

    def current(self) -> str | None:
        carrier: dict[str, str] = {}
        self._propagator.inject(carrier)
        return carrier.get(KEY)

    def close(self) -> None:
        self._provider.shutdown()


def _attributes(facts: Mapping[str, Value]) -> dict[str, Value]:
    return {name.replace("__", "."): value for name, value in facts.items()}
