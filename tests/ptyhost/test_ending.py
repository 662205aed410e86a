import os
import resource
import shutil
import signal
from pathlib import Path

import pytest

from maestro_tui.ptyhost import frames, processes, records
from maestro_tui.ptyhost.ending import LADDER, Ladder
from maestro_tui.ptyhost.frames import Kind
from tests.platforms import descriptors, needs_prlimit, needs_proc

STOP = frames.message(Kind.STOP, {})

STUBBORN_TREE = (
    "import os, signal, time\n"
    "for n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\n"
    "def note(name):\n"
    "    with open(os.environ['LAB'] + '/' + name, 'w') as f: f.write(str(os.getpid()))\n"
    "def stay(name):\n"
    "    note(name)\n"
    "    while True: time.sleep(60)\n"
    "if os.fork() == 0: stay('child')\n"
    "if os.fork() == 0: os.setsid(); stay('setsid')\n"
    "if os.fork() == 0:\n"
    "    os.setsid()\n"
    "    if os.fork() == 0: stay('daemon')\n"
    "    os._exit(0)\n"
    "if os.fork() == 0:\n"
    "    os.kill(os.getpid(), signal.SIGSTOP); stay('never')\n"
    "note('top'); print('up', flush=True)\n"
)
NAMES = ("child", "setsid", "daemon", "top")


def pids(lab, until):
    files = [lab.root / name for name in NAMES]
    until(lambda: all(file.exists() and file.read_text() for file in files))
    return [int(file.read_text()) for file in files]


def gone(pid: int) -> bool:
    return processes.start_time(pid) is None


def test_the_ladder_gives_each_step_its_time():
    ladder = Ladder(100.0)
    taken = []
    for now in (100.0, 101.9, 102.0, 106.9, 107.0, 108.0, 109.0, 111.0):
        step = ladder.advance(now)
        taken.append(step and step.name)
    assert taken == ["HUP", None, "TERM", None, "KILL", None, "KILL", "KILL"]


def test_a_second_request_skips_a_step():
    ladder = Ladder(0.0)
    assert ladder.advance(0.0) is LADDER[0]
    ladder.skip(0.5)
    assert ladder.advance(0.5) is LADDER[1]
    ladder.skip(0.6)
    assert ladder.advance(0.6) is LADDER[2]


def test_stop_ends_a_polite_program_at_once(lab):
    client = lab.attach(lab.start("/bin/cat"))
    client.send(STOP)
    record = client.read_to_exit()
    assert (record["stoppedBy"], record["signal"]) == ("user", signal.SIGHUP)
    assert {state["step"] for state in client.states} == {"HUP"}, "it had to be told again"
    assert client.states[0]["phase"] == "stopping"


def test_a_stopped_program_may_choose_its_exit_code(lab):
    client = lab.attach(
        lab.start("/bin/sh", "-c", "trap 'echo bye; exit 5' HUP; echo up; while :; do sleep 0.05; done")
    )
    client.read_for(b"up")
    client.send(STOP)
    record = client.read_to_exit()
    assert (record["exitCode"], record["stoppedBy"]) == (5, "user")
    assert b"bye" in client.output


@pytest.mark.attack(91)
def test_stubborn_trees_go_as_a_whole(lab, until):
    host = lab.python(STUBBORN_TREE + "while True: time.sleep(60)")
    client = lab.attach(host)
    client.read_for(b"up")
    tree = pids(lab, until)
    for step in ("HUP", "TERM", "KILL"):
        client.send(STOP)
        client.read_until(lambda step=step: any(state["step"] == step for state in client.states))
    assert client.read_to_exit()["signal"] == signal.SIGKILL
    until(lambda: all(map(gone, tree)), what="the whole tree to be gone")
    assert host.process.wait(10) == 0


def test_what_an_ended_program_left_running_goes_too(lab, until):
    host = lab.python(
        STUBBORN_TREE + f"\nwhile len(os.listdir(os.environ['LAB'])) < {len(NAMES) + 2}: time.sleep(0.01)"
    )
    tree = pids(lab, until)
    client = lab.attach(host)
    record = client.read_to_exit()
    assert (record["exitCode"], record["stoppedBy"]) == (0, None)
    until(lambda: all(map(gone, tree)), what="leftovers to be gone")
    assert host.process.wait(10) == 0


