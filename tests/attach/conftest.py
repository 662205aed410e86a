"""`maestro-tui attach` in a terminal of its own, beside real PTY hosts."""

import fcntl
import os
import pty
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from maestro_tui.paths import Home
from maestro_tui.ptyhost import processes, registry
from maestro_tui.ptyhost.spec import HostSpec
from maestro_tui.ptyhost.starting import StartedHost, start_host
from maestro_tui.terminal.engine import Terminal

ROOT = Path(__file__).parents[2]
DEADLINE = 30.0


class Window:
    """A terminal somebody sits at, with the command in it. It answers what it is asked, as terminals do."""

    def __init__(self, arguments, environment, size=(80, 24)):
        self.master, slave = pty.openpty()
        self.screen = Terminal(*size, on_reply=lambda data: os.write(self.master, data))
        self.raw = bytearray()
        self._set_size(*size)
        self.before = termios.tcgetattr(self.master)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "maestro_tui", "attach", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=environment,
            start_new_session=True,
        )
        self.slave = slave  # kept open, so that what was written last can be read after the end

    def type(self, data):
        os.write(self.master, data)

    def resize(self, columns, rows):
        self.screen.resize(columns, rows)
        self._set_size(columns, rows)
        self.process.send_signal(signal.SIGWINCH)

    def until(self, condition, seconds=DEADLINE):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s; the screen:\n{self.screen.text()}"
            self.look(0.02)

    def look(self, seconds=0.0):
        """Take in what the command has shown, if anything comes within so many seconds."""
        if select.select([self.master], [], [], seconds)[0]:
            data = os.read(self.master, 1 << 16)
            self.raw += data
            self.screen.feed(data)

    def until_shown(self, text):
        self.until(lambda: text in self.screen.text())

    def leave(self):
        """Wait for the command's end; its exit code. The terminal must be as it was."""
        self.until(lambda: self.process.poll() is not None)
        self.until(lambda: not select.select([self.master], [], [], 0)[0])
        assert termios.tcgetattr(self.master) == self.before
        return self.process.returncode

    def hang_up(self):
        """The terminal goes, without a signal."""
        for descriptor in (self.master, self.slave):
            os.close(descriptor)
        self.master = self.slave = -1

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for descriptor in (self.master, self.slave):
            with suppress(OSError):
                os.close(descriptor)

    def _set_size(self, columns, rows):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


class Desk:
    """A home with sessions, and windows on them."""

    def __init__(self, root: Path) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MAESTRO_")},
            "HOME": str(root),
            "MAESTRO_HOME": str(root / "home"),
            "XDG_RUNTIME_DIR": str(root),
            "PYTHONPATH": str(ROOT),
        }
        self.home = Home.from_environment(self.environment)
        self.home.sessions.mkdir(parents=True, mode=0o700)
        self.hosts: list[StartedHost] = []
        self.windows: list[Window] = []

    def start(self, *argv, session_id="sess_alpha", **changes):
        directory = self.home.session(session_id)
        directory.mkdir(mode=0o700)
        runtime = self.home.runtime(self.environment)
        runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
        spec = HostSpec(
            session_id=session_id,
            argv=argv,
            cwd="/",
            env={"PATH": os.environ["PATH"], "TERM": "xterm-256color"},
            columns=80,
            rows=24,
            directory=str(directory),
            socket=str(registry.socket_path(runtime, session_id)),
        )
        host = start_host(spec._replace(**changes))
        self.hosts.append(host)
        return host

    def python(self, code, **changes):
        return self.start(sys.executable, "-I", "-S", "-c", code, **changes)

    def attach(self, *arguments, **more):
        window = Window(arguments, self.environment, **more)
        self.windows.append(window)
        return window

    def clean(self):
        for window in self.windows:
            window.close()
        for host in self.hosts:
            for pid in [*processes.descendants(host.process.pid), host.process.pid]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            host.process.wait()


@pytest.fixture
def desk() -> Iterator[Desk]:
    root = Path(tempfile.mkdtemp(prefix="ma"))  # short: a socket's path is limited
    desk = Desk(root)
    yield desk
    desk.clean()
    shutil.rmtree(root, ignore_errors=True)
