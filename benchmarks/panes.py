"""How fast output gets through a terminal: our engine, our pane in a real app, and tmux's pane.

    python benchmarks/panes.py [megabytes]

Each corpus is parsed by the engine alone, then sent with `cat` through a pane of a Textual
app and through a pane of an attached tmux, both drawing into a drained 200×50 terminal.
Numbers are MB/s, best of three; the ratio is pane to tmux. Without tmux that column is left out.
"""

import asyncio
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ptyprocess

ROWS, COLUMNS = 50, 200
ROUNDS = 3
ROOT = Path(__file__).resolve().parent.parent


def corpora(size: int) -> dict[str, bytes]:
    """Output of `size` bytes or a little more, by kind."""
    line = "2026-01-02 03:04:05.678 INFO  worker[%d] request handled path=/api/tasks status=200 ms=%d"
    plain = (line % (7, 12) + "\r\n").encode()
    colored = "".join(
        f"\x1b[90m{n:05}\x1b[0m \x1b[3{n % 8}mINFO\x1b[0m \x1b[1m{line % (n, n)}\x1b[0m\r\n" for n in range(200)
    )
    dense = "\x1b[H" + "".join(
        f"\x1b[{y};1H" + "".join(f"\x1b[38;2;{x};{y * 5};{n};48;2;{n};{x};0m#" for x in range(COLUMNS))
        for n in range(4)
        for y in range(1, ROWS)
    )
    ink = "".join(
        "\x1b[?2026h\x1b[2J\x1b[H"
        + f"\x1b[36m│\x1b[0m step {n} of the plan is being worked on\x1b[K\r\n" * 40
        + "\x1b[?2026l"
        for n in range(40)
    )
    wide = "漢字かな交じり文の行です。🙂🚀👨‍👩‍👧 done\r\n" * 200
    kinds = {
        "plain log": plain,
        "coloured log": colored,
        "truecolor": dense,
        "ink redraw": ink,
        "cjk, emoji": wide,
    }
    return {name: _grown(text if isinstance(text, bytes) else text.encode(), size) for name, text in kinds.items()}


def _grown(sample: bytes, size: int) -> bytes:
    return sample * (size // len(sample) + 1)


def engine_speed(data: bytes) -> float:
    """Parsing alone, in pieces as they come from a PTY."""
    from maestro_tui.terminal.engine import Terminal

    terminal = Terminal(COLUMNS, ROWS)
    start = time.perf_counter()
    for at in range(0, len(data), 65536):
        terminal.feed(data[at : at + 65536])
    seconds = time.perf_counter() - start
    terminal.close()
    return len(data) / seconds / 1e6


def drained(argv: list[str], finished: Path, env: dict[str, str]) -> float:
    """Run a program in a terminal that swallows everything; how long until `finished` holds two times."""
    process = ptyprocess.PtyProcess.spawn(argv, dimensions=(ROWS, COLUMNS), env=env, cwd=str(ROOT))
    deadline = time.monotonic() + 120
    try:
        while time.monotonic() < deadline:
            if select.select([process.fd], [], [], 0.02)[0]:
                os.read(process.fd, 1 << 20)
            times = finished.read_text().split() if finished.exists() else []
            if len(times) == 2:
                return float(times[1]) - float(times[0])
    finally:
        process.close(force=True)
    raise TimeoutError(f"{argv[0]} took more than two minutes")


def timed_cat(path: Path, finished: Path) -> str:
    """A shell line that writes when it started and when `cat` was through."""
    stamp = f"{sys.executable} -S -c 'import time; print(time.time())' >> {finished}"
    return f"{stamp}; cat {path}; {stamp}; sleep 2"


def pane_speed(path: Path, size: int, directory: Path) -> float:
    finished = directory / "pane"
    finished.unlink(missing_ok=True)
    env = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "PYTHONPATH": str(ROOT)}
    return size / drained([sys.executable, __file__, "--app", timed_cat(path, finished)], finished, env) / 1e6


def tmux_speed(path: Path, size: int, directory: Path) -> float:
    finished, socket = directory / "tmux", str(directory / "socket")
    finished.unlink(missing_ok=True)
    env = {key: value for key, value in os.environ.items() if key != "TMUX"} | {"TERM": "xterm-256color"}
    try:
        seconds = drained(
            ["tmux", "-f/dev/null", "-S", socket, "new-session", timed_cat(path, finished)], finished, env
        )
    finally:
        subprocess.run(["tmux", "-S", socket, "kill-server"], check=False, capture_output=True)
    return size / seconds / 1e6


def run_app(command: str) -> None:
    """A Textual app of one pane, its program's PTY read on the loop in small fair pieces."""
    from textual.app import App, ComposeResult

    from maestro_tui.terminal.engine import Terminal
    from maestro_tui.tui.direct import show
    from maestro_tui.tui.frames import FrameScheduler
    from maestro_tui.tui.widgets.terminal_pane import TerminalPane

    class Program:
        session_id = "ses_benchmark"
        exited: str | None = None

        def __init__(self) -> None:
            self.terminal = Terminal(COLUMNS, ROWS)
            self.process = ptyprocess.PtyProcess.spawn(["sh", "-c", command], dimensions=(ROWS, COLUMNS))
            os.set_blocking(self.process.fd, False)

        def send(self, data: bytes) -> None:
            os.write(self.process.fd, data)

        def resize(self, columns: int, rows: int) -> None:
            self.process.setwinsize(rows, columns)

        def shown(self, in_sight: bool) -> None:
            """It is never closed."""

        def focus(self, has_focus: bool) -> None:
            """One viewer only: nothing to settle."""

    class Panes(App[None]):
        def compose(self) -> ComposeResult:
            self.program = Program()
            self.pane = TerminalPane(self.program, frames=FrameScheduler(lambda sequences: show(self, sequences)))
            yield self.pane

        def on_mount(self) -> None:
            asyncio.get_running_loop().add_reader(self.program.process.fd, self.drain)

        def drain(self) -> None:
            stop = time.perf_counter() + 0.002
            try:
                while time.perf_counter() < stop:
                    self.program.terminal.feed(os.read(self.program.process.fd, 65536))
            except BlockingIOError:
                pass
            except OSError:
                asyncio.get_running_loop().remove_reader(self.program.process.fd)
            self.pane.output_arrived()

    Panes().run()


def main() -> None:
    size = int(sys.argv[1] if len(sys.argv) > 1 else 16) * 1_000_000
    has_tmux = shutil.which("tmux") is not None
    print(f"{'MB/s':14}{'engine':>10}{'pane':>10}{'tmux':>10}{'pane/tmux':>11}")
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for kind, data in corpora(size).items():
            path = directory / "data"
            path.write_bytes(data)
            engine = max(engine_speed(data) for _ in range(ROUNDS))
            pane = max(pane_speed(path, len(data), directory) for _ in range(ROUNDS))
            row = f"{kind:14}{engine:10.0f}{pane:10.1f}"
            if has_tmux:
                tmux = max(tmux_speed(path, len(data), directory) for _ in range(ROUNDS))
                row += f"{tmux:10.1f}{pane / tmux:11.1f}"
            print(row, flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    run_app(sys.argv[2]) if sys.argv[1:2] == ["--app"] else main()
