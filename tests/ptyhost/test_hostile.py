"""Programs at their worst, each with its stated outcome. `MAESTRO_FAULTS=long` makes the flood last a minute."""

import os
import resource
import signal
import time
from pathlib import Path

import pytest

from maestro_tui.ptyhost import frames, processes, records, registry
from maestro_tui.ptyhost.ending import LADDER
from maestro_tui.ptyhost.frames import Kind
from maestro_tui.recording import Recording, output_directory
from tests.platforms import needs_prlimit, needs_proc

FLOOD_SECONDS = 60 if os.environ.get("MAESTRO_FAULTS") == "long" else 2
STOP = frames.message(Kind.STOP, {})
HOST_KILOBYTES = 48_000
"""What a host may hold: itself, its ring, and what a few viewers have not taken."""


@pytest.fixture
def tell(capsys, request):
    def tell(**counts):
        with capsys.disabled():
            print(f"\n{request.node.name}: " + " ".join(f"{name}={value}" for name, value in counts.items()))

    return tell


def resident(host):
    """Kilobytes of the host."""
    return int(Path(f"/proc/{host.process.pid}/status").read_text().split("VmRSS:")[1].split()[0])


def answers(lab, host):
    """Whether the host still lets viewers in, and hears them."""
    client = lab.connect(host)
    told = client.hello()
    client.close()
    return told["phase"] == "running"


@needs_proc
def test_a_paste_of_50_megabytes_that_nobody_reads_waits_at_its_sender(lab, tell):
    """The host holds a megabyte or two of it, serves everybody else, and stops the program when asked."""
    host = lab.python("import tty, time; tty.setraw(0); print('raw', flush=True); time.sleep(600)")
    client = lab.attach(host)
    client.read_for(b"raw")
    client.socket.settimeout(1.0)
    taken, piece = 0, frames.input_bytes(0, bytes(1 << 19))
    try:
        while taken < 50_000_000:
            client.socket.sendall(piece)
            taken += len(piece)
    except TimeoutError:
        pass
    assert taken < 8_000_000
    assert answers(lab, host)
    assert resident(host) < HOST_KILOBYTES
    other = lab.attach(host)
    other.send(STOP)
    assert other.read_to_exit()["stoppedBy"] == "user"
    tell(offered=50_000_000, taken=taken, lost_viewers=0)


@needs_proc
@pytest.mark.timeout(60 + 3 * FLOOD_SECONDS)
def test_a_flood_is_recorded_within_its_limit_and_holds_nobody_up(lab, tell):
    limit = 4 << 20
    host = lab.start("/bin/sh", "-c", "exec yes 'a line of the flood'", log_limit=limit)
    client = lab.attach(host)
    log = Recording(output_directory(lab.directory("sess_1")))
    end, served, most = time.monotonic() + FLOOD_SECONDS, 0, 0
    while time.monotonic() < end:
        assert answers(lab, host)
        served += 1
        most = max(most, resident(host))
        assert sum(map(log.segment_length, log.segments())) <= limit + (limit >> 3)
    client.send(STOP)
    record = client.read_to_exit()
    assert record["stoppedBy"] == "user"
    assert record["endOffset"] > limit
    assert most < HOST_KILOBYTES
    tell(seconds=FLOOD_SECONDS, megabytes=record["endOffset"] >> 20, viewers_served=served, most_kilobytes=most)


@needs_proc
def test_a_program_that_closes_its_terminal_lives_on_and_may_open_it_again(lab, until):
    code = (
        "import os, time\n"
        "name = os.ttyname(0); print('closing', flush=True)\n"
        "for n in (0, 1, 2): os.close(n)\n"
        "while not os.path.exists(os.environ['LAB'] + '/go'): time.sleep(0.02)\n"
        "again = os.open(name, os.O_RDWR | os.O_NOCTTY); os.write(again, b'here again'); time.sleep(600)"
    )
    host = lab.python(code)
    client = lab.attach(host)
    client.read_for(b"closing")
    until(lambda: not Path(f"/proc/{host.run.agent.pid}/fd/0").exists())
    assert answers(lab, host)
    assert registry.fate(lab.directory("sess_1")) is registry.Fate.RUNNING
    (lab.root / "go").touch()
    client.read_for(b"here again")
    client.send(STOP)
    assert client.read_to_exit()["signal"] == signal.SIGHUP


def test_a_program_that_ignores_all_but_kill_is_gone_with_all_it_started(lab, until, tell):
    """Nobody hurries the ladder here: HUP, two seconds, TERM, five seconds, KILL."""
    code = (
        "import os, signal, time\n"
        "for n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\n"
        "for detach in (False, True):\n"
        "    if os.fork() == 0:\n"
        "        if detach:\n"
        "            os.setsid()\n"
        "            if os.fork(): os._exit(0)\n"
        "        break\n"
        "print(os.getpid(), flush=True); time.sleep(600)"
    )
    client = lab.attach(lab.python(code))
    client.read_until(lambda: client.output.count(b"\n") == 3)
    tree = [int(word) for word in client.output.split()]
    began = time.monotonic()
    client.send(STOP)
    record = client.read_to_exit()
    until(lambda: all(processes.start_time(pid) is None for pid in tree), what="the whole tree to be gone")
    steps = [state["step"] for state in client.states if state["phase"] == "stopping"]
    assert [step for at, step in enumerate(steps) if step not in steps[:at]] == ["HUP", "TERM", "KILL"]
    assert record["signal"] == signal.SIGKILL
    assert sum(step.seconds for step in LADDER[:-1]) == 7.0
    tell(processes=len(tree), left=0, seconds=round(time.monotonic() - began, 1))


@needs_prlimit
def test_a_full_disk_stops_the_recording_and_nothing_else(lab, until):
    """The gap is declared; recording goes on when there is space again, and viewers miss nothing meanwhile."""
    host = lab.start("/bin/cat")
    client = lab.attach(host)
    client.type(b"recorded\n")
    client.read_for(b"recorded\r\nrecorded\r\n")
    log = Recording(output_directory(lab.directory("sess_1")))
    until(lambda: log.end == client.offset)
    full_at = log.end
    unlimited = resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (full_at, unlimited[1]))
    client.type(b"lost\n")
    client.read_for(b"lost\r\nlost\r\n")
    client.read_until(lambda: any(state["failure"] for state in client.states))
    assert "File too large" in next(state["failure"] for state in client.states if state["failure"])
    again = lab.attach(host)
    again.read_for(b"lost\r\nlost\r\n")  # the newest output is in memory
    resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, unlimited)

    def recording_again():
        wanted = client.output.count(b"more\r\n") + 2  # typed and written
        client.type(b"more\n")
        client.read_until(lambda: client.output.count(b"more\r\n") >= wanted)
        return log.end > full_at + 20

    until(recording_again, what="the recording to go on")
    first, second = log.stretches(0, 1 << 20)
    assert first.end <= second.offset
    assert b"lost" not in first.data + second.data
    client.read_until(lambda: client.states[-1]["failure"] is None)
    client.type(b"\x04")
    client.read_to_exit()
    assert records.read_exit(lab.directory("sess_1")).exit_code == 0
