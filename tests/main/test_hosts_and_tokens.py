"""`maestro-tui hosts` and `maestro-tui token`: what their owner types beside a real server."""

import json
import os
import signal
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from maestro_tui.main import main
from maestro_tui.paths import Home
from maestro_tui.ptyhost import records, registry
from maestro_tui.ptyhost.spec import HostSpec
from maestro_tui.ptyhost.starting import start_host
from tests.platforms import needs_proc


@pytest.fixture
def command(home, environment, monkeypatch, capsys):
    """Run the command in this process: its exit status, output and errors."""
    for name in [name for name in os.environ if name.startswith("MAESTRO_")]:
        monkeypatch.delenv(name)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        said = capsys.readouterr()
        return ended.value.code, said.out, said.err

    return run


@pytest.fixture
def ask(maestro_tui, server):
    maestro_tui("serve")
    return server()


@pytest.fixture
def stranger(tmp_path, environment):
    """Start a host that no server knows of: stranger("sess_1", **about); its session's directory."""
    place, started = Home.from_environment(environment), []
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)

    def start(session_id, *, argv=("/bin/cat",), **about):
        directory = place.session(session_id)
        directory.mkdir(mode=0o700, parents=True)
        spec = HostSpec(
            session_id=session_id,
            argv=argv,
            cwd=str(tmp_path),
            env={"PATH": os.environ["PATH"]},
            columns=80,
            rows=24,
            directory=str(directory),
            socket=str(registry.socket_path(runtime, session_id)),
            about=about,
        )
        started.append(start_host(spec))
        return directory

    yield start
    for host in started:
        host.process.kill()
        host.process.wait()
        for pid in registry.orphans(place.session(host.run.session_id)):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def left(stranger, wait):
    """Start a host and kill it, so that its agent is left: left("sess_1"); its session's directory."""

    def start(session_id):
        directory = stranger(session_id, argv=("/bin/sh", "-c", "trap '' HUP; exec sleep 600"), name="Left")
        run = records.read_run(directory)
        command = Path(f"/proc/{run.agent.pid}/cmdline")
        wait(lambda: command.read_bytes().startswith(b"sleep\0"), "a program that a hangup does not end")
        os.kill(run.host.pid, signal.SIGKILL)
        wait(lambda: registry.fate(directory) is registry.Fate.ORPHANED, "an agent without a host")
        return directory

    return start


