"""One session alone in a terminal: shown, typed into, left, and the terminal as it was."""

import os
import signal
from pathlib import Path

import pytest

from maestro_tui.ptyhost import registry
from maestro_tui.runner.checkpoints import advance

DEADLINE = 60
DETACH = b"\x1c"
ECHO = "echo one; echo two; while read line; do echo got $line; done"


def test_a_session_is_shown_typed_into_and_left_running(desk):
    host = desk.start("/bin/sh", "-c", ECHO)
    window = desk.attach("sess_al")
    window.until_shown("two")
    window.type(b"hello\r")
    window.until_shown("got hello")
    window.type(b"and this" + DETACH)
    assert window.leave() == 0
    assert "sess_alpha runs on" in window.screen.text()
    assert host.run.agent.is_alive
    again = desk.attach("sess_alpha")
    again.until_shown("and this")
    assert again.screen.text().splitlines()[:4] == ["one", "two", "hello", "got hello"]


def test_the_terminals_size_becomes_the_programs(desk):
    desk.start("/bin/sh", "-c", "echo up; while read line; do stty size; done")
    window = desk.attach("sess_alpha", size=(100, 30))
    window.until_shown("up")
    window.type(b"\r")
    window.until_shown("30 100")
    window.resize(70, 20)
    window.until(lambda: "20 70" in window.screen.text() or window.type(b"\r"))


def test_a_full_screen_program_is_there_as_it_was_and_gone_when_left(desk):
    desk.python(
        "import sys, tty; tty.setraw(0)\n"
        "sys.stdout.write('\\x1b[?1049h\\x1b[2J\\x1b[?2004h\\x1b[?1002h\\x1b[>1u\\x1b[5;10Heditor')\n"
        "sys.stdout.write('\\x1b]2;a title\\x07')\n"
        "sys.stdout.flush(); sys.stdin.read(1)"
    )
    window = desk.attach("sess_alpha")
    window.until_shown("editor")
    window.until(lambda: window.screen.title == "a title")
    assert window.screen.modes.bracketed_paste
    window.type(b"\x1b[92;5u")  # the detach key, as this program asked for keys
    assert window.leave() == 0
    assert "editor" not in window.screen.text()
    assert not window.screen.modes.bracketed_paste
    assert window.screen.encode_key("escape", None) == b"\x1b"


def test_the_end_of_the_program_is_told(desk):
    desk.start("/bin/sh", "-c", "echo up; read line; echo last words; exit 3")
    window = desk.attach("sess_alpha")
    window.until_shown("up")
    window.type(b"\r")
    assert window.leave() == 0
    assert "last words" in window.screen.text()
    assert "sess_alpha ended: exit status 3" in window.screen.text()


def test_a_host_that_dies_is_told_apart(desk):
    host = desk.start("/bin/sh", "-c", "echo up; read line")
    window = desk.attach("sess_alpha")
    window.until_shown("up")
    os.kill(host.process.pid, signal.SIGKILL)
    host.process.wait()
    assert window.leave() == 129
    assert "is not reachable any more: its PTY host died, and its agent with it" in window.screen.text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_the_terminal_as_it_was(desk, number):
    host = desk.start("/bin/sh", "-c", "printf '\\033[?1049h\\033[?25lup'; read line")
    window = desk.attach("sess_alpha")
    window.until_shown("up")
    window.process.send_signal(number)
    assert window.leave() == 129
    assert b"\x1b[?25h" in window.raw[-400:]
    assert host.run.agent.is_alive


def test_only_one_of_two_terminals_answers_the_program(desk):
    desk.python(
        "import os, select, tty; tty.setraw(0); os.write(1, b'up ')\n"
        "while os.read(0, 1) != b'?': pass\n"
        "os.write(1, b'\\x1b[6n'); answer = os.read(0, 100)\n"
        "while select.select([0], [], [], 1)[0]: answer += os.read(0, 100)\n"
        "os.write(1, b'answers: %d ' % answer.count(b'R')); os.read(0, 1)"
    )
    first, second = desk.attach("sess_alpha"), desk.attach("sess_alpha")
    for window in (first, second):
        window.until_shown("up")
    first.type(b"?")
    first.until(lambda: second.look() or "answers" in first.screen.text())
    assert "answers: 1" in first.screen.text()
    assert (first.raw + second.raw).count(b"\x1b[6n") == 1


def test_questions_of_the_past_are_not_answered_again(desk):
    desk.python(
        "import os, tty; tty.setraw(0); os.write(1, b'\\x1b[c\\x1b[6nup ')\n"
        "os.write(1, b'got %d ' % len(os.read(0, 100))); os.read(0, 1)"
    )
    window = desk.attach("sess_alpha")
    window.until_shown("up")
    window.type(b"x")
    window.until_shown("got 1")


