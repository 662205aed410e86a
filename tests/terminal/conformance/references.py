"""Screens of two independent terminals for the same bytes: tmux, run live, and pyte, in this process."""

import shlex
import shutil
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

from tests.terminal.conformance.styled import Cell, Color, visible

COLUMNS, ROWS = 80, 24
PATIENCE = 30.0

HAS_TMUX = shutil.which("tmux") is not None


def tmux_screen(data: bytes, columns: int = COLUMNS, rows: int = ROWS) -> list[str]:
    """What a pane of tmux shows, a text per row."""
    return tmux_screens({"only": data}, columns, rows)["only"]


def tmux_screens(
    streams: dict[str, bytes], columns: int = COLUMNS, rows: int = ROWS, *, styled: bool = False
) -> dict[str, list[str]]:
    """The same for many streams in one tmux server, a window each. styled: with SGR sequences."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        tmux = ["tmux", "-S", str(directory / "socket"), "-f", "/dev/null"]
        try:
            return _screens(tmux, directory, streams, columns, rows, styled)
        finally:
            subprocess.run([*tmux, "kill-server"], capture_output=True, check=False)


def _screens(
    tmux: list[str], directory: Path, streams: dict[str, bytes], columns: int, rows: int, styled: bool
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
    return {name: _settled(tmux, pane, rows, styled) for name, pane in panes.items()}


def _settled(tmux: list[str], pane: str, rows: int, styled: bool) -> list[str]:
    """The screen once two looks at it agree: tmux reads its programs at its own pace."""
    before: list[str] | None = None
    for _ in range(100):
        now = _captured(tmux, pane, rows, styled)
        if now == before:
            return now
        before = now
        time.sleep(0.02)
    raise TimeoutError("tmux's screen does not come to rest")


def _captured(tmux: list[str], pane: str, rows: int, styled: bool) -> list[str]:
    looks = ["-e", "-N"] if styled else []
    capture = [*tmux, "capture-pane", "-p", *looks, "-t", pane]
    shown = subprocess.run(capture, capture_output=True, text=True, check=True)
    lines = [line if styled else line.rstrip() for line in shown.stdout.split("\n")[:rows]]
    return lines + [""] * (rows - len(lines))


def pyte_screen(data: bytes, columns: int = COLUMNS, rows: int = ROWS) -> list[str]:
    """What pyte shows, a text per row."""
    return ["".join(cell.text for cell in row).rstrip() for row in _pyte_rows(data, columns, rows)]


def pyte_cells(data: bytes, columns: int = COLUMNS, rows: int = ROWS) -> list[list[Cell]]:
    """What pyte shows, with its looks: cells per row."""
    shown = []
    for row in _pyte_rows(data, columns, rows):
        cells = [visible(cell) for cell in row]
        while cells and cells[-1] == Cell(" "):
            del cells[-1]
        shown.append(cells)
    return shown


def _pyte_rows(data: bytes, columns: int, rows: int) -> list[list[Cell]]:
    """The second half of a wide cell is left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pyte
        import pyte.graphics
    names = {name: number - 30 for number, name in pyte.graphics.FG_ANSI.items()}
    names |= {name: number - 82 for number, name in pyte.graphics.FG_AIXTERM.items()}
    screen = pyte.Screen(columns, rows)
    pyte.ByteStream(screen).feed(data)
    return [
        [_pyte_cell(cell, names) for cell in (screen.buffer[y][x] for x in range(columns)) if cell.data]
        for y in range(rows)
    ]


def _pyte_cell(cell: Any, names: dict[str, int]) -> Cell:
    looks = {
        "bold": cell.bold, "italic": cell.italics, "underline 1": cell.underscore, "struck": cell.strikethrough,
        "inverse": cell.reverse, "blink": cell.blink,
    }  # fmt: skip
    attributes = frozenset(name for name, is_on in looks.items() if is_on)
    return Cell(cell.data, attributes, _pyte_color(cell.fg, names), _pyte_color(cell.bg, names))


def _pyte_color(name: str, names: dict[str, int]) -> Color:
    if name == "default":
        return None
    return names[name] if name in names else tuple(bytes.fromhex(name))


def in_direct_colors(cell: Cell) -> Cell:
    """A cell as pyte keeps it: indexed colours beyond the first sixteen as what xterm shows for them."""
    return cell._replace(foreground=_direct(cell.foreground), background=_direct(cell.background))


def _direct(color: Color) -> Color:
    if not isinstance(color, int) or color < 16:
        return color
    if color >= 232:
        return (8 + 10 * (color - 232),) * 3
    levels = (0, 95, 135, 175, 215, 255)
    color -= 16
    return levels[color // 36], levels[color // 6 % 6], levels[color % 6]
