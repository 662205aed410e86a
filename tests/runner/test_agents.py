import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.config.agents import BUILT_IN_AGENTS
from maestro_tui.config.settings import AgentProfile, Settings
from maestro_tui.domain.errors import Invalid, NotFound
from maestro_tui.runner.agents import LARGEST_ARGUMENT, Brief, choose_agent, installed_agents, launch_line

TEXT = "# Your task\nBuild the endpoint"
AIDER = ("--no-gitignore", "--no-show-release-notes", "--read", "FILE")


@pytest.fixture
def brief(tmp_path):
    path = tmp_path / "brief.md"
    path.write_text(TEXT)
    return Brief(TEXT, path)


def line(name, brief, settings=None, **more):
    return launch_line(name, settings or Settings(), brief, session_id="sess_1", **more)


def own(**profile):
    return Settings(agents={"mine": AgentProfile(**profile)})


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("claude", ("claude", "--session-id", "ID", TEXT)),
        ("codex", ("codex", TEXT)),
        ("gemini", ("gemini", "--prompt-interactive", TEXT)),
        ("opencode", ("opencode", "--prompt", TEXT)),
        ("aider", ("aider", *AIDER)),
    ],
)
def test_every_built_in_agent_gets_the_brief_its_own_way(brief, name, argv):
    answer = line(name, brief)
    meant = {"ID": answer.conversation_id, "FILE": str(brief.path)}
    assert answer.argv == tuple(meant.get(word, word) for word in argv)
    assert answer.typed == (
        f"Read the file {brief.path} first: it is your brief. Then do what it says." if name == "aider" else None
    )


@pytest.mark.parametrize("name", ["claude", "codex", "gemini", "opencode"])
def test_the_model_comes_before_the_brief(brief, name):
    argv = line(name, brief, model="large").argv
    assert argv[1:3] == ("--model", "large")
    assert argv[-1] == TEXT


@pytest.mark.parametrize("name", ["claude", "codex", "gemini", "opencode"])
@pytest.mark.attack(86)
def test_stand_ins_on_path_receive_the_very_words(brief, tmp_path, name):
    tool = tmp_path / name
    tool.write_text('#!/bin/sh\nfor word in "$@"; do printf "%s\\0" "$word"; done\n')
    tool.chmod(0o755)
    argv = line(name, brief, model="large").argv
    environ = {"PATH": f"{tmp_path}:/bin:/usr/bin"}
    answer = subprocess.run([str(tmp_path / argv[0]), *argv[1:]], capture_output=True, env=environ, check=True)
    assert tuple(answer.stdout.decode().split("\0")[:-1]) == argv[1:]
    assert choose_agent(None, Settings(), environ) == name


def test_the_shell_greets_with_the_brief(brief):
    answer = subprocess.run(
        line("shell", brief).argv, input=b"echo typed\n", capture_output=True, env={"SHELL": "/bin/sh"}, check=True
    )
    assert answer.stdout.decode() == TEXT + "typed\n"


def test_placeholders_are_filled_once_and_only_from_outside(tmp_path):
    brief = Brief("a {cwd} and {session_id}", tmp_path / "b.md")
    settings = own(command=("agent", "--in={cwd}", "{brief}", "{task_id}/{session_id}", "{brief_file}", "{other}"))
    argv = line("mine", brief, settings, cwd="/w", task_id="task_1").argv
    assert argv == ("agent", "--in=/w", brief.text, "task_1/sess_1", str(brief.path), "{other}")


@pytest.mark.parametrize(
    ("way", "added", "typed"),
    [("argument", (TEXT,), None), ("file", ("FILE",), None), ("stdin", (), TEXT), ("none", (), None)],
)
def test_the_ways_to_hand_over_a_brief(brief, way, added, typed):
    answer = line("mine", brief, own(command=("agent",), brief=way))
    assert answer.argv == ("agent", *(str(brief.path) if word == "FILE" else word for word in added))
    assert answer.typed == typed


@given(st.text(min_size=1))
@pytest.mark.attack(86)
def test_a_brief_is_never_an_option(text):
    from pathlib import Path

    for settings, name in (
        (Settings(), "claude"),
        (Settings(), "gemini"),
        (own(command=("agent", "{brief}")), "mine"),
    ):
        word = line(name, Brief(text, Path("/b.md")), settings).argv[-1]
        assert not word.startswith("-")
        assert word.lstrip(" ") == text.lstrip(" ") or word.endswith(text)


