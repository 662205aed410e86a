"""doctor, skills, completion and the list of commands."""

import json

import pytest

from maestro_tui.cli.table import COMMANDS


def checks(board, **env):
    outcome = board.run("doctor", "--json", env=env)
    return {check["name"]: check for check in outcome.data}


def program(directory, name, text):
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_doctor_looks_at_everything_once(board, tmp_path):
    ours = program(tmp_path / "bin", "maestro", "#!/usr/bin/python\nfrom maestro_tui.cli.entry import main\n")
    program(tmp_path / "bin", "claude", "#!/bin/sh\n")
    found = checks(board, PATH=str(ours.parent), TERM="xterm", LANG="C.UTF-8")
    assert list(found) == [
        "python",
        "path",
        "home",
        "discovery",
        "server",
        "token",
        "documents",
        "skills",
        "runner",
        "project",
        "agents",
        "terminal",
    ]
    assert found["path"]["state"] == "ok"
    assert found["token"]["state"] == "ok"
    assert found["agents"]["message"] == "claude"
    assert found["runner"]["advice"]


def test_the_doctor_tells_what_the_terminal_can_and_runs_in(board):
    outer = {
        "TERM": "tmux-256color",
        "TMUX": "/tmp/t,1,0",
        "COLORTERM": "",
        "LANG": "C.UTF-8",
        "TERM_PROGRAM": "tmux",
    }
    inside = checks(board, **outer)["terminal"]
    assert (inside["state"], "RGB" in inside["advice"]) == ("warning", True)
    assert inside["message"].startswith("tmux (tmux-256color), 256 colours or fewer, UTF-8")
    assert "inside tmux: the prefix key is ^g there" in inside["message"]
    assert checks(board, **outer | {"LANG": "C", "LC_ALL": ""})["terminal"]["advice"] == "export LANG=C.UTF-8"


def test_the_doctor_names_another_program_called_maestro(board, tmp_path):
    other = program(tmp_path / "other", "maestro", "#!/bin/sh\necho mobile tests\n")
    ours = program(tmp_path / "bin", "maestro", "#!/usr/bin/python\nfrom maestro_tui.cli.entry import main\n")
    behind = board.run("doctor", "--json", env={"PATH": f"{ours.parent}:{other.parent}"})
    assert "1 other program" in behind.out
    first = board.run("doctor", env={"PATH": f"{other.parent}:{ours.parent}"}, code=1)
    assert f"{other} is another program called maestro" in first.out


def test_the_doctor_ends_with_3_without_a_server_and_with_4_without_a_token(board):
    assert "No answer" in board.run("doctor", env={"MAESTRO_API_URL": "http://127.0.0.1:1"}, code=3).out
    assert "failed" in board.run("doctor", env={"MAESTRO_TOKEN": "wrong"}, code=4).out


def test_the_doctor_says_what_to_do_about_each_kind_of_trouble(board, server, tmp_path):
    """No server, one that has ended, one that wrote nonsense, the token of another home, a broken skill."""
    home = tmp_path / "other home"
    home.mkdir(mode=0o700)
    there = {"MAESTRO_HOME": str(home)}
    assert checks(board, **there)["discovery"]["message"].endswith("the address is given")
    for written, told in (
        (
            {"pid": 999_999_999, "url": "http://127.0.0.1:9", "token": "t", "startTime": "1"},
            "has ended (pid 999999999)",
        ),
        ("nonsense", "is not what a server writes"),
    ):
        path = home / "server.json"
        path.write_text(json.dumps(written))
        path.chmod(0o600)
        found = checks(board, **there)["discovery"]
        assert (found["state"], told in found["message"]) == ("warning", True), found
        assert "maestro-tui serve" in found["advice"]
    refused = {
        check["name"]: check for check in board.run("doctor", "--json", env={"MAESTRO_TOKEN": "x"}, code=4).data
    }
    assert "unset MAESTRO_TOKEN MAESTRO_API_URL" in refused["token"]["advice"]
    assert "runner" not in refused  # nothing can be told without the token
    stranger = {"MAESTRO_TOKEN": "", "MAESTRO_API_URL": "", "MAESTRO_PORT": server.info.url.rpartition(":")[2]}
    refused = {one["name"]: one for one in board.run("doctor", "--json", env=stranger | there, code=4).data}
    assert "another home" in refused["token"]["advice"]
    broken = server.home.skills / "broken"
    broken.mkdir(parents=True)
    try:
        (broken / "manifest.json").write_text("{")
        found = checks(board)["skills"]
        while found["state"] == "ok":  # the server looks at its folders by itself
            found = checks(board)["skills"]
        assert "broken/manifest.json" in found["message"]
        assert "maestro skill validate" in found["advice"]
        assert "maestro skill validate" in board.run("skill", "list").err
    finally:
        (broken / "manifest.json").unlink()
        broken.rmdir()
    assert all(one["advice"] for one in (*checks(board).values(), *refused.values()) if one["state"] != "ok")


