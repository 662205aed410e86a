"""Many panes at once: floods side by side, switching tabs, and what a full scrollback costs, beside tmux.

    python -m benchmarks visible

Agents are spawned through one cockpit; the next one on the same home shows them side by side, as
it restores the layout it finds. Floods in sight: frames per second and CPU while nobody types, then
a key's way to its echo in the pane among them. Tabs: from the keys that switch to the last row
of the other one. Scrollback: proportional set size per pane.
"""

import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from benchmarks.outer import OuterTerminal, cpu_seconds
from benchmarks.report import latencies, restlessness, row
from benchmarks.sessions import proportional
from benchmarks.stage import LETTERS, cockpit, home_with, scripts, spawn, tmux, tmux_echo, tmux_server, typed
from maestro_tui.tui.layout import Layout
from maestro_tui.tui.split_tree import Axis

CROWDS = (1, 4, 9)
WATCH_SECONDS = 5.0
TABS = 8
SWITCHES = 100
SCROLLBACKS = 4
SCROLLBACK_LINES = 100_000
SETTLED_SECONDS = 4.0

PAGE = """
import os, sys, tty
tty.setraw(0)
columns, rows = os.get_terminal_size()
for row in range(rows - 1):
    os.write(1, b"\\x1b[3%dm%s\\r\\n" % (row % 8, b"text " * (columns // 5)))
os.write(1, b"page is ready ")
while os.read(0, 64):
    os.write(1, b"\\x1b[%d;1H\\x1b[0m%s" % (rows, sys.argv[1].encode()))
"""
LONG = """
import os
for number in range(100_000):
    os.write(1, b"%06d a line of a hundred columns, as logs and agents write them all day long, in colours \\x1b[32mhere\\x1b[0m\\r\\n" % number)
os.write(1, b"long is ready\\r\\n")
os.read(0, 64)
"""  # noqa: E501 - a line of the output


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="maestro-bench-") as name:
        directory = Path(name)
        restlessness()
        for crowd in CROWDS:
            measure_floods(directory, crowd)
        measure_tabs(directory)
        measure_scrollback(directory)


def measure_floods(directory: Path, crowd: int) -> None:
    programs = scripts(directory)
    with home_with(directory, programs) as home:
        with cockpit(home) as outer:
            sessions = [spawn(home, "flood") for _ in range(crowd)]
            sessions.append(spawn(home, "echo"))
            outer.wait_for(b"echo is ready", 60)
        remember(home, tiled(sessions))
        with cockpit(home) as outer:
            outer.wait_for(b"echo is ready", 60)
            time.sleep(SETTLED_SECONDS)
            outer.send(b"\t")
            time.sleep(0.5)
            percent, frames = watched(outer)
            print(f"  {crowd} flooding in sight: {percent:.0f} % CPU of a core, {frames:.0f} frames/s")
            ours, percent, frames = typed(outer)
    print(f"  the same while somebody types: {percent:.0f} % CPU of a core, {frames:.0f} frames/s")
    latencies(f"key → echo, {crowd} flooding in sight", ours, tmux_echo(directory, programs, crowd), "tmux")


def watched(outer: OuterTerminal) -> tuple[float, float]:
    """CPU in percent of a core and frames per second while nobody types."""
    frames, used = outer.frames, cpu_seconds(outer.pid)
    time.sleep(WATCH_SECONDS)
    return (cpu_seconds(outer.pid) - used) / WATCH_SECONDS * 100, (outer.frames - frames) / WATCH_SECONDS


def tiled(sessions: Sequence[str]) -> Layout:
    """All sessions in one tab, in rows of three; the last one has the keys."""
    layout = Layout().add(sessions[-1])
    lines = [sessions[start : start + 3] for start in range(0, len(sessions), 3)]
    for line in lines:
        if sessions[-1] not in line:
            layout = layout.add(line[0]).split(sessions[-1], line[0], Axis.COLUMN, before=True)
    for line in lines:
        for left, right in pairwise(line):
            at = left if left in layout.ids else right
            new = right if at == left else left
            layout = layout.add(new).split(at, new, Axis.ROW, before=new == left)
    return layout.show(sessions[-1])


def remember(home: Path, layout: Layout) -> None:
    """As a cockpit leaves it when it ends."""
    path = home / "state" / "cockpit.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"layout": layout.to_plain()}))


def measure_tabs(directory: Path) -> None:
    """Each page shows its letter when it gets a key, so the letter says that the whole page is there."""
    (directory / "page.py").write_text(PAGE)
    pages = {
        f"page{number}": [sys.executable, str(directory / "page.py"), LETTERS[number].decode()]
        for number in range(TABS)
    }
    with home_with(directory, pages) as home, cockpit(home) as outer:
        for page in pages:
            spawn(home, page)
        outer.wait_for(b"page is ready", 60)
        time.sleep(2)
        outer.send(b"\t")
        time.sleep(0.5)
        ours = switched(outer)
    theirs: list[float] = []
    if shutil.which("tmux"):
        with tmux(directory, list(pages.values()), windows=True) as outer:
            outer.wait_for(b"page is ready", 60)
            time.sleep(2)
            theirs = switched(outer)
    latencies(f"switch among {TABS} tabs", ours, theirs, "tmux")


def switched(outer: OuterTerminal) -> list[float]:
    """Seconds of each switch; before, every page is made to show its letter."""
    for _ in range(TABS):
        outer.send(b"x\x02n")
        time.sleep(0.5)
    times, at = [], shown_now(outer)
    for number in range(SWITCHES):
        letter = LETTERS[(at + 1 + number) % TABS]
        times.append(outer.wait_for(letter, 20, typing=b"\x02n"))
        time.sleep(0.1)
    return times


def shown_now(outer: OuterTerminal) -> int:
    """The number of the page in sight: the one that answers a key."""
    outer.wait_for(b"\x1b", 20, typing=b"x")
    time.sleep(0.5)
    tail = outer.tail
    return max(range(TABS), key=lambda number: tail.rfind(LETTERS[number]))


def measure_scrollback(directory: Path) -> None:
    """How much more is held once agents have filled their scrollbacks."""
    (directory / "long.py").write_text(LONG)
    argv = [sys.executable, str(directory / "long.py")]
    with home_with(directory, {"long": argv}) as home, cockpit(home) as outer:
        spawn(home, "long")
        before = settled(outer.pid)
        for _ in range(SCROLLBACKS):
            spawn(home, "long")
        ours = (settled(outer.pid) - before) / SCROLLBACKS
    if not shutil.which("tmux"):
        return
    with tmux(directory, [argv] * (SCROLLBACKS + 1), windows=True, history=SCROLLBACK_LINES) as outer:
        outer.wait_for(b"long is ready", 120)
        theirs = settled(tmux_server(directory)) / (SCROLLBACKS + 1)
    row(f"memory of {SCROLLBACK_LINES:,} lines of scrollback", ours, theirs, "MB", "tmux")


def settled(pid: int) -> float:
    """Megabytes of a process once they have not changed for a while."""
    known, since = 0.0, time.monotonic()
    while time.monotonic() - since < SETTLED_SECONDS:
        time.sleep(0.5)
        if abs((now := proportional(pid)) - known) > 1:
            known, since = now, time.monotonic()
    return known


if __name__ == "__main__":
    main()
