"""`maestro-tui hosts` and `maestro-tui token`: what their owner types beside a real server."""

import json
import os
import urllib.error
import urllib.request

import pytest

from maestro_tui.main import main
from maestro_tui.paths import Home
from maestro_tui.ptyhost import records, registry
from maestro_tui.ptyhost.spec import HostSpec
from maestro_tui.ptyhost.starting import start_host


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
    """Start a host that no server knows of: stranger("sess_1", **about)."""
    place, started = Home.from_environment(environment), []
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)

    def start(session_id, **about):
        directory = place.session(session_id)
        directory.mkdir(mode=0o700, parents=True)
        spec = HostSpec(
            session_id=session_id,
            argv=("/bin/cat",),
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


def test_one_of_no_known_project_needs_to_be_given_one(command, ask, stranger):
    project = ask("POST", "/api/projects", {"name": "p"})["id"]
    stranger("sess_far", name="Far")
    code, _, err = command("hosts", "adopt", "sess_far")
    assert code == 1
    assert "--project ID" in err
    assert command("hosts", "adopt", "sess_far", "--project", "proj_none")[0] == 1
    assert command("hosts", "adopt", "sess_far", "--project", project)[0] == 0
    assert ask("GET", "/api/sessions/sess_far")["name"] == "Far"


def test_a_host_nobody_knows_is_ended_and_a_known_one_is_not_found(command, ask, stranger):
    directory = stranger("sess_far", name="Far")
    code, out, _ = command("hosts", "stop", "sess_far")
    assert (code, out) == (0, "stopped: sess_far\n")
    assert records.read_exit(directory) is not None
    code, _, err = command("hosts", "stop", "sess_far")
    assert code == 1
    assert "maestro session stop sess_far" in err
    assert command("hosts", "adopt", "sess_far")[0] == 1
