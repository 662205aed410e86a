"""CPU of one `maestro` command, against a bare interpreter that does nothing, in pairs."""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence

from benchmarks.report import row
from maestro_tui.config.settings import Settings
from maestro_tui.paths import Home
from maestro_tui.server.serving import serve

ROUNDS = 30
START = "from maestro_tui.cli.entry import main; main()"
BARE = "python -c pass"
ALLOWANCE_MS = 30.0
"""What a command may cost beyond two bare interpreters."""
NODE_CLI_MS = 370.0
"""Wall clock of one command of the comparable command on Node, as its authors published it."""
COMMANDS = {
    "maestro --help": ["--help"],
    "maestro, an unknown command": ["tsk"],
    "maestro task list (found by discovery)": ["task", "list"],
    "maestro task list (in a pane)": ["task", "list"],
    "maestro update (in a pane)": ["update", "one line of progress"],
}


def main() -> None:
    asyncio.run(measure())


async def measure() -> None:
    """Each command and the bare interpreter in turn, so that the machine's moods meet both."""
    with tempfile.TemporaryDirectory() as directory:
        shell = {"HOME": directory, "PATH": os.environ["PATH"]}
        home = Home.from_environment(shell)
        async with serve(home, Settings(), port=0) as server:
            pane = await asyncio.to_thread(prepare, shell, f"{server.url}/~{server.token}")
            for what, argv in COMMANDS.items():
                environ = pane if "pane" in what else shell
                ours, bare = await asyncio.to_thread(in_pairs, argv, environ)
                row(what, ours, bare, "ms", BARE)
                row(
                    f"{what}: budget",
                    ours,
                    2 * bare + ALLOWANCE_MS,
                    "ms",
                    f"twice {BARE} plus {ALLOWANCE_MS:g} ms",
                )
            elapsed = await asyncio.to_thread(wall, ["task", "list"], pane)
            row("maestro task list (in a pane), wall clock", elapsed, NODE_CLI_MS, "ms", "a Node CLI, published")


def prepare(shell: Mapping[str, str], address: str) -> dict[str, str]:
    """A project with one task, and the environment of a pane that works on it."""
    environ = {**shell, "MAESTRO_API_URL": address}
    environ["MAESTRO_PROJECT_ID"] = said(["project", "create", "bench", "-q"], environ)
    environ["MAESTRO_TASK_IDS"] = said(["task", "create", "a task", "-q"], environ)
    return environ


def said(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """What a command prints."""
    reading, writing = os.pipe()
    process = os.posix_spawn(
        sys.executable,
        [sys.executable, "-c", START, *argv],
        environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, writing, 1)],
    )
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read().strip()
    os.waitpid(process, 0)
    return text


def in_pairs(argv: Sequence[str], environ: Mapping[str, str]) -> tuple[float, float]:
    """Median CPU milliseconds of the command and of the bare interpreter."""
    pairs = [(cpu([START, *argv], environ), cpu(["pass"], environ)) for _ in range(ROUNDS + 1)][1:]
    return statistics.median(ours for ours, _ in pairs), statistics.median(bare for _, bare in pairs)


def wall(argv: Sequence[str], environ: Mapping[str, str]) -> float:
    """Median milliseconds from start to end of the command."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        cpu([START, *argv], environ)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def cpu(code: Sequence[str], environ: Mapping[str, str]) -> float:
    """CPU milliseconds, user and system, of one interpreter that runs code."""
    quiet = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_WRONLY, 0) for stream in (1, 2)]
    process = os.posix_spawn(sys.executable, [sys.executable, "-c", *code], environ, file_actions=quiet)
    _, _, usage = os.wait4(process, 0)
    return (usage.ru_utime + usage.ru_stime) * 1000


if __name__ == "__main__":
    main()
