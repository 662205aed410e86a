"""What is known of sessions from what lies on disk and runs: also where it is broken, gone or somebody else's."""

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from maestro_tui.ptyhost import processes, records, registry
from maestro_tui.ptyhost.registry import Fate

FAMILY = (
    "import os, signal, time\n"
    "signal.signal(1, signal.SIG_IGN)\n"
    "if os.fork() == 0: os.setsid()\n"
    "print(os.getpid(), flush=True); time.sleep(600)"
)
BROKEN = [b"", b"{", b"[]", b"null", b"{}", b'{"boot": 1, "host": 5}', b"\xff\xfe"]


def test_what_a_killed_host_left_is_told_until_it_is_gone(lab, until):
    host = lab.python(FAMILY)
    client = lab.attach(host)
    client.read_until(lambda: client.output.count(b"\n") == 2)
    family = sorted(map(int, client.output.split()))
    directory = lab.directory("sess_1")
    lab.directory("sess_never")
    assert [run.session_id for run in registry.live_hosts(lab.sessions)] == ["sess_1"]
    assert list(registry.abandoned(lab.sessions)) == []
    assert registry.orphans(directory) == []
    host.process.kill()
    host.process.wait()
    assert list(registry.live_hosts(lab.sessions)) == []
    assert [run.session_id for run in registry.abandoned(lab.sessions)] == ["sess_1"]
    assert registry.orphans(directory) == family
    processes.send(signal.SIGKILL, host.run.agent.pid)
    (child,) = (pid for pid in family if pid != host.run.agent.pid)
    until(lambda: registry.orphans(directory) == [child], what="the child alone to be left")
    assert registry.fate(directory) is Fate.LOST
    assert [run.session_id for run in registry.abandoned(lab.sessions)] == ["sess_1"]
    processes.send_group(signal.SIGKILL, child)
    until(lambda: registry.orphans(directory) == [])
    assert list(registry.abandoned(lab.sessions)) == []
    (directory / registry.LOCK).unlink()
    assert registry.orphans(directory) == []
    assert registry.fate(directory) is Fate.LOST


@pytest.mark.parametrize("content", BROKEN)
def test_records_that_are_broken_say_nothing_and_hurt_nobody(lab, content):
    directory = lab.directory("sess_1")
    for name in (records.RUN, records.EXIT):
        (directory / name).write_bytes(content)
    assert (records.read_run(directory), records.read_exit(directory)) == (None, None)
    assert registry.fate(directory) is Fate.ABSENT
    assert [*registry.live_hosts(lab.sessions), *registry.abandoned(lab.sessions)] == []
    with pytest.raises(registry.AlreadyEnded):  # somebody wrote that there was an end
        registry.claim_start(directory)


def test_a_session_is_claimed_once_whatever_is_known_of_it(lab):
    directory = lab.directory("sess_1")
    assert registry.fate(directory) is Fate.ABSENT
    lock = registry.claim_start(directory)
    assert registry.fate(directory) is Fate.STARTING
    for name, refusal in ((None, "LockBusy"), (records.RUN, "AlreadyRunning"), (records.EXIT, "AlreadyEnded")):
        if name:
            (directory / name).touch()
        with pytest.raises(registry.NotStartable) as held:
            registry.claim_start(directory)
        assert type(held.value).__name__ == refusal
    os.close(lock)
    with pytest.raises(registry.AlreadyEnded):
        registry.claim_start(directory)
    (directory / records.EXIT).unlink()
    with pytest.raises(registry.AlreadyRunning):
        registry.claim_start(directory)
    (directory / records.RUN).unlink()
    os.close(registry.claim_start(directory))
    assert registry.fate(directory) is Fate.ABSENT


def test_places_that_are_not_there_hold_nothing(lab):
    nowhere = lab.root / "nowhere"
    assert [*registry.live_hosts(nowhere), *registry.abandoned(nowhere)] == []
    assert registry.remove_stale_sockets(nowhere) == []
    assert registry.orphans(nowhere) == []


def test_only_sockets_nobody_listens_on_are_cleared_away(lab):
    listening, dead, full = (lab.runtime / f"{name}.sock" for name in ("listening", "dead", "full"))
    with (
        socket.socket(socket.AF_UNIX) as one,
        socket.socket(socket.AF_UNIX) as other,
        socket.socket(socket.AF_UNIX) as third,
        socket.socket(socket.AF_UNIX) as waiting,
    ):
        for listener, path in ((one, listening), (other, dead), (third, full)):
            listener.bind(str(path))
        one.listen()
        third.listen(0)
        waiting.connect(str(full))  # the next one finds no place: busy, and not dead
        assert registry.remove_stale_sockets(lab.runtime) == [dead]
    assert sorted(lab.runtime.iterdir()) == sorted([listening, full])


def test_a_process_that_is_gone_is_no_process(lab):
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    with pytest.raises(ProcessLookupError, match=str(gone.pid)):
        processes.identify(gone.pid)
    assert processes.start_time(gone.pid) is None
    assert processes.cpu_ticks(gone.pid) is None
    assert processes.descendants(gone.pid) == []
    for send in (processes.send, processes.send_group):
        send(signal.SIGTERM, gone.pid)
    processes.send_tree(signal.SIGTERM, gone.pid, gone.pid)


@pytest.fixture
def family(until):
    """A program and its child, which left the group; as a session leader, so that signals reach nobody else."""
    code = "import os, time\nif os.fork() == 0: os.setsid(); print('up', flush=True)\ntime.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", code], stdout=subprocess.PIPE, start_new_session=True
    ) as parent:
        assert parent.stdout.readline() == b"up\n"
        (child,) = processes.descendants(parent.pid)
        yield parent, child
        for pid in (child, parent.pid):
            processes.send(signal.SIGKILL, pid)


def test_time_used_and_signals_go_down_the_tree(family, until):
    parent, child = family
    assert processes.cpu_ticks(parent.pid) >= 0
    os.kill(child, signal.SIGSTOP)
    processes.send_tree(signal.SIGTERM, parent.pid, parent.pid)
    assert parent.wait(10) == -signal.SIGTERM
    until(lambda: processes.start_time(child) is None, what="the child, which was stopped, to be gone")


@pytest.mark.skipif(not os.access("/bin/ps", os.X_OK), reason="no ps")
def test_where_there_is_no_proc_ps_tells_the_same(family, monkeypatch):
    parent, child = family
    monkeypatch.setattr(processes, "_ON_LINUX", False)
    assert processes.descendants(parent.pid) == [child]
    started = processes.start_time(child)
    assert started == processes.start_time(child)
    assert len(started.split()) == 5
    assert processes.cpu_ticks(parent.pid) is None
    assert processes.holders(sys.executable) == []
    os.kill(parent.pid, signal.SIGKILL)
    os.waitid(os.P_PID, parent.pid, os.WEXITED | os.WNOWAIT)
    assert processes.start_time(parent.pid) is None, "a zombie"


def test_a_record_of_an_older_host_knows_nothing_of_its_session(lab):
    run = lab.start("/bin/true").run
    written = json.loads((lab.directory("sess_1") / records.RUN).read_bytes())
    del written["about"]
    assert records.RunRecord.from_json(written) == run._replace(about={})
