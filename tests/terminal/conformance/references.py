"""Screens of two independent terminals for the same bytes: tmux, run live, and pyte, in this process."""

import shlex
import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

COLUMNS, ROWS = 80, 24
PATIENCE = 30.0

HAS_TMUX = shutil.which("tmux") is not None


def tmux_screen(data: bytes, columns: int = COLUMNS, rows: int = ROWS) -> list[str]:
    """What a pane of tmux shows, a text per row."""
    return tmux_screens({"only": data}, columns, rows)["only"]


def tmux_screens(streams: dict[str, bytes], columns: int = COLUMNS, rows: int = ROWS) -> dict[str, list[str]]:
    """The same for many streams in one tmux server, a window each."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        tmux = ["tmux", "-S", str(directory / "socket"), "-f", "/dev/null"]
        try:
            return _screens(tmux, directory, streams, columns, rows)
        finally:
            subprocess.run([*tmux, "kill-server"], capture_output=True, check=False)


def _screens(
    tmux: list[str], directory: Path, streams: dict[str, bytes], columns: int, rows: int
) -> dict[str, list[str]]:
    size = ["-x", str(columns), "-y", str(rows)]
    idle = "stty raw -echo; exec cat"
    subprocess.run([*tmux, "-u", "new-session", "-d", *size, "-s", "x", idle], check=True)
    subprocess.run([*tmux, "set", "-g", "status", "off"], check=True)
    panes = {}
    for number, (name, data) in enumerate(streams.items()):
        (directory / f"{number}.out").write_bytes(data)
        source, done = (shlex.quote(str(directory / f"{number}.{kind}")) for kind in ("out", "done"))
        shown = f"stty raw -echo; cat {source}; : > {done}; exec sleep 1000"
        made = [*tmux, "new-window", "-d", "-P", "-F", "#{pane_id}", "-t", "x:", shown]
        panes[name] = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
    deadline = time.monotonic() + PATIENCE
    while len(list(directory.glob("*.done"))) < len(streams):
        if time.monotonic() > deadline:
            raise TimeoutError("tmux has not shown everything")
        time.sleep(0.02)  # the pace of looking for files another process makes
    return {name: _settled(tmux, pane, rows) for name, pane in panes.items()}


def _settled(tmux: list[str], pane: str, rows: int) -> list[str]:
    """The screen once two looks at it agree: tmux reads its programs at its own pace."""
    before: list[str] | None = None
    for _ in range(100):
        now = _captured(tmux, pane, rows)
        if now == before:
            return now
        before = now
        time.sleep(0.02)
    raise TimeoutError("tmux's screen does not come to rest")


def _captured(tmux: list[str], pane: str, rows: int) -> list[str]:
    shown = subprocess.run([*tmux, "capture-pane", "-p", "-t", pane], capture_output=True, text=True, check=True)
    lines = [line.rstrip() for line in shown.stdout.split("\n")[:rows]]
    return lines + [""] * (rows - len(lines))


def pyte_screen(data: bytes, columns: int = COLUMNS, rows: int = ROWS) -> list[str]:
    """What pyte shows, a text per row."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyte
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(data)
    lines = []
    for y in range(rows):
        cells = [screen.buffer[y][x].data for x in range(columns)]
        lines.append("".join(cells).rstrip())  # the second half of a wide cell holds nothing
    return lines