def test_skills_are_listed_and_shown(board):
    assert [skill["name"] for skill in board.data("skill", "list", "--role", "worker")] == [
        "maestro-cli",
        "maestro-worker",
    ]
    skill = board.data("skill", "info", "maestro-cli")
    assert set(skill) >= {"id", "name", "description", "type", "version", "instructions"}
    assert skill["instructions"].splitlines()[0] in board.run("skill", "info", "maestro-cli").out
    assert board.failure("skill", "info", "no/ne", code=1)["error"] == "invalid_request"
    assert board.failure("skill", "info", "none", code=2)["error"] == "resource_not_found"


def test_skill_folders_are_judged_by_the_loader_itself(board, tmp_path):
    folder = tmp_path / "skills" / "mine"
    folder.mkdir(parents=True)
    manifest = {"name": "mine", "version": "1.0.0", "description": "d", "type": "custom", "assignTo": ["all"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "skill.md").write_text("Do this.")
    for path in (folder, folder.parent):
        assert board.data("skill", "validate", str(path))["skills"] == ["mine"]
    (folder / "manifest.json").write_text(json.dumps({**manifest, "version": "one"}))
    for path in (folder, folder.parent):
        failure = board.failure("skill", "validate", str(path), code=1)
        assert [finding["field"] for finding in failure["details"]["findings"]] == ["version"]
        assert "manifest.json" in failure["message"]
    assert "not a folder" in board.failure("skill", "validate", str(tmp_path / "none"), code=1)["message"]


def offered(board, *words, env=None):
    return board.run("--json", "__complete", "--", *words, env=env).data


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("",), {"task", "session", "update", "doctor"}),
        (("task", ""), {"create", "tree", "block"}),
        (("task", "create", "x", "--pri"), {"--priority"}),
        (("task", "create", "x", "--priority", ""), {"low", "medium", "high"}),
        (("task", "update", "t1", "--status", "in_"), {"in_progress", "in_review"}),
        (("completion", ""), {"bash", "zsh", "fish"}),
        (("session", "spawn", "--skill", ""), {"maestro-cli", "maestro-worker"}),
        (("--p",), {"--project"}),
    ],
)
def test_completion_offers_what_may_come_next(board, words, expected):
    values = {offer["value"] for offer in offered(board, *words)}
    assert expected <= values
    assert all(value.startswith(words[-1]) for value in values)


def test_completion_offers_ids_with_titles_and_nothing_without_a_server(board):
    task_id = board.task("A title")
    assert {"value": task_id, "help": "A title"} in offered(board, "task", "get", "")
    assert offered(board, "task", "get", "", env={"MAESTRO_API_URL": "http://127.0.0.1:1"}) == []


def test_commands_names_every_command(board):
    names = [entry["command"] for entry in board.data("commands")]
    assert names == [command.path for command in COMMANDS if not command.hidden]


def test_an_unknown_shell_is_answered_with_the_known_ones(board):
    assert board.failure("completion", "tcsh", code=1)["details"]["allowed"] == ["bash", "zsh", "fish"]
