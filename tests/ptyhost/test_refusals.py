"""What a host does not do for its viewers, what it does for those that come late, and how it ends nevertheless."""

import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path

from maestro_tui.ptyhost import frames, records
from maestro_tui.ptyhost.frames import Kind
from maestro_tui.ptyhost.service import MOST_VIEWERS
from tests.platforms import needs_prlimit, needs_proc

STOP = frames.message(Kind.STOP, {})


def test_what_is_not_for_viewers_to_say_is_refused_by_name(lab):
    host = lab.start("/bin/cat")
    good = lab.attach(host)
    for said, named in (
        (frames.output(0, b"x"), "OUTPUT is not for viewers"),
        (frames.message(Kind.HELLO, {}), "HELLO is not for viewers"),
        (frames.encode(Kind.RESIZE, b"\0"), "RESIZE frame of 1 bytes"),
        (frames.size(Kind.RESIZE, 0, 5), "0×5"),
        (frames.encode(Kind.FOCUS), "FOCUS frame of 0 bytes"),
        (frames.signal_number(250), "250"),
    ):
        bad = lab.attach(host)
        bad.send(said)
        bad.read_until(lambda bad=bad: bad.error)
        assert named in bad.error["message"]
        bad.read_until(lambda bad=bad: bad.closed)
    for hello, named in (
        ({"protocol": 0}, "version 0"),
        ({"since": "1"}, "since"),
        ({"columns": 80}, "80 and None"),
    ):
        bad = lab.connect(host)
        bad.send(frames.message(Kind.HELLO, hello))
        bad.read_until(lambda bad=bad: bad.error)
        assert named in bad.error["message"]
    good.type(b"fine\n")
    good.read_for(b"fine\r\nfine\r\n")


def test_nothing_is_obeyed_after_a_refused_frame(lab):
    host = lab.start("/bin/cat")
    bad = lab.attach(host)
    bad.send(frames.signal_number(250) + STOP)
    bad.read_until(lambda: bad.closed)
    assert lab.connect(host).hello()["phase"] == "running"


def test_one_viewer_too_many_waits_for_a_place(lab, until):
    host = lab.start("/bin/cat")
    seated = [lab.attach(host) for _ in range(MOST_VIEWERS)]
    refused = lab.connect(host)
    refused.read_until(lambda: refused.closed)
    assert refused.frames == []
    seated[0].close()

    def is_let_in():
        late = lab.connect(host)
        with suppress(BrokenPipeError):  # refused by then
            late.send(frames.message(Kind.HELLO, {}))
        late.read_until(lambda: late.frames or late.closed)
        return not late.closed

    until(is_let_in, what="a place")
    seated[1].type(b"fine\n")
    seated[1].read_for(b"fine\r\n")


