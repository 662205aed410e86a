"""One spawn followed from the command to the agent's first byte, by a collector that is really there."""

import asyncio
import os
import signal
import sys

import pytest
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from maestro_tui import discovery
from maestro_tui.paths import Home
from maestro_tui.server.protocol import Runner

AGENT = """
[agents.script]
command = ["/bin/sh", "-c", "echo \\"trace=$TRACEPARENT\\"; maestro whoami; read line"]
brief = "none"
"""


class Collector:
    """Takes OTLP over HTTP. spans: what has come, by name."""

    def __init__(self):
        self.spans = {}
        self.news = asyncio.Event()

    async def take(self, request):
        for resource in ExportTraceServiceRequest.FromString(await request.read()).resource_spans:
            facts = {one.key: one.value.string_value for one in resource.resource.attributes}
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.setdefault(span.name, []).append((facts["service.name"], span))
        self.news.set()
        return web.Response()

    async def until(self, *names):
        try:
            async with asyncio.timeout(60):
                while not set(names) <= set(self.spans):
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            raise AssertionError(f"only {sorted(self.spans)} came") from None


@pytest.fixture
async def collector():
    collector = Collector()
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = Runner(app, shutdown_timeout=1.0, sockets=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    collector.url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
    yield collector
    await runner.cleanup()


async def maestro(environment, *arguments):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "maestro_tui.cli", *arguments), env=environment, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


@pytest.mark.timeout(150)
async def test_one_spawn_is_one_trace(tmp_path, collector):
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MAESTRO_", "OTEL_"))},
        "HOME": str(tmp_path),
        "MAESTRO_HOME": str(tmp_path / "m"),
        "MAESTRO_PORT": "0",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    traced = environment | {"MAESTRO_TELEMETRY_TRACES": "true"}
    home = Home.from_environment(environment)
    home.root.mkdir(mode=0o700)
    home.config.write_text(AGENT)
    served = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "maestro_tui", "run"), env=traced, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(60):
            assert (await served.stdout.readline()).startswith(b"maestro-tui: running")
        project = (await maestro(environment, "project", "create", "P", "-d", str(tmp_path), "-q")).strip()
        task = (await maestro(environment, "task", "create", "T", "--project", project, "-q")).strip()
        session = await maestro(traced, "session", "spawn", "--task", task, "--agent", "script", "-q")
        await collector.until("maestro session spawn", "agent.first_byte", "maestro whoami", "session.start")
        trace = await maestro(environment, "session", "logs", session.strip())
        await maestro(environment, "session", "stop", session.strip())
    finally:
        served.send_signal(signal.SIGTERM)
        await served.communicate()
    assert discovery.read(home) is None
    begun = collector.spans["maestro session spawn"][0][1]
    ours = {
        name: (service, span)
        for name, spans in collector.spans.items()
        for service, span in spans
        if span.trace_id == begun.trace_id
    }
    names = {span.span_id: name for name, (_, span) in ours.items()}
    above = {name: names.get(span.parent_span_id) for name, (_, span) in ours.items()}
    spawn, claim = "POST /api/sessions/spawn", "POST /api/sessions/{session_id}/claim"
    expected = {
        "maestro session spawn": None,
        spawn: "maestro session spawn",
        "spawn.check": spawn,
        "spawn.brief": spawn,
        "spawn.admit": spawn,
        "session.start": spawn,
        claim: "session.start",
        "pty_host.start": "session.start",
        "agent.first_byte": "session.start",
        "PATCH /api/sessions/{session_id}": "session.start",
        "maestro whoami": "session.start",
    }
    assert {name: above.get(name, "not in the trace") for name in expected} == expected
    assert {service for service, _ in ours.values()} == {"maestro", "maestro-tui"}
    assert f"trace=00-{begun.trace_id.hex()}-" in trace
