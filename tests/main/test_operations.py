"""`maestro-tui backup`, `restore` and `fsck` as a person types them: real processes, real files."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from maestro_tui import discovery
from maestro_tui.main import main
from maestro_tui.paths import Home

ROOT = Path(__file__).resolve().parents[2]
TASK = {"id": "task_1", "projectId": "proj_1", "title": "One", "createdAt": 1, "updatedAt": 1, "schemaVersion": 1}


@pytest.fixture
def environment(tmp_path):
    """For programs that live in a home of their own and start in an empty directory."""
    (tmp_path / "here").mkdir()
    keep = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": str(tmp_path / "user")}
    return keep | {"MAESTRO_HOME": str(tmp_path / "home")}


@pytest.fixture
def maestro_tui(environment, tmp_path):
    """Run the command; returns its exit status, output and errors."""

    def run(*arguments):
        command = [sys.executable, "-m", "maestro_tui", *map(str, arguments)]
        done = subprocess.run(
            command,
            cwd=tmp_path / "here",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=50,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.fixture
def home(environment):
    """The home those programs live in, with a project and a task."""
    home = Home.from_environment(environment)
    documents = {"projects/proj_1": {"id": "proj_1", "name": "One", "createdAt": 1, "updatedAt": 1}}
    documents["tasks/proj_1/task_1"] = TASK
    home.root.mkdir(mode=0o700)
    for name, document in documents.items():
        path = home.data / f"{name}.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(document))
    home.data.chmod(0o700)
    return home


@pytest.fixture
def server(environment, home):
    """A server that runs on the home until the test ends."""
    command = [sys.executable, "-m", "maestro_tui", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert "serving" in process.stdout.readline()
            yield discovery.read(home)
        finally:
            process.terminate()


def test_a_backup_gets_a_name_of_its_own_in_this_directory(maestro_tui, home, tmp_path):
    status, out, _ = maestro_tui("backup")
    assert status == 0
    (archive,) = (tmp_path / "here").iterdir()
    assert re.fullmatch(r"maestro-backup-\d{8}T\d{6}Z\.tar\.gz", archive.name)
    assert archive.stat().st_mode & 0o777 == 0o600
    assert out.startswith(f"{archive}: 1 project, 1 task, 0 sessions")


def test_there_and_back(maestro_tui, home, tmp_path):
    assert maestro_tui("backup", "it.tar.gz")[0] == 0
    (home.data / "tasks" / "proj_1" / "task_1.json").unlink()
    status, _, errors = maestro_tui("restore", "it.tar.gz")
    assert status == 1
    assert "would be replaced" in errors
    assert "--force" in errors
    status, out, _ = maestro_tui("restore", "it.tar.gz", "--force")
    assert status == 0
    assert "data.before-restore-" in out
    assert json.loads((home.data / "tasks" / "proj_1" / "task_1.json").read_text()) == TASK
    assert maestro_tui("fsck") == (0, "1 project, 1 task, 0 sessions: clean\n", "")


def test_to_another_machine(maestro_tui, home, environment, tmp_path):
    maestro_tui("backup", "it.tar.gz")
    environment |= {"MAESTRO_HOME": str(tmp_path / "other"), "DATA_DIR": str(tmp_path / "disk" / "documents")}
    assert maestro_tui("restore", "it.tar.gz")[0] == 0
    assert (tmp_path / "disk" / "documents" / "tasks" / "proj_1" / "task_1.json").exists()
    assert maestro_tui("fsck")[0] == 0


def test_a_restore_killed_at_any_moment_loses_nothing(maestro_tui, home, environment, tmp_path):
    """Each kill leaves every document somewhere below the home, and the next restore goes through."""
    assert maestro_tui("backup", "it.tar.gz")[0] == 0
    project = home.data / "projects" / "proj_1.json"
    kept = {"only here"}
    project.with_name("proj_2.json").write_text("only here")
    command = [sys.executable, "-m", "maestro_tui", "restore", str(tmp_path / "here" / "it.tar.gz"), "--force"]
    kills = 0
    for number in range(16):
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1 + number * 0.03)
            process.kill()
        kills += process.returncode == -signal.SIGKILL
        found = {path.read_text(errors="replace") for path in home.root.rglob("*.json")}
        assert kept <= found
        if home.data.is_dir():
            kept.add(f"since kill {number}")
            project.parent.mkdir(exist_ok=True)
            project.with_name(f"kill_{number}.json").write_text(f"since kill {number}")
    assert kills
    assert maestro_tui("restore", "it.tar.gz", "--force")[0] == 0
    assert json.loads((home.data / "tasks" / "proj_1" / "task_1.json").read_text()) == TASK
    assert maestro_tui("fsck", "--repair")[0] == 0
    assert kept <= {path.read_text(errors="replace") for path in home.root.rglob("*.json")}


def test_beside_a_running_server(maestro_tui, home, server):
    assert maestro_tui("backup", "it.tar.gz")[0] == 0
    assert maestro_tui("fsck") == (0, "1 project, 1 task, 0 sessions: clean\n", "")
    for refused in (("restore", "it.tar.gz", "--force"), ("fsck", "--repair")):
        status, _, errors = maestro_tui(*refused)
        assert status == 1
        assert "in use by process" in errors
    with tarfile.open(home.root.parent / "here" / "it.tar.gz") as tar:
        content = b"".join(tar.extractfile(info).read() for info in tar)
    assert server.token.encode() not in content
    assert home.signing_key.read_bytes() not in content


def test_findings_and_repairs_as_text_and_as_json(maestro_tui, home):
    path = home.data / "tasks" / "proj_1" / "task_2.json"
    path.write_text(json.dumps(TASK | {"id": "task_2", "parentId": "task_gone"}))
    path.with_name("bro\x1b[31mken").write_text("{")
    status, out, _ = maestro_tui("fsck")
    assert status == 1
    assert f"missing-parent: {path}: its parent 'task_gone' is no task of project 'proj_1'" in out
    assert "\x1b" not in out
    assert out.endswith("1 project, 2 tasks, 0 sessions: 2 findings\n")

    status, out, _ = maestro_tui("fsck", "--repair", "--json")
    report = json.loads(out)
    assert status == 1
    assert [finding["kind"] for finding in report["findings"]] == ["strange"]
    assert len(report["repaired"]) == 1
    assert not report["clean"]
    assert json.loads(path.read_text())["parentId"] is None


def test_what_was_repaired_is_told_and_so_is_what_was_put_aside(home, capsys, monkeypatch):
    monkeypatch.setenv("MAESTRO_HOME", str(home.root))
    orphan = home.data / "tasks" / "proj_1" / "task_2.json"
    before = json.dumps(TASK | {"id": "task_2", "parentId": "task_gone"})
    orphan.write_text(before)

    def fsck(*flags):
        with pytest.raises(SystemExit) as ended:
            main(("fsck", *flags))
        return ended.value.code, capsys.readouterr().out

    status, said = fsck()
    assert status == 1
    assert re.search(rf"^missing-parent: {orphan}: .* \(--repair: .+\)$", said, re.MULTILINE)
    status, said = fsck("--repair")
    assert status == 0
    assert said.startswith("repaired: ")
    assert "1 file of earlier repairs is in .quarantine; delete it when you are sure" in said
    assert [path.read_text() for path in (home.data / ".quarantine").rglob("*task_2*")] == [before]


def test_a_backup_that_lacks_something_says_so(maestro_tui, home):
    (home.data / "projects" / "linked.json").symlink_to("/etc/hostname")
    status, _, errors = maestro_tui("backup", "it.tar.gz")
    assert status == 1
    assert errors.startswith(f"left out: {home.data / 'projects' / 'linked.json'}: is a link")


@pytest.mark.parametrize("command", [("backup",), ("fsck",), ("fsck", "--repair")])
def test_without_a_home(maestro_tui, environment, command):
    status, _, errors = maestro_tui(*command)
    assert status == 1
    assert f"There is no home at {environment['MAESTRO_HOME']}" in errors
    assert not Path(environment["MAESTRO_HOME"]).exists()


def test_wrong_files(maestro_tui, home, tmp_path):
    (tmp_path / "here" / "it.tar.gz").write_text("no backup")
    assert "exists already" in maestro_tui("backup", "it.tar.gz")[2]
    assert "is damaged, or no backup" in maestro_tui("restore", "it.tar.gz")[2]
    assert "There is no backup" in maestro_tui("restore", "other.tar.gz")[2]
    assert "cannot be written" in maestro_tui("backup", "nowhere/it.tar.gz")[2]
    assert maestro_tui("restore")[0] == 2
