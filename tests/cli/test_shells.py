"""Completion in the shells themselves: bash, zsh and fish, with real ids and their titles."""

import os
import select
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ptyprocess import PtyProcessUnicode

from maestro_tui.cli.commands import offers
from maestro_tui.cli.grammar import Command, Flag

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 40
START = "from maestro_tui.cli.entry import main; main()"


@pytest.fixture
def task_id(board):
    board.task("Confirmation mail")
    return board.task("Login endpoint")


@pytest.fixture
def env(board, tmp_path):
    """A shell's environment with `maestro` on PATH."""
    program = tmp_path / "bin" / "maestro"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -c "{START}" "$@"\n')
    program.chmod(0o755)
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path)}
    terminal = {"TERM": "xterm", "COLUMNS": "100", "LINES": "30", "LANG": "C.UTF-8"}
    return {**board.env, **home, **terminal, "PATH": f"{program.parent}:{os.environ['PATH']}"}


def run(env, shell, *arguments):
    if (program := shutil.which(shell)) is None:
        pytest.skip(f"{shell} is not installed")
    answer = subprocess.run(
        [program, *arguments], env=env, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert answer.stderr == ""
    return answer.stdout


def test_bash(env, task_id):
    def complete(*words, kind=9):
        line = " ".join(f"'{word}'" for word in ("maestro", *words))
        script = (
            f'eval "$(maestro completion bash)"; COMP_TYPE={kind}; COMP_WORDS=({line}); COMP_CWORD={len(words)}; '
            '_maestro; printf "%s\\n" "${COMPREPLY[@]}"'
        )
        return run(env, "bash", "-c", script).splitlines()

    assert complete("ta") == ["task"]
    assert complete("task", "update", task_id, "--st") == ["--status"]
    assert complete("task", "get", "login") == [task_id]
    assert f"{task_id}  Login endpoint" in complete("task", "get", "task_", kind=63)


def test_fish(env, task_id):
    def complete(line):
        script = f"maestro completion fish | source; complete -C '{line}'"
        return run(env, "fish", "--no-config", "-c", script).splitlines()

    assert any(line.startswith("task\t") for line in complete("maestro ta"))
    assert f"{task_id}\tLogin endpoint" in complete("maestro task get task_")
    assert {line.partition("_")[0] for line in complete("maestro task get ")} == {"task"}  # and no files
    assert any(line.startswith("/etc/host") for line in complete("maestro task create X --file /etc/host"))
    assert complete("maestro task update X --priority h") == ["high"]


def test_zsh(env, task_id):
    if (program := shutil.which("zsh")) is None:
        pytest.skip("zsh is not installed")
    shell = PtyProcessUnicode.spawn([program, "-f", "-i"], env=env, dimensions=(30, 100))
    shown = ""

    def until(text):
        nonlocal shown
        deadline = time.monotonic() + PATIENCE_SECONDS
        while text not in shown:
            left = deadline - time.monotonic()
            assert left > 0, shown
            if select.select([shell.fd], [], [], left)[0]:
                shown += shell.read()

    try:
        shell.write("autoload -U compinit; compinit -D -u; eval \"$(maestro completion zsh)\"; echo re''ady\n")
        until("ready")
        shell.write("maestro task get login\t")
        until(task_id)
        shell.write("\x15maestro task get task_\t\t")
        until("-- Login endpoint")
    finally:
        shell.terminate(force=True)


def offered(board, *words):
    return [offer["value"] for offer in board.run("--json", "__complete", "--", *words).data]


def test_an_id_is_found_by_a_word_of_its_title_too(board, task_id):
    assert offered(board, "task", "get", "LOGIN") == [task_id]
    assert offered(board, "task", "get", task_id[:-2]) == [task_id]
    assert offered(board, "session", "spawn", "--task", "endpoint") == [task_id]


def test_values_of_flags_are_no_arguments(board, task_id):
    assert task_id in offered(board, "task", "update", "--status", "todo", "")
    assert offered(board, "--project", "task", "task", "upd") == ["update"]
    assert offered(board, "task", "list", "--status", "todo,block") == ["todo,blocked"]
    step = board.run("subtask", "create", task_id, "Parse it", "-q").out.strip()
    assert offered(board, "subtask", "complete", task_id, "") == [step]


def test_a_server_that_says_nothing_holds_nobody_up(board, task_id):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/~token"
        began = time.monotonic()
        answer = board.run("__complete", "--", "task", "get", "", env={"MAESTRO_API_URL": url})
        again = board.run("__complete", "--", "task", "get", "", env={"MAESTRO_API_URL": url})
        assert (answer.out, again.out, answer.err, again.err) == ("", "", "", "")
        assert time.monotonic() - began < PATIENCE_SECONDS


def test_what_was_said_a_moment_ago_is_not_asked_again(board, task_id, tmp_path):
    env = {"MAESTRO_HOME": str(tmp_path / "home"), "MAESTRO_API_URL": board.env["MAESTRO_API_URL"]}
    (tmp_path / "home" / "state").mkdir(parents=True)
    first = board.run("__complete", "--", "task", "get", "", env=env).out
    newer = board.task("Made since")
    assert board.run("__complete", "--", "task", "get", "", env=env).out == first
    kept = next((tmp_path / "home" / "state").iterdir())
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_text("[]")
    assert newer in board.run("__complete", "--", "task", "get", "", env=env).out


def test_a_flag_knows_whether_it_takes_a_value():
    command = Command("x", "x:x", "x", flags=(Flag("--switch", "s"), Flag("--value", "v", value="V")))
    assert offers._takes_value(command, ["--switch"]) is None
    assert offers._takes_value(command, ["--value"]) is command.flags[1]
