import json
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from maestro_tui.ptyhost import frames, records, registry
from maestro_tui.ptyhost.frames import Kind
from maestro_tui.ptyhost.starting import HostNotStarted
from maestro_tui.recording import Recording, output_directory
from tests.platforms import needs_proc


def test_runs_a_program_in_a_terminal_of_the_given_size(lab):
    host = lab.start("/bin/sh", "-c", "stty size; pwd; tty", columns=123, rows=45)
    client = lab.attach(host)
    record = client.read_to_exit()
    lines = bytes(client.output).decode().split("\r\n")
    assert lines[:2] == ["45 123", str(lab.root)]
    assert lines[2].startswith("/dev/")
    assert (record["exitCode"], record["signal"], record["stoppedBy"]) == (0, None, None)
    assert record["endOffset"] == len(client.output)


def test_exit_record_is_durable_and_private_and_the_host_leaves(lab):
    host = lab.start("/bin/sh", "-c", "echo done; exit 7")
    assert host.process.wait(10) == 0
    directory = lab.directory("sess_1")
    record = records.read_exit(directory)
    assert record is not None
    assert (record.exit_code, record.end_offset) == (7, 6)
    for name in ("run.json", "exit.json"):
        assert stat.S_IMODE((directory / name).stat().st_mode) == 0o600
    assert not Path(host.run.socket).exists()
    assert registry.fate(directory) is registry.Fate.ENDED
    assert Recording(output_directory(directory)).tail(100).data == b"done\r\n"


def test_a_signal_death_is_told_apart(lab):
    host = lab.start("/bin/sh", "-c", "kill -9 $$")
    host.process.wait(10)
    record = records.read_exit(lab.directory("sess_1"))
    assert (record.exit_code, record.signal) == (None, 9)


def test_input_reaches_the_program_and_is_acknowledged(lab):
    client = lab.attach(lab.start("/bin/sh", "-c", 'read line; echo "got $line"'))
    client.type(b"hello\n", ticket=9)
    client.read_to_exit()
    assert b"got hello" in client.output
    assert client.delivered == [9]


def test_outlives_the_process_that_started_it(lab, until):
    spec = lab.spec("/bin/sh", "-c", "echo up; read line; echo $line")
    code = (
        "import sys, os, signal; sys.path.insert(0, sys.argv[1])\n"
        "from maestro_tui.ptyhost.spec import HostSpec; from maestro_tui.ptyhost.starting import start_host\n"
        "started = start_host(HostSpec.from_json(sys.stdin.buffer.read()))\n"
        "print(started.process.pid, flush=True); os.killpg(os.getpgrp(), signal.SIGKILL)"
    )
    parent = subprocess.run(
        [sys.executable, "-c", code, str(Path.cwd())],
        input=spec.to_json(),
        capture_output=True,
        start_new_session=True,
    )
    assert parent.returncode == -signal.SIGKILL
    run = records.read_run(lab.directory("sess_1"))
    assert run.host.pid == int(parent.stdout)
    assert [record.session_id for record in registry.live_hosts(lab.sessions)] == ["sess_1"]
    from types import SimpleNamespace

    client = lab.attach(SimpleNamespace(run=run))
    client.type(b"still here\n")
    client.read_to_exit()
    assert b"still here" in client.output
    until(lambda: not run.host.is_alive)


def test_ignores_hangup_and_interrupt(lab):
    host = lab.start("/bin/cat")
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
        os.kill(host.process.pid, number)
    client = lab.attach(host)
    client.type(b"alive\n")
    client.read_for(b"alive")


@needs_proc
def test_is_its_own_session_and_holds_nothing_of_the_starter(lab, until):
    host = lab.start("/bin/cat")
    pid = host.process.pid
    assert os.getsid(pid) == pid
    until(lambda: [os.readlink(f"/proc/{pid}/fd/{name}") for name in "012"] == [os.devnull] * 3)
    assert os.readlink(f"/proc/{pid}/cwd") == "/"


@needs_proc
def test_the_program_sees_only_its_terminal_and_the_lock(lab):
    code = (
        "import os\n"
        "folder = '/proc/self/fd/'\n"
        "print([os.readlink(folder + n) for n in os.listdir(folder) if os.path.exists(folder + n)])"
    )
    client = lab.attach(lab.python(code))
    client.read_to_exit()
    seen = [link for link in eval(client.output) if not link.startswith("/dev/pts")]
    assert [Path(link).name for link in seen if not link.startswith("/proc")] == ["host.lock"]


