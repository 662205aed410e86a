"""An agent of the soak: draws, prints, and talks to its task through `maestro`, until it is ended.

Every other agent of the soak draws on the alternate screen; the rest print lines and now and then
forget those above (ED 3), because a scrollback of 100,000 lines takes longer than a soak to be full.
"""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

DRAW_SECONDS = 0.5
TALK_SECONDS = 40.0
"""Mean time between two uses of `maestro`."""
LINES_KEPT = 200
COLUMNS, ROWS = 80, 20


def main() -> None:
    starts, style = Path(sys.argv[1]), sys.argv[2]
    session = os.environ["MAESTRO_SESSION_ID"]
    with starts.open("a") as file:
        file.write(f"{session}\n")
    chance = random.Random(session)
    talk_at = time.monotonic() + chance.expovariate(1 / TALK_SECONDS)
    if style == "screen":
        sys.stdout.write("\x1b[?1049h\x1b[2J")
    number = 0
    while True:
        number += 1
        draw_screen(number, chance) if style == "screen" else print_lines(number, chance)
        sys.stdout.flush()
        if time.monotonic() > talk_at:
            talk(number, chance)
            talk_at = time.monotonic() + chance.expovariate(1 / TALK_SECONDS)
        time.sleep(DRAW_SECONDS)


def draw_screen(number: int, chance: random.Random) -> None:
    row = chance.randrange(2, ROWS)
    filled = number % 40
    sys.stdout.write(
        f"\x1b[?2026h\x1b[H\x1b[1mstep {number}\x1b[0m\x1b[{row};1H\x1b[2K\x1b[3{number % 8}m{'━' * filled}"
        f"\x1b[0m {chance.random():.6f} 第{number}步 ✔\x1b[?2026l"
    )


def print_lines(number: int, chance: random.Random) -> None:
    for _ in range(40 if chance.random() < 0.02 else 1):
        sys.stdout.write(
            f"\x1b[3{number % 8}mINFO\x1b[0m request {number} took {chance.random() * 100:.1f} ms ✔\n"
        )
    if number % LINES_KEPT == 0:
        sys.stdout.write("\x1b[3J")
    if number % 50 == 0:
        sys.stdout.write(f"\x1b]0;at {number}\x07")


def talk(number: int, chance: random.Random) -> None:
    """Something an agent does now and then; a server that is just being restarted is waited for."""
    task = os.environ["MAESTRO_TASK_IDS"].split(",")[0]
    match chance.randrange(4):
        case 0:
            said = maestro("task", "get", task, "--json")
            for subtask in json.loads(said)["data"]["subtasks"][:1] if said else ():
                maestro("subtask", "reopen" if subtask["completed"] else "complete", task, subtask["id"])
        case 1:
            maestro("session", "list", "--json")
        case 2:
            maestro("update", f"at step {number}")
        case _:
            maestro("task", "tree", "--json")


def maestro(*arguments: str) -> str:
    """What the command answered; empty when it failed, which the soak counts elsewhere."""
    done = subprocess.run(["maestro", *arguments], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""


if __name__ == "__main__":
    main()
