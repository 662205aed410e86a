"""Traces: handed on in any case, recorded where they are wanted, and free where they are not."""

import subprocess
import sys

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from maestro_tui.telemetry import tracing
from maestro_tui.telemetry.otel import OpenTelemetry

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def recorded(monkeypatch):
    """The spans of this process, as they end."""
    exporter = InMemorySpanExporter()
    backend = OpenTelemetry("test", at_once=True, exporter=exporter)
    monkeypatch.setattr(tracing, "_backend", backend)
    yield lambda: {span.name: span for span in exporter.get_finished_spans()}
    backend.close()


def test_a_span_is_part_of_the_one_around_it_and_of_its_parent(recorded):
    with tracing.span("outer", parent=PARENT, kind="server", http__route="/x") as outer:
        outer.note(http__response__status_code=201)
        _, trace_id, span_id, _ = tracing.current().split("-")
        with tracing.span("inner"):
            pass
        late = tracing.begin("late")
    assert set(recorded()) == {"outer", "inner"}
    late.end()
    spans = recorded()
    assert trace_id == PARENT.split("-")[1]
    assert format(spans["outer"].parent.span_id, "016x") == PARENT.split("-")[2]
    assert spans["outer"].kind.name == "SERVER"
    assert dict(spans["outer"].attributes) == {"http.route": "/x", "http.response.status_code": 201}
    for name in ("inner", "late"):
        assert format(spans[name].context.trace_id, "032x") == trace_id
        assert format(spans[name].parent.span_id, "016x") == span_id


def test_what_fails_is_told(recorded):
    with pytest.raises(ValueError, match="no"), tracing.span("fails"):
        raise ValueError("no")
    assert recorded()["fails"].status.status_code.name == "ERROR"


def test_a_trace_is_handed_on_where_nobody_records():
    assert tracing.current() is None
    with tracing.span("nobody", parent=PARENT) as span:
        span.note(anything=1)
        assert tracing.current() == PARENT
        carried = tracing.carried({"spawnReason": "r", "traceparent": "an older one"})
    assert carried == {"spawnReason": "r", "traceparent": PARENT}
    assert tracing.carried_by(carried) == PARENT
    assert tracing.current() is None
    assert tracing.carried({"traceparent": PARENT}) == {}


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "00-",
        PARENT.upper(),
        PARENT + "-x",
        "00-" + "0" * 32 + PARENT[35:],
        PARENT + "\n",
        "\x1b[2J",
        7,
        None,
        {},
    ],
)
def test_what_is_no_trace_is_ignored(forged):
    assert tracing.carried_by({"traceparent": forged}) is None
    if isinstance(forged, str):
        with tracing.span("x", parent=forged):
            assert tracing.current() is None


def test_without_the_extra_a_server_says_what_is_missing_and_a_command_goes_on(monkeypatch):
    monkeypatch.setitem(sys.modules, "maestro_tui.telemetry.otel", None)
    with (
        pytest.raises(tracing.TracingUnavailable) as refused,
        tracing.exporting("maestro-tui", wanted=True),
    ):
        raise AssertionError("not reached")
    assert "opentelemetry-sdk" in refused.value.suggestion
    with tracing.exporting("maestro", wanted=True, at_once=True):
        assert not tracing.is_on()


def test_nothing_is_imported_before_it_is_wanted():
    """Neither by the server, nor by the runner, nor by the command."""
    code = (
        "import sys, maestro_tui.server.app, maestro_tui.runner.runner, maestro_tui.cli.entry, maestro_tui.main\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
