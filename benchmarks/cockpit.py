"""The real cockpit in a real terminal beside tmux in the same terminal: throughput, and a key's way to its echo.

    python -m benchmarks cockpit

Every agent is a program in a PTY host, spawned through the server. Throughput: `cat` of a file in
the pane shown, timed by the program itself. Echo: an agent shows one letter for each key, and the
time is taken from the key's write into the outer terminal to the letter's arrival there, idle and
while other sessions flood. Frames are synchronized updates that reached the outer terminal.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.outer import OuterTerminal
from benchmarks.panes import corpora
from benchmarks.report import latencies, restlessness, row
from benchmarks.stage import cockpit, home_with, scripts, spawn, tmux, tmux_echo, typed

MEGABYTES = 50
CROWDS = (0, 3, 8)
"""How many other sessions flood, in tabs behind, while one types."""

CAT = """
import os, shutil, sys, time
path, times = sys.argv[1:]
os.write(1, b"cat is ready\\r\\n")
os.read(0, 64)
began = time.time()
with open(path, "rb") as file:
    shutil.copyfileobj(file, sys.stdout.buffer, 1 << 16)
sys.stdout.flush()
with open(times, "w") as file:
    file.write(f"{began} {time.time()}")
os.write(1, b"\\r\\n\\x1b[0mcat is \\xcf\\x89 done\\r\\n")
os.read(0, 64)
"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="maestro-bench-") as name:
        directory = Path(name)
        measure_throughput(directory)
        restlessness()
        for crowd in CROWDS:
            measure_echo(directory, crowd)


def measure_throughput(directory: Path) -> None:
    for kind, data in corpora(MEGABYTES * 1_000_000).items():
        path = directory / "data"
        path.write_bytes(data)
        (directory / "cat.py").write_text(CAT)
        size = len(data) / 1e6
        argv = [sys.executable, str(directory / "cat.py"), str(path), str(directory / "times")]
        with home_with(directory, {"cat": argv}) as home, cockpit(home) as outer:
            spawn(home, "cat")
            ours, frames = timed_cat(outer, directory, zoom=b"\x02z")
        figures = f"{kind}: MB/s ({frames:.0f} frames/s)"
        theirs = 0.0
        if shutil.which("tmux"):
            with tmux(directory, [argv]) as outer:
                seconds, _ = timed_cat(outer, directory)
            theirs = size / seconds
        row(figures, size / ours, theirs, "MB/s", "tmux")


def timed_cat(outer: OuterTerminal, directory: Path, *, zoom: bytes = b"") -> tuple[float, float]:
    """Start the waiting `cat`; the seconds its output took to be shown, and frames per second meanwhile."""
    outer.wait_for(b"cat is ready", 60)
    time.sleep(1)  # what the start still paints is not measured
    if zoom:
        outer.send(b"\t" + zoom)
        time.sleep(0.5)
    frames = outer.frames
    shown = outer.wait_for("ω".encode(), 300, typing=b"\r")
    return shown, (outer.frames - frames) / shown


def measure_echo(directory: Path, crowd: int) -> None:
    programs = scripts(directory)
    with home_with(directory, programs) as home, cockpit(home) as outer:
        for _ in range(crowd):
            spawn(home, "flood")
        spawn(home, "echo")
        outer.wait_for(b"echo is ready", 60)
        time.sleep(2)  # what the start still paints is not measured
        outer.send(b"\t")
        time.sleep(0.5)
        ours, percent, frames = typed(outer)
    print(f"  cockpit with {crowd} flooding: {percent:.0f} % CPU of a core, {frames:.0f} frames/s")
    latencies(f"key → echo, {crowd} flooding", ours, tmux_echo(directory, programs, crowd), "tmux")


if __name__ == "__main__":
    main()