def test_a_long_session_is_there_from_its_checkpoint(desk, tmp_path):
    desk.python(
        "for n in range(60_000): print('line', n)\nimport sys; print('all', flush=True); sys.stdin.readline()",
        log_limit=1 << 20,
    )
    window = desk.attach("sess_alpha")
    window.until_shown("all")
    window.type(DETACH)
    assert window.leave() == 0
    directory = desk.home.session("sess_alpha")
    offset = advance(directory)
    again = desk.attach("sess_alpha")
    again.until_shown("all")
    assert "line 59980" in again.screen.all_text()
    assert offset is not None


def test_sessions_that_ended_are_shown_and_played(desk):
    desk.start("/bin/sh", "-c", "printf '\\033[6n'; echo begun; sleep 0.2; echo done; exit 4").process.wait(20)
    window = desk.attach("sess_alpha")
    assert window.leave() == 0
    assert window.screen.text().splitlines()[:2] == ["begun", "done"]
    assert "sess_alpha ended: exit status 4" in window.screen.text()
    played = desk.attach("sess_alpha", "--replay", "--speed", "3")
    assert played.leave() == 0
    assert "begun" in played.screen.all_text()
    assert b"\x1b[6n" not in played.raw
    late = desk.attach("sess_alpha", "--since", "11")
    assert late.leave() == 0
    assert "begun" not in late.screen.all_text()
    assert "done" in late.screen.all_text()


def test_a_replay_can_be_paused_and_left(desk):
    desk.start("/bin/sh", "-c", "echo begun; sleep 0.3; echo done").process.wait(20)
    window = desk.attach("sess_alpha", "--replay", "--speed", "0.1")
    window.until_shown("begun")
    window.type(b" ")
    window.type(b"q")
    assert window.leave() == 0
    assert "sess_alpha: left" in window.screen.text()
    assert "done" not in window.screen.all_text()


def test_what_cannot_be_shown_is_explained(desk):
    for name in ("sess_alpha", "sess_beta"):
        desk.start("/bin/cat", session_id=name)
    many = desk.attach("sess_")
    assert many.leave() == 1
    assert "2 ids: sess_alpha, sess_beta" in many.screen.text()
    nothing = desk.attach("nope")
    assert nothing.leave() == 1
    assert "maestro session list" in nothing.screen.text()
    wrong = desk.attach("sess_alpha", "--detach-key", "x")
    assert wrong.leave() == 1
    assert "cannot detach" in wrong.screen.text()


def test_an_agent_without_its_host_is_named(desk):
    host = desk.start("/bin/sh", "-c", "trap '' HUP; echo up; while :; do sleep 0.1; done")
    window = desk.attach("sess_alpha")
    window.until_shown("up")
    window.type(DETACH)
    window.leave()
    os.kill(host.process.pid, signal.SIGKILL)
    host.process.wait()
    assert registry.fate(desk.home.session("sess_alpha")) is registry.Fate.ORPHANED
    later = desk.attach("sess_alpha")
    assert later.leave() == 0
    assert f"process {host.run.agent.pid}" in later.screen.text().replace("\n", "")
    os.killpg(host.run.agent.pid, signal.SIGKILL)


def test_a_host_that_does_not_answer_is_told(desk):
    host = desk.start("/bin/cat")
    Path(host.run.socket).unlink()
    window = desk.attach("sess_alpha")
    assert window.leave() == 1
    said = window.screen.text()
    assert "does not answer" in said
    assert "maestro session logs sess_alpha" in said
    assert host.run.agent.is_alive


def test_a_speed_at_which_nothing_can_be_played_is_refused(desk):
    window = desk.attach("sess_alpha", "--replay", "--speed", "0")
    assert window.leave() == 1
    assert "--speed 0.0 is not between 0 and 1000" in window.screen.text()


def test_a_terminal_that_goes_leaves_the_session_running(desk):
    host = desk.start("/bin/sh", "-c", "echo up; read line")
    window = desk.attach("sess_alpha")
    window.until_shown("up")
    window.hang_up()
    assert window.process.wait(DEADLINE) == 129
    assert host.run.agent.is_alive


def test_a_terminal_that_goes_ends_a_replay(desk):
    desk.start("/bin/sh", "-c", "echo begun; sleep 0.3; echo done").process.wait(20)
    window = desk.attach("sess_alpha", "--replay", "--speed", "0.01")
    window.until_shown("begun")
    window.hang_up()
    assert window.process.wait(DEADLINE) == 129