def test_the_program_gets_default_signals_umask_and_a_line_without_flow_control(lab):
    client = lab.attach(
        lab.python(
            "import os, signal, termios\n"
            "print([signal.getsignal(n) == signal.SIG_DFL for n in (1, 15)], len(signal.pthread_sigmask(0, [])))\n"
            "u = os.umask(0); print('umask', oct(u), end=' ')\n"
            "print(bool(termios.tcgetattr(0)[0] & termios.IXON), os.getpgrp() == os.tcgetpgrp(0))"
        )
    )
    client.read_to_exit()
    umask = os.umask(0)
    os.umask(umask)
    assert client.output.split(b"\r\n")[:2] == [b"[True, True] 0", f"umask {oct(umask)} False True".encode()]


@pytest.mark.parametrize(
    ("argv", "changes", "code", "words"),
    [
        (("no-such-agent",), {}, "agent_not_installed", "no-such-agent"),
        (("/bin/sh",), {"cwd": "/no/such"}, "cwd_missing", "/no/such"),
        (("/bin/sh",), {"cwd": "/etc/passwd"}, "cwd_missing", "/etc/passwd"),
        (("/bin/sh",), {"cwd": "/" + "x" * 5000}, "cwd_missing", "/xxx"),
        (("/bin/sh", "x" * 3_000_000), {}, "exec_failed", "too long"),
        (("/bin/sh",), {"env": {f"V{number}": "x" * 100_000 for number in range(30)}}, "exec_failed", "too long"),
        (("/bin/sh", "a\0b"), {}, "exec_failed", "NUL"),
        (("/bin/sh",), {"env": {"A=B": "x"}}, "exec_failed", "A=B"),
        (("/etc/passwd",), {}, "agent_not_installed", "/etc/passwd"),
        ((), {}, "exec_failed", "empty"),
    ],
)
@pytest.mark.attack(34, 87, 88, 90)
def test_what_cannot_start_is_named_and_leaves_nothing(lab, until, argv, changes, code, words):
    with pytest.raises(HostNotStarted) as failure:
        lab.start(*argv, **changes)
    assert failure.value.code == code
    assert words in failure.value.message
    until(lambda: registry.fate(lab.directory("sess_1")) is registry.Fate.ABSENT, what="its host to be gone")
    assert list(lab.runtime.iterdir()) == []
    lab.start("/bin/true").process.wait(10)


@pytest.mark.attack(90)
def test_a_broken_program_file_is_reported(lab):
    script = lab.root / "agent"
    script.write_text("#!/no/such/interpreter\n")
    script.chmod(0o755)
    with pytest.raises(HostNotStarted) as failure:
        lab.start(str(script))
    assert failure.value.code == "exec_failed"


def test_programs_are_found_on_their_own_path(lab):
    tools = lab.root / "tools"
    tools.mkdir()
    script = tools / "agent"
    script.write_text("#!/bin/sh\necho mine\n")
    script.chmod(0o755)
    client = lab.attach(lab.start("agent", env={"PATH": f"{tools}:/bin:/usr/bin"}))
    client.read_to_exit()
    assert bytes(client.output) == b"mine\r\n"


def test_starts_exactly_once(lab):
    spec = lab.spec("/bin/sh", "-c", f"echo one >> {lab.root}/starts; cat")
    from concurrent.futures import ThreadPoolExecutor

    def attempt(_):
        try:
            return lab.run(spec)
        except HostNotStarted as error:
            return error.code

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(attempt, range(6)))
    refused = [answer for answer in answers if isinstance(answer, str)]
    assert len(refused) == 5
    assert set(refused) <= {"lock_busy", "already_running"}
    client = lab.attach(lab.hosts[0])
    client.send(frames.message(Kind.STOP, {}))
    client.read_to_exit()
    assert (lab.root / "starts").read_text() == "one\n"
    lab.hosts[0].process.wait(10)
    assert attempt(0) == "already_ended"


def test_a_killed_host_leaves_an_orphan_or_a_loss(lab, until):
    host = lab.start("/bin/sh", "-c", "trap '' HUP; echo up; while :; do sleep 0.05; done")
    lab.attach(host).read_for(b"up")
    directory = lab.directory("sess_1")
    assert registry.fate(directory) is registry.Fate.RUNNING
    os.kill(host.process.pid, signal.SIGKILL)
    host.process.wait()
    assert registry.fate(directory) is registry.Fate.ORPHANED
    with pytest.raises(HostNotStarted, match="was started") as failure:
        lab.start("/bin/true")
    assert failure.value.code == "already_running"
    os.kill(host.run.agent.pid, signal.SIGKILL)
    until(lambda: registry.fate(directory) is registry.Fate.LOST)
    assert registry.remove_stale_sockets(lab.runtime) == [Path(host.run.socket)]


@pytest.mark.attack(93)
def test_another_boot_and_a_reused_pid_are_not_ours(lab):
    host = lab.start("/bin/cat")
    directory = lab.directory("sess_1")
    run = host.run
    records.write_run(
        directory, run._replace(host=run.host._replace(start="1"), agent=run.agent._replace(start="1"))
    )
    assert registry.fate(directory) is registry.Fate.LOST
    records.write_run(
        directory, run._replace(host=run.host._replace(boot="b"), agent=run.agent._replace(boot="b"))
    )
    assert registry.fate(directory) is registry.Fate.REBOOTED


