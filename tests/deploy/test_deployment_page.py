"""The commands of docs/deployment.md, carried out by a person with an empty home directory."""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDS_MORE = ("docker ", "systemctl ", "loginctl ", "journalctl ")
"""Commands for a container engine or a systemd of one's own, which are not here."""


def commands():
    """The page's commands in order, without comments."""
    text = (ROOT / "docs" / "deployment.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [re.sub(r"\s+# .*", "", line) for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


class Person:
    def __init__(self, place):
        self.home = place / "person"
        self.checkout = self.home / "checkout"
        self.checkout.mkdir(parents=True)
        shutil.copytree(ROOT / "deploy", self.checkout / "deploy")
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), str(ROOT)]
        subprocess.run(build, check=True, capture_output=True)
        self.bin = self.home / ".local" / "bin"
        self.environment = {
            "HOME": str(self.home),
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "MAESTRO_PORT": "0",
            "MAESTRO_SOURCE": str(next(place.glob("*.whl"))),
            "PYTHON": sys.executable,
            # The libraries are lent by this environment; the wheel alone is installed.
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PYTHONPATH": sysconfig.get_paths()["purelib"],
        }

    def run(self, command, code=0):
        done = subprocess.run(
            ["/bin/sh", "-c", command],
            cwd=self.checkout,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == code, (command, done.stdout, done.stderr)
        return done.stdout + done.stderr

    def made(self, command):
        """The id that a command with --quiet tells."""
        return re.search(r"(?:proj|task|sess)_\w+", self.run(command))[0]

    def until(self, session, *statuses):
        deadline = time.monotonic() + 100
        while not any(f'"status":"{one}"' in self.status_of(session) for one in statuses):
            assert time.monotonic() < deadline, f"{session} is not {' or '.join(statuses)}"

    def status_of(self, session):
        return self.run(f"maestro session info {session} --json").replace('": "', '":"')

    @contextmanager
    def working(self):
        """While a server with a runner works."""
        command = [str(self.bin / "maestro-tui"), "run"]
        with subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout.readline().startswith("maestro-tui: running")
                yield
            finally:
                server.send_signal(signal.SIGTERM)
                assert server.wait(60) == 0


@pytest.fixture
def person(tmp_path):
    return Person(tmp_path)


@pytest.mark.timeout(900)
def test_an_operator_gets_from_nothing_to_a_watched_server_and_back(person):
    given = commands()
    mine = [line for line in given if not line.startswith(NEEDS_MORE)]
    assert len(mine) >= 9
    install, uninstall = "deploy/install.sh", "deploy/uninstall.sh"
    assert {install, uninstall, "deploy/upgrade.sh", "deploy/upgrade.sh --roll-back", "maestro doctor"} <= set(
        mine
    )
    assert "installed maestro-tui" in person.run(install)
    assert "use upgrade.sh" in person.run(install, code=1)
    with person.working():
        project = person.made("maestro project create kept --quiet")
        task = person.made(f"maestro task create T --project {project} --quiet")
        session = person.made(f"maestro session spawn --task {task} --agent shell --quiet")
        person.until(session, "running")
        for line in mine:
            if line not in (install, uninstall):
                person.run(line)
        backups = list((person.home / ".local/share/maestro-tui/backups").glob("*.tar.gz"))
        assert len(backups) == 1
        assert "a server runs" in person.run(f"{uninstall} --purge", code=1)
    assert f"agents still run: {session}" in person.run(f"{uninstall} --purge", code=1)
    with person.working():
        person.run(f"maestro session stop {session}")
        person.until(session, "stopped", "completed", "failed")
    assert "uninstalled" in person.run(uninstall)
    assert not list(person.bin.iterdir())
    assert list((person.home / ".maestro" / "data" / "projects").glob("*.json")), "the documents stay"


@pytest.mark.skipif(os.environ.get("MAESTRO_FAULTS") != "long", reason="takes two installations more")
@pytest.mark.timeout(900)
def test_an_upgrade_that_cannot_be_leaves_the_old_version_in_use(person):
    person.run("deploy/install.sh")
    current = os.readlink(person.home / ".local/share/maestro-tui/current")
    (person.home / ".maestro").mkdir(mode=0o700)
    assert "nothing was changed" in person.run("deploy/upgrade.sh ./no-such.whl", code=1)
    assert os.readlink(person.home / ".local/share/maestro-tui/current") == current
    broken = person.home / ".maestro" / "data" / "projects"
    broken.mkdir(parents=True, mode=0o700)
    (broken / "proj_1.json").write_text("{")
    assert "the old one stays in use" in person.run("deploy/upgrade.sh", code=1)
    assert os.readlink(person.home / ".local/share/maestro-tui/current") == current
    assert "maestro-tui" in person.run("maestro-tui --version")
