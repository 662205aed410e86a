"""Settings come from several sources, and nothing a file says stops the start."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.config.agents import agent_profiles
from maestro_tui.config.settings import Settings
from maestro_tui.config.sources import load_settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def test_without_any_source_the_defaults_hold(config: Path) -> None:
    loaded = load_settings(config, environ={})
    assert loaded.settings == Settings()
    assert not loaded.findings


def test_a_file_sets_values_and_is_their_origin(config: Path) -> None:
    config.write_text('agent = "codex"\n[spawn]\nmaxDepth = 7\n')
    loaded = load_settings(config, environ={})
    assert loaded.settings.agent == "codex"
    assert loaded.settings.spawn.max_depth == 7
    assert loaded.origins["spawn", "maxDepth"] == str(config)


def test_environment_beats_the_file_and_a_flag_beats_both(config: Path) -> None:
    config.write_text("[server]\nport = 1111\n")
    from_environment = load_settings(config, environ={"MAESTRO_PORT": "2222"})
    assert from_environment.settings.server.port == 2222
    assert from_environment.origins["server", "port"] == "MAESTRO_PORT"
    from_flag = load_settings(config, environ={"MAESTRO_PORT": "2222"}, flags={("server", "port"): 3333})
    assert from_flag.settings.server.port == 3333


def test_a_wrong_value_is_named_with_its_line_and_the_rest_counts(config: Path) -> None:
    config.write_text('agent = "codex"\n\n[spawn]\nmaxLive = 5\nmaxDepth = "deep"\n')
    loaded = load_settings(config, environ={})
    assert loaded.settings.spawn.max_live == 5
    assert loaded.settings.spawn.max_depth == 3
    assert loaded.settings.agent == "codex"
    (finding,) = loaded.findings
    assert (finding.source, finding.line) == (str(config), 5)
    assert "spawn.maxDepth" in finding.message


def test_an_unknown_key_suggests_the_nearest(config: Path) -> None:
    config.write_text("[spawn]\nmaxdepth = 2\n")
    (finding,) = load_settings(config, environ={}).findings
    assert finding.line == 2
    assert "did you mean maxDepth" in finding.message


def test_broken_toml_is_one_finding_with_its_line(config: Path) -> None:
    config.write_text('agent = "codex"\n[spawn\n')
    loaded = load_settings(config, environ={})
    assert loaded.settings == Settings()
    (finding,) = loaded.findings
    assert finding.line == 2


def test_a_section_of_the_wrong_type_leaves_the_others(config: Path) -> None:
    config.write_text('spawn = 3\nui.theme = "maestro-light"\n')
    loaded = load_settings(config, environ={})
    assert loaded.settings.ui.theme == "maestro-light"
    assert loaded.settings.spawn == Settings().spawn
    assert len(loaded.findings) == 1


def test_an_agent_of_ones_own_joins_the_built_in_ones(config: Path) -> None:
    config.write_text(
        '[agents.mine]\ncommand = ["my-agent", "--brief", "{brief_file}"]\nenv = { MY_FLAG = "1" }\n'
    )
    profiles = agent_profiles(load_settings(config, environ={}).settings)
    assert profiles["mine"].env == {"MY_FLAG": "1"}
    assert {"claude", "codex", "gemini", "opencode", "shell"} <= profiles.keys()


def test_an_unreadable_file_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "config.toml").mkdir()
    loaded = load_settings(tmp_path / "config.toml", environ={})
    assert loaded.settings == Settings()
    assert len(loaded.findings) == 1


@given(st.binary(max_size=200))
def test_no_bytes_in_the_file_raise(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    config = tmp_path_factory.mktemp("config") / "config.toml"
    config.write_bytes(content)
    assert isinstance(load_settings(config, environ={}).settings, Settings)


toml_values = st.one_of(
    st.integers(-5, 99999), st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=5)
)


@given(
    st.dictionaries(st.sampled_from(["agent", "spawn", "server", "ui", "keys", "agents", "other"]), toml_values)
)
def test_no_wrong_value_raises(tmp_path_factory: pytest.TempPathFactory, values: dict[str, int | str]) -> None:
    config = tmp_path_factory.mktemp("config") / "config.toml"
    config.write_text("".join(f"{key} = {value!r}\n" for key, value in values.items()))
    assert isinstance(load_settings(config, environ={}).settings, Settings)


def test_two_faults_in_one_list_cost_that_list_and_nothing_beside_it(config):
    config.write_text('[attention]\nsound = true\nneeds = ["nonsense", "more"]\n')
    loaded = load_settings(config, environ={})
    assert loaded.settings.attention.sound is True
    assert [str(finding).partition(": ")[0] for finding in loaded.findings] == [f"{config}:3"]
