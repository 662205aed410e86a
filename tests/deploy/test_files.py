"""What is in deploy/ fits the code: metrics that exist, settings that exist, commands that exist."""

import configparser
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from maestro_tui.config.variables import ENVIRONMENT
from maestro_tui.server import readings
from maestro_tui.telemetry import metrics

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "maestro.json").read_text())
ALERTS = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"][0]["rules"]
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
EXPRESSIONS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
EXPRESSIONS += [rule["expr"] for rule in ALERTS]
WORDS = {"sum", "by", "le", "rate", "increase", "histogram_quantile", "up", "job"}


def known():
    """Every sample name there is, with the labels it may have."""
    names = {"process_resident_memory_bytes": set(), "process_open_fds": set()}
    for metric in [getattr(metrics, name) for name in metrics.__all__ if name != "REGISTRY"]:
        [family] = metric.describe()
        ends = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}[family.type]
        names |= {family.name + end: {*metric._labelnames, "le"} for end in ends}
    gauges = re.findall(r'"(maestro_[a-z_]+)"', Path(readings.__file__).read_text())
    return names | {name: {"status", "version"} for name in gauges}


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_every_expression_asks_for_what_there_is(expression):
    names = known()
    used = set(re.findall(r"\b((?:maestro|process)_[a-z_]+)", expression))
    assert used <= set(names)
    assert used or expression.startswith("up{")
    labels = set(re.findall(r"([a-z_]+)=\"", expression))
    labels |= {word.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for word in group.split(",")}
    assert not used or labels <= set().union(*(names[name] for name in used))
    words = set(re.findall(r"\b[a-z_]+\b(?=\()", expression))
    assert words <= WORDS


def test_the_dashboard_shows_every_metric_of_ours():
    shown = {name for one in EXPRESSIONS for name in re.findall(r"maestro_[a-z_]+", one)}
    missing = {re.sub(r"_(bucket|sum|count)$", "", name) for name in known() if name.startswith("maestro_")}
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    assert missing - shown == set()


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_says_what_to_do(rule):
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = [
        line[4:].strip().lower() for line in (ROOT / page).read_text().splitlines() if line.startswith("### ")
    ]
    assert anchor == rule["alert"].lower()
    assert anchor in headings
    assert rule["labels"]["severity"] in ("critical", "warning", "info")


def test_compose_sets_variables_that_exist_and_mounts_files_that_are_there():
    for service in COMPOSE["services"].values():
        assert set(service.get("environment", {})) <= set(ENVIRONMENT)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] if source[0] != "." else (DEPLOY / source).exists()
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert COMPOSE["services"]["server"]["command"] == ["serve"]
    assert COMPOSE["services"]["runner"]["command"] == ["run"]


def test_what_compose_starts_is_safe_enough_to_start():
    """The settings of the server's container, as the server itself judges them."""
    from maestro_tui.config.sources import load_settings
    from maestro_tui.server.exposure import exposure_of

    environment = COMPOSE["services"]["server"]["environment"]
    loaded = load_settings(Path("/none"), environ=environment)
    assert loaded.findings == ()
    exposure = exposure_of(loaded.settings.server, "x" * 32)
    assert exposure.address == "0.0.0.0"
    assert {"server", "localhost"} <= exposure.names
    targets = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"][0]
    assert targets["static_configs"][0]["targets"] == ["server:4567"]


def test_the_image_runs_as_nobody_in_particular():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    final = lines[[number for number, line in enumerate(lines) if line.startswith("FROM")][-1] :]
    instructions = [line.split(maxsplit=1) for line in final if re.match(r"[A-Z]+ ", line)]
    by_name = dict(instructions)
    assert by_name["USER"] == "maestro"
    assert "maestro" in by_name["HEALTHCHECK"]
    assert json.loads(by_name["ENTRYPOINT"]) == ["tini", "--", "maestro-tui"]
    assert json.loads(by_name["CMD"]) == ["serve"]
    assert [line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            assert all((ROOT / name).exists() for name in line.split()[1:-1]), line


@pytest.mark.parametrize("path", sorted((DEPLOY / "systemd").iterdir()), ids=lambda path: path.name)
def test_units_leave_agents_alone(path):
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(path)
    service = unit["Service"]
    assert service["KillMode"] == "process"
    assert service["KillSignal"] == "SIGTERM"
    assert service["ExecStart"].split()[-2:] == [service["ExecStart"].split()[-2], "run"]
    assert service["ExecStart"].split()[0].endswith("/bin/maestro-tui")
    assert int(service["TimeoutStopSec"]) > 10


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
@pytest.mark.parametrize("path", sorted((DEPLOY / "systemd").iterdir()), ids=lambda path: path.name)
def test_systemd_understands_the_units(path, tmp_path):
    """Every line but the program's own path, which is not installed here."""
    unit = tmp_path / path.name.replace("@.", "@somebody.")
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", path.read_text(), flags=re.MULTILINE))
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def _compose():
    """The client that is here: docker's plugin, or the older program, which knows all but `name`."""
    if shutil.which("docker") is not None:
        plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if plugin.returncode == 0:
            return ["docker", "compose"]
    return ["docker-compose"] if shutil.which("docker-compose") is not None else None


@pytest.mark.skipif(_compose() is None, reason="needs docker compose")
def test_compose_understands_its_file(tmp_path):
    """Against its schema; no engine is needed."""
    client = _compose()
    shutil.copytree(DEPLOY, tmp_path / "deploy")
    (tmp_path / "deploy" / "owner.token").write_text("x" * 32)
    path = tmp_path / "deploy" / "compose.yaml"
    if len(client) == 1:
        path.write_text(re.sub(r"^name: .*\n", "", path.read_text(), flags=re.MULTILINE))
    done = subprocess.run([*client, "-f", str(path), "config"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert set(yaml.safe_load(done.stdout)["services"]) == set(COMPOSE["services"])


FROM_INDEX = re.compile(
    r"(?:pipx?|uvx?)\b[^\n|]*\b(?:install|run|inject|add)\s+[\"']?maestro[-_]tui\b|uvx maestro"
)
TOLD = [
    path
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "skills/**/*",
        "deploy/**/*",
        "man/*",
        "maestro_tui/**/*.py",
        ".github/**/*",
    )
    for path in ROOT.glob(pattern)
    if path.is_file()
]


def test_nobody_is_told_to_install_the_name_from_an_index():
    """There, another project has it."""
    assert FROM_INDEX.search("pip install 'maestro-tui[otel]'")
    assert not FROM_INDEX.search("pipx install ./maestro_tui-*.whl")
    told = [str(path.relative_to(ROOT)) for path in TOLD if FROM_INDEX.search(path.read_text(errors="replace"))]
    assert len(TOLD) > 300
    assert told == []


@pytest.mark.parametrize("path", sorted(DEPLOY.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_sound_posix_shell(path):
    shell = shutil.which("dash") or "/bin/sh"
    assert subprocess.run([shell, "-n", str(path)], capture_output=True, check=False).stderr == b""
    assert "set -eu" in path.read_text() or "lib.sh" in path.read_text()


def test_the_nginx_example_passes_on_what_the_server_needs():
    text = (DEPLOY / "nginx.conf").read_text()
    for line in ("proxy_set_header Host $host;", "proxy_set_header Upgrade $http_upgrade;", "access_log off;"):
        assert line in text
    assert text.count("{") == text.count("}")