def test_the_end_is_told_while_leftovers_are_still_cleared_up(lab, until):
    host = lab.python(
        "import os, signal, time\n"
        "for n in (1, 15): signal.signal(n, signal.SIG_IGN)\n"
        "left = os.fork()\n"
        "if left == 0: time.sleep(600)\n"
        "print(left)"
    )
    client = lab.attach(host)
    assert client.read_to_exit()["exitCode"] == 0
    left = int(client.output)
    assert not gone(left)
    until(lambda: gone(left))
    assert records.read_exit(lab.directory("sess_1")) is not None


def test_terminating_the_host_stops_the_program_and_says_so(lab):
    host = lab.start("/bin/cat")
    os.kill(host.process.pid, signal.SIGTERM)
    assert host.process.wait(10) == 0
    record = records.read_exit(lab.directory("sess_1"))
    assert (record.stopped_by, record.signal) == ("system", signal.SIGHUP)


def test_a_signal_goes_to_the_programs_group(lab):
    client = lab.attach(
        lab.start("/bin/sh", "-c", "trap 'echo caught; exit 3' USR1; echo up; while :; do sleep 0.05; done")
    )
    client.read_for(b"up")
    client.send(frames.signal_number(signal.SIGUSR1))
    assert client.read_to_exit()["exitCode"] == 3
    assert b"caught" in client.output


def test_a_signal_nobody_knows_is_refused(lab):
    client = lab.attach(lab.start("/bin/cat"))
    client.send(frames.signal_number(250))
    client.read_until(lambda: client.error)
    assert "250" in client.error["message"]


def test_an_exit_record_that_cannot_be_written_is_tried_again(lab, until):
    host = lab.start("/bin/cat")
    directory = lab.directory("sess_1")
    obstacle = directory / "exit.json"
    obstacle.mkdir()
    (obstacle / "x").touch()
    client = lab.attach(host)
    client.type(b"\x04")
    client.read_until(lambda: any("exit record" in (state["failure"] or "") for state in client.states))
    (obstacle / "x").unlink()
    obstacle.rmdir()
    until(lambda: records.read_exit(directory) is not None)
    assert host.process.wait(10) == 0


@needs_prlimit
def test_an_end_while_no_descriptor_is_free_is_recorded_and_cleared_up_later(lab, until):
    host = lab.start("/bin/sh", "-c", "sleep 1000 & read line")
    client = lab.attach(host)
    usual = resource.prlimit(host.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(host.process.pid, resource.RLIMIT_NOFILE, (3, usual[1]))
    client.type(b"\n")
    client.read_until(lambda: any("exit record" in (state["failure"] or "") for state in client.states))
    resource.prlimit(host.process.pid, resource.RLIMIT_NOFILE, usual)
    until(lambda: records.read_exit(lab.directory("sess_1")) is not None)
    assert host.process.wait(30) == 0


@needs_proc
def test_waiting_for_a_record_to_be_written_costs_nothing(lab, until):
    host = lab.start("/bin/cat")
    directory = lab.directory("sess_1")
    obstacle = directory / "exit.json"
    obstacle.mkdir()
    (obstacle / "x").touch()
    host.process.terminate()  # the host stops its program, unseen by anybody
    attempts = set()

    def tried_three_times() -> bool:
        attempts.add(directory.stat().st_mtime_ns)  # each attempt leaves its mark on the directory
        return len(attempts) > 3

    until(tried_three_times)
    used = Path(f"/proc/{host.process.pid}/stat").read_text().rpartition(")")[2].split()
    assert int(used[11]) + int(used[12]) < 50, "ticks of a hundredth of a second"


def test_a_host_whose_session_was_deleted_leaves(lab):
    host = lab.start("/bin/cat")
    client = lab.attach(host)
    shutil.rmtree(lab.directory("sess_1"))
    client.type(b"\x04")
    client.read_to_exit()
    client.close()
    assert host.process.wait(10) == 0


@needs_proc
def test_no_zombie_is_left_below_the_host(lab, until):
    host = lab.start("/bin/sh", "-c", "for n in 1 2 3 4 5; do (setsid sleep 0.05 &) ; done; echo up; cat")
    client = lab.attach(host)
    client.read_for(b"up")
    task = Path(f"/proc/{host.process.pid}/task/{host.process.pid}/children")
    until(lambda: task.read_text().split() == [str(host.run.agent.pid)])


@needs_proc
@pytest.mark.parametrize("count", [15])
def test_many_sessions_leave_nothing_behind(lab, until, count):
    before = descriptors()
    for number in range(count):
        host = lab.start("/bin/true", session_id=f"sess_{number}")
        lab.attach(host).read_to_exit()
        assert host.process.wait(10) == 0
    for client in lab.clients:
        client.close()
    assert descriptors() <= before
    assert list(lab.runtime.iterdir()) == []
