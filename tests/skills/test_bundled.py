"""The skills that are shipped: valid, complete, and true to the command they teach."""

import re

import pytest

from maestro_tui.domain.status import Role
from maestro_tui.paths import Home, bundled
from maestro_tui.skills.commands import command_table
from maestro_tui.skills.library import library_for
from maestro_tui.skills.loader import SkillLibrary

VOCABULARY = {
    "task": "list create get update start complete block unblock delete children tree",
    "subtask": "create list complete reopen delete",
    "session": "spawn list info logs send stop restart watch wait register complete needs-input resume-working",
    "report": "progress blocked error needs-input complete",
    "skill": "list info validate",
    "worker": "init",
    "orchestrator": "init",
}
ALONE = {"update", "status", "whoami", "commands", "doctor"}
FLAGS = {
    "task create": {"--parent", "--priority", "--desc"},
    "task update": {"--status"},
    "task block": {"--reason"},
    "session spawn": {"--task", "--name", "--reason", "--skill", "--agent"},
    "session list": {"--children"},
    "session wait": {"--until", "--timeout"},
    "session logs": {"--tail"},
}
QUOTED = re.compile(r'"[^"]*"')


def commands_in(markdown):
    """Every `maestro …` in code spans and code blocks, continuation lines joined."""
    blocks = re.findall(r"```sh\n(.*?)```", markdown, re.DOTALL)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").split("\n")]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", markdown, flags=re.DOTALL))
    return [line.strip() for line in (*lines, *spans) if line.strip().startswith("maestro ")]


def check(command):
    plain = QUOTED.sub("TEXT", command).split("#")[0].strip()
    words = plain.split()[1:]
    if words[0] in ALONE:
        name, rest = words[0], words[1:]
    else:
        assert words[0] in VOCABULARY, command
        assert words[1] in VOCABULARY[words[0]].split(), command
        name, rest = f"{words[0]} {words[1]}", words[2:]
    assert {word for word in rest if word.startswith("--")} <= FLAGS.get(name, set()), command


@pytest.fixture(scope="module")
def library():
    return SkillLibrary([bundled("skills")])


def test_they_are_valid(library):
    assert library.findings() == []
    assert [skill.name for skill in library.all()] == ["maestro-cli", "maestro-orchestrator", "maestro-worker"]


@pytest.mark.parametrize("role", list(Role))
def test_each_role_gets_the_command_then_its_own(library, role):
    assert [skill.name for skill in library.for_role(role)] == ["maestro-cli", f"maestro-{role.value}"]


def test_every_command_they_show_exists(library):
    shown = [command for skill in library.all() for command in commands_in(skill.instructions)]
    assert len(shown) > 40
    for command in shown:
        check(command)


@pytest.mark.parametrize("role", list(Role))
def test_every_command_of_the_brief_exists(role):
    shown = commands_in(command_table(role, ["task_1"]))
    assert len(shown) > 8
    for command in shown:
        check(command)


def test_the_places_in_order(tmp_path, write_skill):
    home = Home(tmp_path, data=tmp_path / "d", sessions=tmp_path / "s", skill_library=tmp_path / "shared")
    write_skill(tmp_path / "shared", "a", description="shared")
    write_skill(tmp_path / "shared", "b", description="shared")
    write_skill(tmp_path / "skills", "b", description="home")
    write_skill(tmp_path / "skills", "c", description="home")
    write_skill(tmp_path / "project" / ".maestro" / "skills", "c", description="project")
    found = {skill.name: skill.manifest.description for skill in library_for(home, tmp_path / "project").all()}
    assert found | {"a": "shared", "b": "home", "c": "project"} == found
    assert "maestro-cli" in found
    assert library_for(home).get("c").manifest.description == "home"