def status(home, token):
    known = json.loads((home / "server.json").read_text())
    request = urllib.request.Request(f"{known['url']}/api/projects", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def token_of(home):
    return json.loads((home / "server.json").read_text())["token"]


def test_a_rotated_token_opens_nothing_and_the_new_one_is_found(command, ask, home):
    old = token_of(home)
    code, out, _ = command("token", "rotate")
    assert (code, out.partition(":")[0]) == (0, "rotated")
    new = token_of(home)
    assert (status(home, old), status(home, new)) == (401, 200)
    assert new not in out


def test_a_session_loses_its_token(command, ask):
    project = ask("POST", "/api/projects", {"name": "p"})["id"]
    session = ask("POST", "/api/sessions", {"projectId": project, "name": "s"})["id"]
    code, out, _ = command("token", "revoke", session)
    assert code == 0
    assert f"revoked: the token of {session}" in out


@pytest.mark.parametrize(("given", "said"), [("../x", "letters, digits"), ("sess_none", "sess_none")])
def test_a_session_that_is_none_is_refused(command, ask, given, said):
    code, _, err = command("token", "revoke", given)
    assert code == 1
    assert said in err


@pytest.mark.parametrize("arguments", [("token", "rotate"), ("hosts", "adopt", "sess_1")])
def test_without_a_server_it_says_how_to_start_one(command, arguments):
    code, out, err = command(*arguments)
    assert (code, out) == (1, "")
    assert "No server runs on" in err


def test_where_all_is_known_there_is_nothing_to_do(command, ask):
    assert command("hosts") == (0, "nothing runs here that nobody knows or reaches\n", "")


@needs_proc
def test_a_host_nobody_knows_is_listed_and_adopted_into_its_project(command, ask, stranger):
    project = ask("POST", "/api/projects", {"name": "p"})["id"]
    stranger("sess_far", name="Far \x1b[31mworker", projectId=project, taskIds=["task_gone"])
    code, out, _ = command("hosts")
    assert code == 1
    assert "sess_far  Far" in out
    assert "\x1b" not in out
    assert "maestro-tui hosts adopt SESSION" in out
    code, out, _ = command("hosts", "adopt", "sess_far")
    assert (code, out.partition(";")[0]) == (0, "adopted: sess_far")
    session = ask("GET", "/api/sessions/sess_far")
    assert (session["projectId"], session["status"], session["taskIds"]) == (project, "running", [])
    assert command("hosts")[0] == 0


@needs_proc
def test_one_of_no_known_project_needs_to_be_given_one(command, ask, stranger):
    project = ask("POST", "/api/projects", {"name": "p"})["id"]
    stranger("sess_far", name="Far")
    code, _, err = command("hosts", "adopt", "sess_far")
    assert code == 1
    assert "--project ID" in err
    assert command("hosts", "adopt", "sess_far", "--project", "proj_none")[0] == 1
    assert command("hosts", "adopt", "sess_far", "--project", project)[0] == 0
    assert ask("GET", "/api/sessions/sess_far")["name"] == "Far"


@needs_proc
def test_a_host_nobody_knows_is_ended_and_a_known_one_is_not_found(command, ask, stranger):
    directory = stranger("sess_far", name="Far")
    code, out, _ = command("hosts", "stop", "sess_far")
    assert (code, out) == (0, "stopped: sess_far\n")
    assert records.read_exit(directory) is not None
    code, _, err = command("hosts", "stop", "sess_far")
    assert code == 1
    assert "maestro session stop sess_far" in err
    assert command("hosts", "adopt", "sess_far")[0] == 1


@needs_proc
def test_what_a_dead_host_left_is_ended_and_the_server_told(command, ask, left):
    project = ask("POST", "/api/projects", {"name": "p"})["id"]
    ask("POST", "/api/sessions", {"id": "sess_left", "projectId": project, "name": "s", "status": "lost"})
    directory = left("sess_left")
    code, out, _ = command("hosts")
    assert code == 1
    assert "its host died, out of reach" in out
    assert "adopt" not in out
    assert command("hosts", "stop", "sess_left") == (0, "stopped: sess_left\n", "")
    assert registry.fate(directory) is registry.Fate.LOST
    session = ask("GET", "/api/sessions/sess_left")
    assert session["status"] == "stopped"


@needs_proc
def test_without_a_server_what_dead_hosts_left_is_still_found_and_ended(command, left, stranger):
    directory = left("sess_left")
    stranger("sess_far")  # whether a server knows it cannot be told
    code, out, err = command("hosts")
    assert code == 1
    assert "sess_left" in out
    assert "sess_far" not in out
    assert "only what dead hosts left is looked for" in err
    code, out, err = command("hosts", "stop", "sess_left")
    assert (code, out) == (0, "stopped: sess_left\n")
    assert "No server runs on" in err
    assert registry.fate(directory) is registry.Fate.LOST
    assert command("hosts")[:2] == (0, "nothing runs here that nobody knows or reaches\n")


@needs_proc
def test_a_server_that_refuses_the_question_is_an_error_and_not_an_answer(command, ask, home, stranger):
    stranger("sess_far")
    known = json.loads((home / "server.json").read_text())
    (home / "server.json").write_text(json.dumps({**known, "token": "of another server"}))
    code, out, err = command("hosts")
    assert (code, out) == (1, "")
    assert err
    assert "Traceback" not in err