@pytest.mark.attack(87)
def test_a_brief_too_long_for_an_argument_goes_by_file(tmp_path):
    brief = Brief("é" * (LARGEST_ARGUMENT // 2 + 1), tmp_path / "brief.md")
    word = line("claude", brief).argv[-1]
    assert str(brief.path) in word
    assert len(word) < 500
    assert line("claude", Brief("x" * LARGEST_ARGUMENT, brief.path)).argv[-1] == "x" * LARGEST_ARGUMENT


@pytest.mark.attack(86)
def test_a_model_cannot_be_an_option(brief):
    with pytest.raises(Invalid, match="dash"):
        line("claude", brief, model="--dangerously")


def test_an_unknown_agent_is_named_with_those_there_are(brief):
    with pytest.raises(NotFound, match=r"'none-such'.*claude") as failure:
        line("none-such", brief)
    assert "[agents.none-such]" in failure.value.suggestion
    with pytest.raises(NotFound):
        choose_agent("none-such", Settings())


def test_the_choice_is_the_wanted_then_the_configured_then_the_installed_then_the_shell(tmp_path):
    environ = {"PATH": str(tmp_path)}
    assert choose_agent(None, Settings(), environ) == "shell"
    for name in ("gemini", "codex"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    assert choose_agent(None, Settings(), environ) == "codex"
    assert choose_agent(None, Settings(agent="opencode"), environ) == "opencode"
    assert choose_agent("claude", Settings(agent="opencode"), environ) == "claude"
    installed = installed_agents(own(command=("mine-absent",)), environ)
    assert installed == {
        "claude": False,
        "codex": True,
        "gemini": True,
        "opencode": False,
        "aider": False,
        "shell": True,
        "mine": False,
    }


def test_every_built_in_agent_is_an_argv_without_a_shell_string():
    for name, profile in BUILT_IN_AGENTS.items():
        assert all(isinstance(word, str) for word in profile.command)
        assert name == "shell" or len(shlex.split(profile.command[0])) == 1


@pytest.mark.parametrize(
    ("name", "argv"),
    [
        ("claude", ("claude", "--model", "large", "HOOKS", "--resume", "abc-1", TEXT)),
        ("codex", ("codex", "--model", "large", "HOOKS", "resume", "abc-1", TEXT)),
        ("gemini", ("gemini", "--model", "large", "HOOKS", "--resume", "abc-1", "--prompt-interactive", TEXT)),
        ("opencode", ("opencode", "--model", "large", "HOOKS", "--session", "abc-1")),
        ("aider", ("aider", "--model", "large", "HOOKS", "--restore-chat-history", *AIDER)),
    ],
)
def test_an_earlier_conversation_is_continued_the_agents_own_way(brief, name, argv):
    answer = line(name, brief, model="large", resume="abc-1", hook_arguments=["HOOKS"])
    assert answer.argv == tuple(str(brief.path) if word == "FILE" else word for word in argv)
    assert answer.conversation_id == "abc-1"


def test_a_new_conversation_has_a_name_of_its_own_where_the_agent_takes_one(brief):
    first, second = line("claude", brief), line("claude", brief)
    assert first.conversation_id != second.conversation_id
    assert first.argv[1:3] == ("--session-id", first.conversation_id)
    assert line("codex", brief).conversation_id is None
    assert line("aider", brief).conversation_id == "latest"


@pytest.mark.parametrize(
    ("version", "named"), [(None, False), ((0, 44, 1), False), ((0, 45), True), ((0, 61, 0), True)]
)
def test_a_conversation_is_named_where_the_version_knows_how(brief, version, named):
    answer = line("gemini", brief, version=version)
    assert ("--session-id" in answer.argv, answer.conversation_id is not None) == (named, named)


def test_an_agent_that_cannot_continue_says_so(brief):
    with pytest.raises(Invalid, match="shell cannot continue"):
        line("shell", brief, resume="abc-1")


@pytest.mark.parametrize("name", ["claude", "codex", "gemini", "opencode", "aider"])
def test_permissions_are_asked_for_in_the_agents_own_words(brief, name):
    plain = line(name, brief).argv
    for word, arguments in BUILT_IN_AGENTS[name].permission_arguments.items():
        argv = line(name, brief, Settings(agents={name: AgentProfile(permissions=word)})).argv
        assert argv[1 : 1 + len(arguments)] == arguments
        assert line(name, brief, permissions=word).argv[1 : 1 + len(arguments)] == arguments
        assert len(argv) == len(plain) + len(arguments)
    with pytest.raises(Invalid, match="'everything' is not one of its words: ask, plan"):
        line(name, brief, Settings(agents={name: AgentProfile(permissions="everything")}))


def test_a_table_changes_the_keys_it_has_and_no_other(brief):
    settings = Settings(agents={"claude": AgentProfile(command=("claude-2",), env={"A": "1"})})
    argv = line("claude", brief, settings, model="large").argv
    assert argv[:4] == ("claude-2", "--model", "large", "--session-id")
    assert argv[-1] == TEXT


def test_an_agent_without_a_command_is_explained(brief):
    with pytest.raises(NotFound, match="no command") as failure:
        line("mine", brief, own(brief="stdin"))
    assert "[agents.mine]" in failure.value.suggestion