@needs_proc
def test_descriptors_do_not_grow_with_viewers(lab, until):
    host = lab.start("/bin/cat")
    folder = f"/proc/{host.process.pid}/fd"
    lab.attach(host).close()

    def sockets():
        found = 0
        for name in os.listdir(folder):
            with suppress(FileNotFoundError):  # closed meanwhile
                found += os.readlink(f"{folder}/{name}").startswith("socket")
        return found

    until(lambda: sockets() == 1)
    before = len(os.listdir(folder))
    for _ in range(50):
        lab.attach(host).close()
    until(lambda: len(os.listdir(folder)) == before)


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x00" * 64,
        b"GET / HTTP/1.1\r\n\r\n",
        frames.encode(Kind.INPUT, b"\0\0\0\0x"),
        frames.encode(Kind.HELLO, b"[]"),
        frames.encode(Kind.HELLO, b'{"since": -1}'),
        frames.encode(Kind.HELLO, b"{" * 5000),
        b"O\xff\xff\xff\xff",
        frames.message(Kind.HELLO, {"since": 0, "columns": 0, "rows": 5}),
    ],
)
def test_garbage_gets_a_clear_error_and_hurts_nobody(lab, garbage):
    host = lab.start("/bin/cat")
    good = lab.attach(host)
    bad = lab.connect(host)
    bad.send(garbage)
    bad.read_until(lambda: bad.error)
    assert bad.error["code"] == "protocol_error"
    bad.read_until(lambda: bad.closed)
    good.type(b"fine\n")
    good.read_for(b"fine\r\n")


@needs_proc
@pytest.mark.attack(92)
def test_a_program_that_closes_its_terminal_lives_on_without_cost(lab, until):
    code = (
        "import os, time, signal\n"
        "for n in range(3): os.close(n)\n"
        "open(os.environ['LAB'] + '/closed', 'w').close()\n"
        "while not os.path.exists(os.environ['LAB'] + '/go'): time.sleep(0.02)\n"
        "raise SystemExit(3)"
    )
    host = lab.python(code)
    client = lab.attach(host)
    until((lab.root / "closed").exists)
    before = cpu_ticks(host.process.pid)
    assert registry.fate(lab.directory("sess_1")) is registry.Fate.RUNNING
    (lab.root / "go").touch()
    assert client.read_to_exit()["exitCode"] == 3
    assert before < 50


def test_says_who_it_is(lab):
    host = lab.start("/bin/cat")
    welcome = lab.connect(host).hello()
    assert welcome["protocol"] == frames.PROTOCOL
    assert welcome["sessionId"] == "sess_1"
    assert welcome["agentPid"] == host.run.agent.pid
    assert (welcome["columns"], welcome["rows"], welcome["phase"]) == (80, 24, "running")


def test_a_rewritten_stdin_is_refused(lab):
    process = subprocess.run(
        [sys.executable, "-m", "maestro_tui.ptyhost"], input=b'{"sessionId": 1}', capture_output=True
    )
    assert process.returncode == 1
    assert json.loads(process.stdout)["error"] == "host_failed"


def cpu_ticks(pid: int) -> int:
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:13]))


@pytest.mark.attack(94)
def test_socket_paths_fit_and_a_stale_one_is_no_obstacle(lab):
    long, longer = "s" * 127, "s" * 128
    paths = {registry.socket_path(lab.runtime, one) for one in ("s", long, longer)}
    assert len(paths) == 3
    assert all(len(os.fsencode(path)) <= 103 for path in paths)
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(registry.socket_path(lab.runtime, longer)))
    stale.close()
    host = lab.start("/bin/cat", session_id=longer)
    assert lab.attach(host)


STRANGER = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
peer = socket.socket(socket.AF_UNIX)
peer.settimeout(10)
try:
    peer.connect(sys.argv[1])
    print("connected", peer.recv(100))
except PermissionError:
    print("refused")
"""


@pytest.mark.attack(21)
def test_another_user_is_not_let_in(lab):
    """By the permissions, and where somebody has opened those, by who the peer is."""
    host = lab.start("/bin/cat")
    path = Path(host.run.socket)
    assert [stat.S_IMODE(one.stat().st_mode) & 0o077 for one in (path, path.parent)] == [0, 0]
    if os.getuid():
        return  # only root can be somebody else

    def try_it():
        command = [sys.executable, "-I", "-c", STRANGER, str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert try_it() == "refused"
    for one, mode in ((lab.root, 0o755), (path.parent, 0o755), (path, 0o777)):
        one.chmod(mode)
    assert try_it() == "connected b''"
    assert lab.attach(host)
