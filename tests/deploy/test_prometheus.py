"""What deploy/ gives Prometheus, in a real one: it scrapes a real server and understands every expression."""

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
import yaml

from maestro_tui.config.settings import Settings
from maestro_tui.paths import Home
from maestro_tui.server.serving import serve
from maestro_tui.store.memory import MemoryStore
from tests.ports import own_port

DEPLOY = Path(__file__).parents[2] / "deploy"
TOKEN = "a-token-of-my-own-with-many-letters"
DASHBOARD = json.loads((DEPLOY / "grafana" / "maestro.json").read_text())
EXPRESSIONS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool")
def test_the_rules_and_the_configuration_are_sound(tmp_path):
    place = tmp_path / "prometheus"
    shutil.copytree(DEPLOY / "prometheus", place)
    (tmp_path / "token").write_text(TOKEN)
    config = (place / "prometheus.yml").read_text().replace("/run/secrets/owner_token", str(tmp_path / "token"))
    (place / "prometheus.yml").write_text(config)
    done = subprocess.run(["promtool", "check", "config", str(place / "prometheus.yml")], capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


ALERTS = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
SLOW = {'le="0.1"': "0x90", 'le="0.5"': "0x90", 'le="1"': "0x90", 'le="2.5"': "0+10x90", 'le="+Inf"': "0+10x90"}
CAUSES = {
    "MaestroDown": ({'up{job="maestro"}': "1x5 0x90"}, {"job": "maestro"}),
    "MaestroStoreFailing": (
        {'maestro_store_writes_total{outcome="failed"}': "0x5 1x90"},
        {"outcome": "failed"},
    ),
    "MaestroErrors": ({'maestro_errors_total{room="server"}': "0x5 10x90"}, {}),
    "MaestroSlowRequests": (
        {f'maestro_http_request_seconds_bucket{{route="/",{le}}}': values for le, values in SLOW.items()},
        {},
    ),
    "MaestroSlowDisk": (
        {f'maestro_store_fsync_seconds_bucket{{what="file",{le}}}': values for le, values in SLOW.items()},
        {},
    ),
    "MaestroNobodyRuns": (
        {'maestro_spawns_total{outcome="unclaimed"}': "0x5 1x90"},
        {"outcome": "unclaimed"},
    ),
    "MaestroGuessing": (
        {'maestro_auth_failures_total{reason="wrong"}': "0x5 40x90"},
        {"reason": "wrong"},
    ),
    "MaestroBrokenFiles": ({"maestro_store_broken_files": "0x5 1x90"}, {}),
    "MaestroWaiting": ({"maestro_sessions_waiting": "0x5 1x90"}, {}),
}
"""What makes each alert fire, a value a minute: well for five minutes, then not. And the labels it has then."""


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool")
def test_each_alert_fires_for_its_cause_and_not_before(tmp_path):
    assert {rule["alert"] for rule in ALERTS} == set(CAUSES)
    tests = []
    for rule in ALERTS:
        series, labels = CAUSES[rule["alert"]]
        waits = int(rule.get("for", "0m").removesuffix("m"))
        fired = {
            "exp_labels": rule["labels"] | labels,
            "exp_annotations": rule["annotations"],
        }
        tests.append(
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "alert_rule_test": [
                    {"eval_time": "1m", "alertname": rule["alert"], "exp_alerts": []},
                    {"eval_time": f"{8 + waits}m", "alertname": rule["alert"], "exp_alerts": [fired]},
                ],
            }
        )
    shutil.copy(DEPLOY / "prometheus" / "alerts.yml", tmp_path)
    path = tmp_path / "tests.yml"
    path.write_text(yaml.safe_dump({"rule_files": ["alerts.yml"], "evaluation_interval": "1m", "tests": tests}))
    done = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_alerts_wait_for_is_counted_from_zero():
    """In a new process: a counter that appears with its first event has not grown, for Prometheus."""
    code = (
        "from prometheus_client import generate_latest; from maestro_tui.telemetry.metrics import REGISTRY;"
        "print(generate_latest(REGISTRY).decode())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    waited_for = [name for series, _ in CAUSES.values() for name in series if "_total{" in name]
    for name in waited_for:
        assert f"{name} 0.0" in told or name == 'maestro_errors_total{room="server"}', name
    assert len(waited_for) == 4


@pytest.fixture
async def prometheus(tmp_path):
    """Ask a real Prometheus that watches a real server: `await prometheus(path)` is its answer's data."""
    home = Home.from_environment({"HOME": str(tmp_path), "MAESTRO_HOME": str(tmp_path / "m")})
    settings = Settings.model_validate({"server": {"port": 0}})
    port = own_port()
    async with serve(home, settings, token=TOKEN, store=MemoryStore()) as info:
        shutil.copytree(DEPLOY / "prometheus", tmp_path / "prometheus")
        (tmp_path / "token").write_text(TOKEN)
        path = tmp_path / "prometheus" / "prometheus.yml"
        config = path.read_text()
        for old, new in (
            ("/run/secrets/owner_token", str(tmp_path / "token")),
            ("server:4567", info.url.removeprefix("http://")),
            ("15s", "1s"),
        ):
            assert old in config
            config = config.replace(old, new)
        path.write_text(config)
        process = await asyncio.create_subprocess_exec(
            "prometheus",
            f"--config.file={path}",
            f"--storage.tsdb.path={tmp_path / 'tsdb'}",
            f"--web.listen-address=127.0.0.1:{port}",
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with aiohttp.ClientSession() as http:

            async def ask(name, **query):
                url = f"http://127.0.0.1:{port}/api/v1/{name}"
                async with http.get(url, params=query) as answer:
                    said = await answer.json()
                    assert said["status"] == "success", said
                    return said["data"]

            try:
                yield ask
            finally:
                process.terminate()
                await process.wait()


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="needs prometheus")
@pytest.mark.timeout(150)
async def test_it_scrapes_the_server_and_understands_the_dashboard(prometheus):
    async def value(expression):
        try:
            return (await prometheus("query", query=expression))["result"]
        except aiohttp.ClientError:
            return []

    async with asyncio.timeout(90):
        while not [one for one in await value('up{job="maestro"}') if one["value"][1] == "1"]:  # noqa: ASYNC110
            await asyncio.sleep(0.2)  # it scrapes in its own time
    assert await value("maestro_build_info")
    for expression in EXPRESSIONS:
        await prometheus("query", query=expression)
    [group] = (await prometheus("rules"))["groups"]
    assert {rule["name"] for rule in group["rules"]} >= {"MaestroDown", "MaestroStoreFailing"}
    assert {rule["health"] for rule in group["rules"]} <= {"ok", "unknown"}
