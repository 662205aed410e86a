"""A project's own file makes the rules of spawning stricter, and never milder."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.config.project import PROJECT_CONFIG, project_policy
from maestro_tui.config.settings import SpawnPolicy, SpawnRoles

HOME = SpawnPolicy(max_depth=3, max_live=10, roles=SpawnRoles(orchestrator="ask"))
STRICTNESS = ("allow", "ask", "deny")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".maestro").mkdir()
    return tmp_path


def test_without_a_file_or_a_directory_the_home_decides(tmp_path: Path) -> None:
    for directory in ("", str(tmp_path), str(tmp_path / "gone")):
        found = project_policy(HOME, directory)
        assert (found.rules, found.findings) == (HOME, ())
        assert found.file_of("spawn.maxLive") == "config.toml"


def test_a_stricter_rule_counts_and_a_milder_one_is_named(project: Path) -> None:
    (project / PROJECT_CONFIG).write_text(
        "[spawn]\nmaxLive = 4\nmaxDepth = 9\nclaimSeconds = 5\n"
        '[spawn.roles]\nworker = "ask"\norchestrator = "allow"\n'
    )
    found = project_policy(HOME, str(project))
    assert found.rules == HOME.model_copy(
        update={"max_live": 4, "roles": SpawnRoles(worker="ask", orchestrator="ask")}
    )
    assert found.stricter == {"spawn.maxLive", "spawn.roles.worker"}
    assert found.file_of("spawn.maxLive") == "the project's .maestro/config.toml"
    assert found.file_of("spawn.maxDepth") == "config.toml"
    messages = [finding.message for finding in found.findings]
    assert len(messages) == 3
    assert any("claimSeconds" in message for message in messages)
    assert any("maxDepth: 9 is milder than the home's 3" in message for message in messages)
    assert any("roles.orchestrator" in message for message in messages)


def test_a_wrong_value_is_named_and_the_rest_counts(project: Path) -> None:
    (project / PROJECT_CONFIG).write_text('[spawn]\nmaxLive = "few"\nmaxDepth = 1\nmaxLives = 9\n')
    found = project_policy(HOME, str(project))
    assert found.rules == HOME.model_copy(update={"max_depth": 1})
    assert [finding.line for finding in found.findings] == [2, 4]


@pytest.mark.timeout(10)
def test_what_is_no_plain_small_file_is_left_alone(project: Path) -> None:
    os.mkfifo(project / PROJECT_CONFIG)
    assert project_policy(HOME, str(project)).rules == HOME
    (project / PROJECT_CONFIG).unlink()
    (project / PROJECT_CONFIG).write_text("[spawn]\nmaxLive = 1\n" + "#" * 70_000)
    assert project_policy(HOME, str(project)).rules == HOME


limits = st.integers(1, 50)
words = st.sampled_from(STRICTNESS)
policies = st.builds(
    SpawnPolicy,
    max_depth=limits,
    max_live=limits,
    max_per_parent=limits,
    max_per_minute=limits,
    roles=st.builds(SpawnRoles, worker=words, orchestrator=words),
)


@given(policies, policies)
def test_the_result_is_the_stricter_of_both(tmp_path_factory: pytest.TempPathFactory, home, own) -> None:
    project = tmp_path_factory.mktemp("project")
    (project / ".maestro").mkdir()
    (project / PROJECT_CONFIG).write_text(
        f"[spawn]\nmaxDepth = {own.max_depth}\nmaxLive = {own.max_live}\nmaxPerParent = {own.max_per_parent}\n"
        f"maxPerMinute = {own.max_per_minute}\n"
        f'[spawn.roles]\nworker = "{own.roles.worker}"\norchestrator = "{own.roles.orchestrator}"\n'
    )
    rules = project_policy(home, str(project)).rules
    for name in ("max_depth", "max_live", "max_per_parent", "max_per_minute"):
        assert getattr(rules, name) == min(getattr(home, name), getattr(own, name))
    for role in ("worker", "orchestrator"):
        both = getattr(home.roles, role), getattr(own.roles, role)
        assert getattr(rules.roles, role) == max(both, key=STRICTNESS.index)
