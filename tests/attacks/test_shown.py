"""Hostile text, down to the bytes that a real terminal would get."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import stat
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import Place

HOSTILE = [
    "\x1b]52;c;ZXZpbA==\x07clip",
    "\x1b]0;pwned\x07\x1b[2Jclear",
    "\x9b2J\x9d0;pwned\x9cc1",
    "\x05\x0e\x08answerback",
    "fix [/etc/passwd] parser",
    "[@click=app.quit]ok[/]",
    "one\r\ntwo\x0bthree",
    "invoice\u202egpj.exe",
    "e" + "\u0301" * 400,
]
FORBIDDEN = (
    b"\x1b]52;",
    b"\x1b]0;pwned",
    b"\x1b[2Jclear",
    b"\x1b[21t",
    b"\xc2\x9b",
    b"\xc2\x9d",
    b"\x05",
    b"\x0e",
    b"\xe2\x80\xae",
)


def poison(place: Place, http: Any) -> Any:
    """A project whose every text is hostile, partly put there behind the server's back."""
    project = http.make("/api/projects", {"name": f"P {HOSTILE[0]}"})
    for text in HOSTILE:
        body = {"projectId": project["id"], "title": f"T {text}"[:480], "description": text}
        task = http.make("/api/tasks", body)
        http("POST", f"/api/tasks/{task['id']}/timeline", {"message": f"M {text}"})
        http("POST", f"/api/tasks/{task['id']}/subtasks", {"title": f"S {text}"[:480]})
        session = {"projectId": project["id"], "taskIds": [task["id"]], "name": f"N {text}"[:180]}
        made = http.make("/api/sessions", session)
        asks = {"needsInput": {"active": True, "message": f"? {text}"}}
        http("PATCH", f"/api/sessions/{made['id']}", asks)
    path = place.home / "data" / "tasks" / project["id"] / f"{task['id']}.json"
    document = json.loads(path.read_text())
    path.write_text(json.dumps(document | {"title": "by hand \x1b]52;c;ZXZpbA==\x07\x1b]0;pwned\x07"}))
    return project


@pytest.mark.attack(71)
def test_the_command_shows_and_tells_it(make_place: Callable[..., Any]) -> None:
    with make_place() as place:
        http = place.start()
        project = poison(place, http)
        for words in (("task", "list"), ("task", "tree"), ("session", "list"), ("project", "list"), ("status",)):
            shown = place.maestro(*words, "--project", project["id"])
            assert shown.returncode == 0, shown.stderr
            said = shown.stdout + shown.stderr
            assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", said), words
        told = place.maestro("task", "list", "--project", project["id"], "--json")
        assert json.loads(told.stdout)["success"] is True
        assert "[@click=app.quit]ok[/]" in told.stdout
        logs = (place.user / "log").read_bytes()
        assert b"\x1b" not in logs


class Cockpit:
    """The cockpit on a terminal that answers nothing and remembers every byte."""

    def __init__(self, place: Place) -> None:
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))
            environment = place.environment | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.execve(sys.executable, [sys.executable, "-m", "maestro_tui"], environment)
        self.seen = b""

    def read_until(self, *words: bytes, seconds: float = 40.0) -> None:
        """Read until all the words have come; the screen paints them in any order."""
        deadline = time.monotonic() + seconds
        while not all(word in self.seen for word in words):
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"no {words} in {self.seen[-2000:]!r}"
            self.seen += os.read(self.terminal, 65536)

    def press(self, keys: bytes, *words: bytes) -> None:
        self.seen, before = b"", self.seen
        os.write(self.terminal, keys)
        self.read_until(*words)
        self.seen = before + self.seen

    def close(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.terminal)


@pytest.mark.attack(64, 65, 68, 69, 70)
@pytest.mark.timeout(120)
def test_no_byte_of_it_reaches_a_real_terminal(make_place: Callable[..., Any]) -> None:
    """The board, details, connection, sessions, asks, log, palette; other screens are looked at in their room."""
    with make_place() as place:
        poison(place, place.start())
        cockpit = Cockpit(place)
        try:
            cockpit.read_until(b"fix [/etc/passwd] parser", b"by hand")
            for _ in range(3):
                os.write(cockpit.terminal, b"\x1b[B")
            cockpit.press(b"c", b"epoch")
            cockpit.press(b"q", b"by hand")
            cockpit.press(b"v", b"answerback")  # every session
            cockpit.press(b"q", b"by hand")
            cockpit.press(b"A", b"parser")  # who asked for a person
            cockpit.press(b"q", b"by hand")
            cockpit.press(b"L", b"\x1b")  # the log
            cockpit.press(b"q", b"by hand")
            cockpit.press(b":", b"Find a task")
            cockpit.press(b"T ", b"clip")
        finally:
            cockpit.close()
        for sequence in FORBIDDEN:
            assert sequence not in cockpit.seen, sequence


@pytest.mark.attack(73, 96)
def test_what_is_left_on_disk_holds_no_escape_and_no_token(make_place: Callable[..., Any]) -> None:
    with make_place() as place:
        http = place.start("run")
        poison(place, http)
        logs = [*(place.home / "logs").glob("*"), place.user / "log"]
        assert logs
        for path in logs:
            content = path.read_bytes()
            assert b"\x1b" not in content, path
            assert http.token.encode() not in content, path
        held = [path for path in place.home.rglob("*") if path.is_file() and _holds(path, http.token)]
        assert [path.name for path in held] == ["server.json"]


@pytest.mark.attack(21, 95)
def test_nothing_that_is_made_can_be_opened_by_others(make_place: Callable[..., Any], wait: Any) -> None:
    """By a server with a runner and an agent that ran, under the loosest umask."""
    loose = os.umask(0)
    try:
        with make_place() as place:
            http = place.start("run")
            project = http.make("/api/projects", {"name": "P", "workingDir": str(place.user)})
            task = http.make("/api/tasks", {"projectId": project["id"], "title": "T"})
            spawn = {"projectId": project["id"], "taskIds": [task["id"]], "agent": "shell"}
            one = f"/api/sessions/{http.make('/api/sessions/spawn', spawn)['sessionId']}"
            wait(lambda: http.get(one)["status"] == "running", "the agent to run", 60)
            saved = place.maestro("doctor", "--report", str(place.user / "report.tar.gz"))
            assert saved.returncode == 0, saved.stderr
            made = [place.home, *place.home.rglob("*"), *(place.user / "run").rglob("*")]
            made.append(place.user / "report.tar.gz")
            open_to_others = [str(path) for path in made if stat.S_IMODE(path.lstat().st_mode) & 0o077]
            http.make(f"{one}/stop", {})
            wait(lambda: http.get(one)["status"] in ("stopped", "completed", "failed"), "the agent to end", 60)
        assert len(made) > 20
        assert open_to_others == []
    finally:
        os.umask(loose)


def _holds(path: Path, token: str) -> bool:
    return token.encode() in path.read_bytes()