@needs_prlimit
@needs_proc
def test_who_comes_while_no_descriptor_is_free_is_served_later_at_no_cost(lab, until):
    host = lab.start("/bin/cat")
    client = lab.attach(host)
    usual = resource.prlimit(host.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(host.process.pid, resource.RLIMIT_NOFILE, (3, usual[1]))
    late = lab.connect(host)
    client.type(b"served\n")
    client.read_for(b"served\r\nserved\r\n")
    status = Path(f"/proc/{host.process.pid}/status")
    until(lambda: "State:\tS" in status.read_text(), what="the host to sleep")
    resource.prlimit(host.process.pid, resource.RLIMIT_NOFILE, usual)
    assert late.hello()["phase"] == "running"


def test_who_answers_is_told_when_the_one_before_has_gone(lab):
    host = lab.start("/bin/cat")
    first, second = lab.connect(host), lab.connect(host)
    assert first.hello(answers=True)["owner"] is True
    assert second.hello(answers=True)["owner"] is False
    first.close()
    second.read_until(lambda: second.states)
    assert second.states[-1]["owner"] is True


def test_after_the_end_nothing_reaches_the_program_and_who_comes_late_is_told(lab, until):
    """The record cannot be written, so that the host waits; a viewer that knows the end lets it go."""
    host = lab.start("/bin/cat")
    directory = lab.directory("sess_1")
    (directory / "exit.json").mkdir()
    (directory / "exit.json" / "x").touch()
    client = lab.attach(host)
    client.send(frames.encode(Kind.ACK))  # too early to mean anything
    client.type(b"\x04", ticket=1)
    assert client.read_to_exit()["exitCode"] == 0
    client.send(STOP + frames.signal_number(signal.SIGTERM) + frames.size(Kind.RESIZE, 99, 33))
    client.type(b"too late", ticket=2)
    late = lab.connect(host)
    assert late.hello(columns=70, rows=20)["phase"] == "ended"
    assert late.read_to_exit() == client.exit
    late.send(frames.encode(Kind.ACK))
    assert host.process.wait(10) == 0
    assert client.delivered == [1]
    assert {*client.sizes, *late.sizes} == {(80, 24)}


@needs_proc
def test_a_stop_that_comes_when_the_program_has_ended_is_not_why_it_ended(lab, until):
    """What it left running still writes, so that its output is not complete for a moment."""
    host = lab.start("/bin/sh", "-c", "(trap '' HUP; while :; do echo x; sleep 0.02; done) & read line; exit 4")
    client = lab.attach(host)
    client.read_for(b"x")
    client.type(b"\n")
    until(lambda: not Path(f"/proc/{host.run.agent.pid}").exists(), what="the program to be gone")
    client.send(STOP + frames.signal_number(signal.SIGTERM))
    record = client.read_to_exit()
    assert (record["exitCode"], record["stoppedBy"]) == (4, None)
    assert host.process.wait(10) == 0


def test_input_that_comes_in_pieces_larger_than_the_terminal_takes_is_acknowledged_once(lab):
    """The program reads only when it is told to, so that the host has to wait with the rest."""
    code = (
        "import os, signal, tty; tty.setraw(0)\n"
        "wanted = {signal.SIGUSR1}; signal.pthread_sigmask(signal.SIG_BLOCK, wanted)\n"
        "print('ready', flush=True); signal.sigwait(wanted)\n"
        "left = 100_000\n"
        "while left: left -= len(os.read(0, 65536))\n"
        "print('all of it')"
    )
    host = lab.python(code)
    client = lab.attach(host)
    client.read_for(b"ready")
    client.type(bytes(100_000), ticket=5)
    other = lab.attach(host)  # served meanwhile
    other.read_for(b"ready")
    assert client.delivered == []
    client.send(frames.signal_number(signal.SIGUSR1))
    client.read_to_exit()
    assert b"all of it" in client.output
    assert client.delivered == [5]


def test_a_host_that_fails_says_why_in_its_sessions_folder(lab):
    host = lab.start("/bin/cat")
    os.unlink(host.run.socket)
    Path(host.run.socket).mkdir()
    host.process.terminate()
    assert host.process.wait(10) == 1
    directory = lab.directory("sess_1")
    assert "Is a directory" in (directory / "host.log").read_text()
    assert records.read_exit(directory).stopped_by == "system"


STAYING = (
    "import sys\n"
    "sys.path[:0] = sys.argv[-2:]\n"
    "from maestro_tui.ptyhost import __main__, host\n"
    "host.LINGER_SECONDS, host.UNSEEN_SECONDS = {lingering}, {unseen}\n"
    "sys.exit(__main__.main())"
)


def staying(*, lingering: float, unseen: float) -> tuple[str, ...]:
    """A host that stays so many seconds after the end, for viewers that have yet to take it or for none."""
    return (sys.executable, "-I", "-S", "-c", STAYING.format(lingering=lingering, unseen=unseen))


def test_who_comes_just_after_the_end_sees_it_and_the_host_leaves_at_once(lab, until):
    host = lab.run(lab.spec("/bin/echo", "over"), within=staying(lingering=0, unseen=3600))
    until(lambda: records.read_exit(lab.directory("sess_1")) is not None)
    late = lab.attach(host)
    assert late.read_to_exit()["exitCode"] == 0
    assert late.output == b"over\r\n"
    assert host.process.wait(10) == 0


def test_a_viewer_that_is_behind_at_the_end_is_waited_for(lab, until):
    code = "input(); print('x' * 2_000_000, end='over')"
    spec = lab.spec(sys.executable, "-I", "-S", "-c", code)
    host = lab.run(spec, within=staying(lingering=3600, unseen=0))
    behind = lab.attach(host)
    behind.type(b"\n")
    until(lambda: records.read_exit(lab.directory("sess_1")) is not None)
    assert behind.read_to_exit()["endOffset"] == len(behind.output)
    assert behind.output.endswith(b"xover")
    assert host.process.wait(10) == 0


def test_nobody_is_waited_for_when_nobody_looks(lab):
    host = lab.run(lab.spec("/bin/true"), within=staying(lingering=3600, unseen=0))
    assert host.process.wait(10) == 0
