"""A screen made from a checkpoint is the screen of whoever never left."""

import asyncio
import json
import zlib

import pytest

from maestro_tui.ptyhost.output_log import OutputLog
from maestro_tui.recording import Recording, output_directory
from maestro_tui.replay import replay
from maestro_tui.runner import checkpoints
from maestro_tui.runner.checkpoints import Checkpoints, Restored, advance, restore
from maestro_tui.runner.terminals import Terminals
from maestro_tui.terminal.engine import Terminal

LINES = "for n in range({first}, {end}): print('\\033[3%dmline' % (n % 8), n, n * 7919 % 1000003, '\\033[m')\n"


@pytest.fixture
def session(tmp_path):
    """The directory of a session with some output, and the log that goes on with it."""
    log = OutputLog(output_directory(tmp_path))
    log.resized(60, 10)
    log.append(b"".join(b"line %d\r\n" % number for number in range(300)))
    log.resized(40, 12)
    log.append("\x1b]2;a title\x07\x1b[?2004h\x1b[1;31mred \u4e2d\u6587 ".encode())
    yield tmp_path, log
    log.close()


def undisturbed(directory):
    whole = Restored(Terminal(80, 24))
    whole.play(replay(Recording(output_directory(directory))))
    return whole.terminal


def state(terminal):
    """All that a person could see, or the program could ask about."""
    rows = list(terminal.changed_rows())
    facts = (terminal.columns, terminal.rows, terminal.title, terminal.modes.bracketed_paste, terminal.cursor())
    return facts, rows, terminal.all_text()


def test_a_restored_terminal_goes_on_as_if_nothing_had_been(session):
    directory, log = session
    assert advance(directory) == log.end
    at = log.end
    log.append(b"and \x1b[")
    log.append(b"4munderlined\r\nnext line\r\n")
    restored = restore(directory)
    assert (restored.offset, restored.exact) == (at, True)
    restored.play(replay(Recording(output_directory(directory)), restored.offset))
    assert restored.offset == log.end
    assert state(restored.terminal) == state(undisturbed(directory))


def test_a_checkpoint_may_lie_in_the_middle_of_a_sequence(session):
    directory, log = session
    log.append(b"\x1b[38;5;")
    assert advance(directory) == log.end
    log.append(b"196mdeep red")
    restored = restore(directory)
    restored.play(replay(Recording(output_directory(directory)), restored.offset))
    assert state(restored.terminal) == state(undisturbed(directory))


def test_the_next_one_begins_with_the_last(session):
    directory, log = session
    advance(directory, until=100)
    assert restore(directory).offset == 100
    advance(directory)
    assert restore(directory).offset == log.end
    assert state(restore(directory).terminal) == state(undisturbed(directory))


def test_after_a_gap_the_screen_is_not_exact(session):
    directory, log = session
    log.close()
    log.end += 50
    log._retry_at = 0.0
    log.append(b"after the gap")
    advance(directory)
    restored = restore(directory)
    assert not restored.exact
    assert restored.terminal.text() == "after the gap"


def test_one_that_is_stopped_writes_nothing(session):
    directory, _ = session
    assert advance(directory, stopped=lambda: True) is None
    assert not (directory / checkpoints.FILE).exists()


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content[:200] + b"\0" + content[201:],
        lambda content: content.replace(b'"exact": true', b'"exact": false', 1),
        lambda content: b"",
        lambda content: b"no json\n",
        lambda content: json.dumps({"format": "maestro-checkpoint-1"}).encode() + b"\n" + zlib.compress(b"x"),
        lambda content: b"[]\n",
    ],
)
def test_a_damaged_one_is_not_used(session, damage):
    directory, _ = session
    advance(directory)
    path = directory / checkpoints.FILE
    path.write_bytes(damage(path.read_bytes()))
    restored = restore(directory)
    assert (restored.offset, restored.exact, restored.terminal.text()) == (0, True, "")


async def test_who_attaches_again_gets_the_rest_alone_and_the_same_screen(bench, until):
    """Output beyond what is kept, too: without its checkpoint the screen would have a gap."""
    code = LINES.format(first=0, end=30_000) + "import sys; print('half', flush=True); sys.stdin.readline()\n"
    code += LINES.format(first=30_000, end=50_000) + "print('all', flush=True); sys.stdin.readline()"
    host = bench.python(code, log_limit=1 << 20, ring=64 << 10)
    witness = Terminals()
    first = Terminals(checkpoints=Checkpoints(every=200_000, pause=0.0))
    here, there = await bench.attach(host, witness), await bench.attach(host, first)
    await until(lambda: "half" in there.terminal.text())
    file = there.directory / checkpoints.FILE
    await until(lambda: file.exists() and there.offset - restore(there.directory).offset < 200_000)
    first.close_all()
    here.send(b"\n")
    await until(lambda: "all" in here.terminal.text())

    log = Recording(output_directory(there.directory))
    assert log.start > 0
    again = await bench.attach(host)
    began = again.offset
    assert began >= log.start
    await asyncio.wait_for(again.caught_up.wait(), 15)
    await until(lambda: again.offset == here.offset)
    for live in (here, again):
        live.terminal.resize(81, 24)  # every row counts as changed then
    assert state(again.terminal) == state(here.terminal)
    witness.close_all()


async def test_a_session_that_ended_is_shown_from_its_checkpoint(bench, until):
    code = LINES.format(first=0, end=20_000) + "print('over')"
    host = bench.python(code, log_limit=400_000)
    host.process.wait(15)
    directory = bench.place.home.session("sess_1")
    advance(directory)
    from maestro_tui.ptyhost import records

    live = await bench.terminals.show_ended("sess_1", directory, records.read_exit(directory))
    assert live.exited == "exit status 0"
    assert live.terminal.text().rstrip().endswith("over")
