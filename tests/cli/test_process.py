"""The command as a process: exit codes, streams, what it imports, and pipes that break."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.signals import heeding_ctrl_c

ROOT = Path(__file__).resolve().parents[2]
START = "from maestro_tui.cli.entry import main; main()"
HEAVY = (
    "pydantic", "aiohttp", "textual", "rich", "asyncio", "dataclasses", "logging", "argparse", "ssl",
    "maestro_tui.services", "maestro_tui.server",
)  # fmt: skip
UNMEASURED = {"COVERAGE_PROCESS_CONFIG": ""}
"""For a program whose modules are counted: coverage.py would bring its own."""
NETWORK = ("http.client", "socket", "json", "email")
REPORT = (
    "import os, sys; leave = os._exit; "
    "os._exit = lambda code: (sys.stderr.write('\\n' + ' '.join(sys.modules)), sys.stderr.flush(), leave(code)); "
)


def start(*argv, env=None, code=START, stdin=None):
    return subprocess.run(
        [sys.executable, "-c", code, *argv],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **UNMEASURED, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def modules_of(*argv, env):
    answer = start(*argv, env=env, code=REPORT + START)
    return answer, set(answer.stderr.rpartition("\n")[2].split())


@pytest.fixture
def bare(tmp_path):
    return {"HOME": str(tmp_path), "MAESTRO_RETRIES": "0"}


@pytest.mark.parametrize(
    ("argv", "code", "networked"),
    [
        (("--help",), 0, False),
        (("task", "create", "--help"), 0, False),
        (("tsk",), 1, False),
        (("task", "list"), 0, True),
    ],
)
def test_the_import_diet(board, bare, argv, code, networked):
    answer, modules = modules_of(*argv, env=board.env if networked else bare)
    assert answer.returncode == code, answer.stderr
    assert [name for name in HEAVY if name in modules] == []
    if not networked:
        assert [name for name in NETWORK if name in modules] == []
        assert not any(name.startswith("maestro_tui.cli.commands.") for name in modules)
    else:
        assert [name for name in modules if name.startswith("maestro_tui.cli.commands.")] == [
            "maestro_tui.cli.commands.task"
        ]


def test_every_module_of_the_command_stays_light(bare):
    names = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "maestro_tui" / "cli").rglob("*.py")
        if path.name != "__init__.py"
    ]
    answer = start(env=bare, code=f"import {', '.join(names)}, json, sys; print(json.dumps(sorted(sys.modules)))")
    loaded = set(json.loads(answer.stdout))
    assert [name for name in HEAVY if name in loaded] == []


@pytest.mark.parametrize("argv", [("--version",), ("version",), ("help",), ("commands",)])
def test_answers_are_on_stdout(bare, argv):
    answer = start(*argv, env=bare)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout


def test_errors_are_on_stderr_and_with_json_on_stdout(bare):
    answer = start("tsk", env=bare)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "did you mean maestro task" in answer.stderr
    answer = start("tsk", "--json", env=bare)
    assert (answer.returncode, answer.stderr) == (1, "")
    assert json.loads(answer.stdout)["error"] == "unknown_command"


def test_no_server_ends_with_3(bare):
    answer = start("task", "list", "--server", "http://127.0.0.1:1", env={**bare, "MAESTRO_PROJECT_ID": "p"})
    assert answer.returncode == 3
    assert "maestro-tui serve" in answer.stderr


def test_the_server_is_found_by_its_discovery_file(server):
    answer = start("project", "list", "--json", env={"HOME": str(server.home.root.parent)})
    assert json.loads(answer.stdout)["success"] is True


def test_output_survives_every_locale(board):
    board.task("Größe 規模 🎈")
    for env in ({"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}):
        answer = start("task", "list", env={**board.env, **env})
        assert "Größe 規模 🎈" in answer.stdout
    narrow = {**board.env, "PYTHONIOENCODING": "latin-1"}
    answer = start("task", "list", "--json", env=narrow)
    assert json.loads(answer.stdout)["data"][0]["title"] == "Größe 規模 🎈"
    assert start("status", env=narrow).returncode == 0


def test_a_reader_that_leaves_early_is_no_error(board):
    for number in range(3):
        board.task(f"task {number} " + "x" * 400)
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-c", START, "task", "list"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **board.env},
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=30,
        check=False,
    )
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (141, b"")


def test_an_answer_that_cannot_be_written_is_a_failure(bare):
    command = f'exec {sys.executable} -c "{START}" --help'
    full = subprocess.run(
        ["/bin/sh", "-c", f"{command} >/dev/full"], cwd=ROOT, env=bare, stderr=subprocess.PIPE, check=False
    )
    assert full.returncode == 1
    assert b"cannot be written" in full.stderr
    closed = subprocess.run(["/bin/sh", "-c", f"{command} >&- 2>&-"], cwd=ROOT, env=bare, check=False)
    assert closed.returncode == 0


def test_an_interrupt_ends_with_130(bare):
    """In the middle of a request, which a server that never answers makes sure of."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with heeding_ctrl_c():
            process = subprocess.Popen(
                [sys.executable, "-c", START, "session", "wait", "sess_1", "--server", url],
                cwd=ROOT,
                env={"PATH": os.environ["PATH"], **bare, "MAESTRO_PROJECT_ID": "proj_1"},
                stderr=subprocess.PIPE,
                text=True,
            )
        with process:
            connection, _ = listener.accept()
            with connection:
                assert connection.recv(1)
                process.send_signal(signal.SIGINT)
                _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_what_nobody_foresaw_shows_its_trace_only_to_who_debugs(bare):
    broken = f"import maestro_tui.cli.commands.version as v; v.version = lambda call: 1 / 0; {START}"
    answer = start("version", env=bare, code=broken)
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert "ZeroDivisionError" in answer.stderr
    assert "Traceback" in start("version", env={**bare, "MAESTRO_DEBUG": "true"}, code=broken).stderr


