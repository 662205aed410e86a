"""`maestro-tui attach`: from the words of the command to a session on the screen, and what is said at the end."""

import argparse
import contextlib
import os
import socket
import sys
import time
from pathlib import Path

from maestro_tui.attach.choice import find_session
from maestro_tui.attach.keys import DetachKey
from maestro_tui.attach.outer import OuterTerminal
from maestro_tui.attach.passthrough import Detached, Ended, HostGone, Outcome, Passthrough
from maestro_tui.attach.player import play
from maestro_tui.domain.errors import MaestroError
from maestro_tui.paths import Home
from maestro_tui.ptyhost import records, registry
from maestro_tui.ptyhost.records import describe_exit
from maestro_tui.ptyhost.registry import Fate
from maestro_tui.recording import Recording, output_directory
from maestro_tui.replay import replay
from maestro_tui.runner.checkpoints import restore

__all__ = ["attach"]

CONNECT_SECONDS = 5.0
DYING_SECONDS = 2.0
"""A process that is killed closes what it had open before it is gone."""
HUNG_UP = 129
_GONE = {
    Fate.RUNNING: "its PTY host hung up",
    Fate.LOST: "its PTY host died, and its agent with it",
    Fate.ORPHANED: "its PTY host died; its agent (process {agent}) runs on without a terminal",
    Fate.REBOOTED: "the machine was started anew while it ran",
}


def attach(home: Home, arguments: argparse.Namespace) -> int:
    """Show one session in this terminal; the exit code. Raises MaestroError."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise MaestroError("attach needs a terminal", suggestion="without one: maestro session logs SESSION")
    if not 0 < arguments.speed <= 1000:
        raise MaestroError(f"--speed {arguments.speed} is not between 0 and 1000", suggestion="--speed 4")
    detach = DetachKey(arguments.detach_key)
    directory = find_session(home.sessions, arguments.session)
    try:
        if arguments.replay or arguments.since is not None:
            return _replay(directory, arguments, detach)
        if registry.fate(directory) is Fate.RUNNING:
            return _attach(directory, detach)
        return _show_end(directory)
    except EOFError:  # the terminal is gone
        return HUNG_UP


def _attach(directory: Path, detach: DetachKey) -> int:
    connection = _connect(directory)
    restored = restore(directory)
    with connection, OuterTerminal() as outer:
        outcome = Passthrough(outer, connection, restored, detach).run()
    with contextlib.suppress(OSError):  # the terminal may be gone
        os.write(sys.stdout.fileno(), f"[{directory.name} {_how(outcome, directory)}]\n".encode())
    return 0 if isinstance(outcome, Detached | Ended) else HUNG_UP


def _connect(directory: Path) -> socket.socket:
    run = records.read_run(directory)
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(CONNECT_SECONDS)
    try:
        connection.connect("" if run is None else run.socket)
    except OSError as error:
        connection.close()
        raise MaestroError(
            f"the PTY host of session '{directory.name}' does not answer: {error}",
            suggestion=f"try again; maestro session logs {directory.name} shows what it wrote",
        ) from error
    return connection


def _how(outcome: Outcome, directory: Path) -> str:
    match outcome:
        case Detached():
            return "runs on; attach again: maestro-tui attach " + directory.name
        case Ended(record):
            return f"ended: {describe_exit(record)}"
        case HostGone(why):
            return f"is not reachable any more: {why or _end_of_killed(directory)}"
        case _:
            return "runs on"


def _show_end(directory: Path) -> int:
    """What a session that ended had on its screen and above it, and how it ended."""
    restored = restore(directory)
    restored.play(replay(Recording(output_directory(directory)), restored.offset))
    try:
        columns, rows = os.get_terminal_size()
    except OSError as error:
        raise EOFError(str(error)) from error
    restored.terminal.resize(columns, rows)
    sys.stdout.buffer.write(restored.terminal.printed() + b"\x1b[0m\n")
    print(f"[{directory.name} ended: {_end(directory)}; --replay plays it]")
    return 0


def _replay(directory: Path, arguments: argparse.Namespace, detach: DetachKey) -> int:
    recording = Recording(output_directory(directory))
    if not recording.exists:
        raise MaestroError(f"nothing of session '{directory.name}' is recorded")
    since = recording.start if arguments.since is None else arguments.since
    with OuterTerminal() as outer:
        finished = play(outer, replay(recording, since), detach, arguments.speed)
    print(f"[{directory.name}: {'the end of what is recorded' if finished else 'left'}]")
    return 0


def _end_of_killed(directory: Path) -> str:
    """What became of a session whose host has just hung up: it is gone in a moment, and its agent with it."""
    deadline = time.monotonic() + DYING_SECONDS
    while registry.fate(directory) in (Fate.RUNNING, Fate.ORPHANED) and time.monotonic() < deadline:
        time.sleep(0.01)
    return _end(directory)


def _end(directory: Path) -> str:
    """What became of a session that does not run, as its records say."""
    fate, run = registry.fate(directory), records.read_run(directory)
    if (record := records.read_exit(directory)) is not None:
        return describe_exit(record)
    return _GONE.get(fate, str(fate)).format(agent=run.agent.pid if run else "?")
