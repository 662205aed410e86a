"""Real programs behind real panes: a PTY read on the test's own event loop."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable

import ptyprocess
import pytest

from maestro_tui.terminal.engine import Terminal
from maestro_tui.terminal.palette import Palette

PALETTE = Palette((220, 220, 220), (16, 16, 16), tuple((10 * i, 5 * i, 255 - 10 * i) for i in range(16)))


class LocalProgram:
    """A program in a PTY of its own, as a pane needs it; `sent` holds what was typed into it."""

    def __init__(self, session_id: str, argv: list[str]) -> None:
        self.session_id = session_id
        self.terminal = Terminal(80, 24, palette=PALETTE, on_reply=self.send)
        self.exited: str | None = None
        self.sent = b""
        self.title = ""
        self.called_at = 0
        self.attached = True
        self.focused = self.in_sight = False
        self.on_output: Callable[[], None] = lambda: None
        self.on_exit: Callable[[], None] = lambda: None
        environment = {**os.environ, "TERM": "xterm-256color", "PS1": "$ ", "ENV": ""}
        self._process = ptyprocess.PtyProcess.spawn(argv, dimensions=(24, 80), env=environment)
        os.set_blocking(self._process.fd, False)
        asyncio.get_running_loop().add_reader(self._process.fd, self._read)

    def send(self, data: bytes) -> bool:
        if self.exited is not None or not self.attached:
            return False
        self.sent += data
        os.write(self._process.fd, data)
        return True

    def resize(self, columns: int, rows: int) -> None:
        if self.exited is None:
            self._process.setwinsize(rows, columns)

    def shown(self, in_sight: bool) -> None:
        self.in_sight = in_sight

    def focus(self, has_focus: bool) -> None:
        self.focused = has_focus

    def stop(self) -> None:
        self._process.terminate(force=True)

    def close(self) -> None:
        if self.exited is None:
            self._end()
        self.terminal.close()

    def _read(self) -> None:
        try:
            data = os.read(self._process.fd, 65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.terminal.feed(data)
            self.on_output()
        else:
            self._end()
            self.on_exit()

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.fd)
        self._process.close(force=True)
        self.exited = f"exit status {self._process.exitstatus}"


@pytest.fixture
async def run_program() -> AsyncIterator[Callable[..., LocalProgram]]:
    """Start a program for a pane: `run_program("sh", "-c", "…", session_id="ses_1")`."""
    running: list[LocalProgram] = []

    def start(*argv: str, session_id: str = "ses_1") -> LocalProgram:
        running.append(LocalProgram(session_id, list(argv)))
        return running[-1]

    yield start
    for program in running:
        program.close()


@pytest.fixture
def until() -> Callable[..., object]:
    """Wait for a condition, looking again after each turn of the loop, at most ten seconds."""

    async def wait(condition: Callable[[], object], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - a screen has no event for what it shows
                await asyncio.sleep(0.005)

    return wait