def test_init_becomes_the_agent_with_the_brief_as_its_last_argument(bare, tmp_path):
    (tmp_path / "brief.md").write_text("Do it.\n")
    (tmp_path / "manifest.json").write_text('{"role": "worker", "agent": {"name": "my-agent", "model": "m1"}}')
    agent = tmp_path / "my-agent"
    agent.write_text('#!/bin/sh\nfor word in "$@"; do printf "<%s>" "$word"; done\n')
    agent.chmod(0o755)
    env = {
        **bare,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "MAESTRO_MANIFEST_PATH": str(tmp_path / "manifest.json"),
    }
    assert start("worker", "init", "--exec", env=env).stdout == "<--model><m1><Do it.\n>"
    assert start("worker", "init", "--", "my-agent", "-x", "{brief_file}", env=env).stdout == (
        f"<-x><{tmp_path / 'brief.md'}>"
    )
    answer = start("worker", "init", "--exec", "--", "no-such-agent", env=env)
    assert answer.returncode == 5
    assert "no-such-agent" in answer.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_parse_in_their_shell(bare, shell):
    script = start("completion", shell, env=bare).stdout
    assert "__complete" in script
    if program := shutil.which(shell):
        check = subprocess.run(
            [program, "-n"], input=script, capture_output=True, text=True, check=False, timeout=30
        )
        assert (check.returncode, check.stderr) == (0, "")


def test_raw_output_is_the_bytes_as_they_are(scripted, scripted_env):
    scripted.will(200, {"bytes": "as they came"})
    answer = start("session", "logs", "s1", "--raw", "--tail", "5", env=scripted_env)
    assert (answer.returncode, answer.stdout) == (0, '{"bytes": "as they came"}')
    _, path, headers, _ = scripted.requests[0]
    assert path == "/api/sessions/s1/output?tail=5"
    assert headers["Accept"] == "application/octet-stream"
