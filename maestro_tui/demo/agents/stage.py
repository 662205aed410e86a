"""What the scripted agents share: speaking in a pane, keeping a pace, and calling `maestro`."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any, NoReturn

__all__ = ["finish", "maestro", "maestro_json", "say", "think", "title", "work"]

PACE_VARIABLE = "DEMO_PACE"
"""Seconds one beat of the play lasts; 0 plays it as fast as it will go."""

_BAR_WIDTH = 28


def title(text: str) -> None:
    """Set the pane's title and print a headline."""
    print(f"\x1b]0;{text}\x07\x1b[1;36m● {text}\x1b[0m\n", flush=True)


def say(text: str) -> None:
    """Speak a line."""
    print(f"  {text}", flush=True)
    _beat(0.5)


def think(text: str, beats: float = 2) -> None:
    """Show a spinner for some beats."""
    frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
    steps = max(1, int(beats * 8))
    for step in range(steps):
        print(f"\r\x1b[2K  \x1b[35m{frames[step % len(frames)]}\x1b[0m \x1b[2m{text}\x1b[0m", end="", flush=True)
        _beat(beats / steps)
    print(f"\r\x1b[2K  \x1b[35m✦\x1b[0m \x1b[2m{text}\x1b[0m", flush=True)


def work(text: str, beats: float = 3) -> None:
    """Show a progress bar that fills over some beats."""
    for done in range(_BAR_WIDTH + 1):
        bar = "━" * done + "\x1b[2m" + "─" * (_BAR_WIDTH - done) + "\x1b[22m"
        print(f"\r\x1b[2K  \x1b[32m{bar}\x1b[0m {text}", end="", flush=True)
        _beat(beats / _BAR_WIDTH)
    print(flush=True)


def maestro(*arguments: str) -> str:
    """Run a `maestro` command as an agent would, shown like a shell line; its output. Ends the play on failure."""
    print(f"  \x1b[33m$\x1b[0m maestro {' '.join(_quoted(arguments))}", flush=True)
    _beat(0.4)
    done = subprocess.run(["maestro", *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"  \x1b[31mmaestro exited with {done.returncode}\x1b[0m", flush=True)
        sys.exit(done.returncode)
    return done.stdout


def maestro_json(*arguments: str) -> Any:
    """The `data` of a `maestro … --json` command."""
    return json.loads(maestro(*arguments, "--json"))["data"]


def finish(text: str, code: int = 0) -> NoReturn:
    """Say the last word, give it time to be read, and leave."""
    print(f"\n\x1b[1;32m✔ {text}\x1b[0m", flush=True)
    _beat(2)
    sys.exit(code)


def _quoted(arguments: Sequence[str]) -> list[str]:
    return [f'"{part}"' if " " in part else part for part in arguments]


def _beat(beats: float) -> None:
    time.sleep(beats * float(os.environ.get(PACE_VARIABLE, "1")))
