"""Settings by file, environment and flag, and the command that says which won."""

import json
import re
from pathlib import Path

import pytest

from maestro_tui.config.settings import Settings
from maestro_tui.config.sources import load_settings
from maestro_tui.config.variables import ENVIRONMENT, KEYS
from maestro_tui.main import main

ROOT = Path(__file__).parents[2]


@pytest.fixture
def show(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MAESTRO_HOME", str(tmp_path))
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)

    def run(*words, code=0):
        with pytest.raises(SystemExit) as ended:
            main(["config", "show", *words])
        assert ended.value.code == code
        return capsys.readouterr()

    return run


def test_each_value_says_where_it_came_from(show, tmp_path, monkeypatch):
    (tmp_path / "config.toml").write_text(
        'agent = "mine"\n[spawn]\nmaxLive = 3\nmaxDepth = 1\n[server]\nport = 1\n[keys]\n"task.new" = "N"\n'
        '[agents.mine]\ncommand = ["x"]\nenv = { API_KEY = "hush" }\n'
    )
    monkeypatch.setenv("MAESTRO_SPAWN_MAX_LIVE", "9")
    shown = show("--json", "--origin", "--port", "7", "--set", "spawn.maxDepth=2")
    rows = {row["key"]: (row["value"], row["origin"]) for row in json.loads(shown.out)}
    file = str(tmp_path / "config.toml")
    assert rows["agent"] == ("mine", file)
    assert rows["spawn.maxLive"] == (9, "MAESTRO_SPAWN_MAX_LIVE")
    assert rows["spawn.maxDepth"] == (2, "flag")
    assert rows["server.port"] == (7, "flag")
    assert rows["ui.theme"] == ("maestro-dark", "default")
    assert rows['keys."task.new"'] == ("N", file)
    assert rows["agents.mine"][0]["env"] == {"API_KEY": "[hidden]"}
    assert "hush" not in shown.out


def test_for_people_and_with_findings(show, tmp_path, monkeypatch):
    monkeypatch.setenv("MAESTRO_PORT", "many")
    shown = show("--origin", code=1)
    assert any(line.split() == ["spawn.maxLive", "=", "32", "default"] for line in shown.out.splitlines())
    assert "MAESTRO_PORT: server.port" in shown.err


@pytest.mark.parametrize("wish", ["spawn.maxLive", "spawn.maxlive=3", "nothing=1", "agents.x=1"])
def test_a_wish_for_no_setting_is_refused(show, wish):
    assert "there is no such setting" in show("--set", wish, code=1).err


def default_of(path):
    value = Settings().model_dump(by_alias=True)
    for word in path:
        value = value[word]
    return value


def test_every_key_has_a_variable_of_its_own_and_it_works(tmp_path):
    assert len(set(ENVIRONMENT.values())) == len(ENVIRONMENT) == len(KEYS)
    samples = {int: "7", float: "2.5", bool: "true", tuple: "a,b"}
    environ = {name: samples.get(type(default_of(path)), "x") for name, path in ENVIRONMENT.items()}
    environ |= {"MAESTRO_ATTENTION_QUIET_HOURS": "22:00-07:00"}
    loaded = load_settings(tmp_path / "none.toml", environ=environ)
    assert loaded.settings.server.behind_proxy is True
    assert loaded.settings.server.allowed_hosts == ("a", "b")
    refused = {finding.source for finding in loaded.findings} & set(
        ENVIRONMENT
    )  # a table's own rule names no variable
    assert set(loaded.origins.values()) | refused == set(ENVIRONMENT)
    assert not {name for name in refused if default_of(ENVIRONMENT[name]) in ("", True, False)}


def test_the_example_environment_is_the_one_the_code_knows(capsys):
    with pytest.raises(SystemExit):
        main(["config", "variables"])
    said = capsys.readouterr().out
    assert said == (ROOT / ".env.example").read_text(), (
        "write it anew: maestro-tui config variables > .env.example"
    )
    assert all(f"\n#{name}=" in said for name in ENVIRONMENT)


def test_every_variable_the_code_reads_is_in_it():
    """What the code asks the environment for by name; what a pane is told is no setting."""
    sources = "".join(path.read_text() for path in (ROOT / "maestro_tui").rglob("*.py"))
    read = set(re.findall(r"environ(?:\.get|\.pop)?[(\[]\s*\"([A-Z_]+)\"", sources))
    ours = {name for name in read if name.startswith("MAESTRO_") or name.endswith("_DIR")}
    written = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    others = {"XDG_RUNTIME_DIR", "CLAUDE_CONFIG_DIR"}  # of the system, of an agent
    assert ours - others <= written
