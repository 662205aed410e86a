"""What starting a host answers, warm and cold, and what its exit code says."""

import json
import os
import signal
import subprocess
import sys

import pytest

from maestro_tui.ptyhost import processes, records
from maestro_tui.ptyhost.starting import HostNotStarted, HostStarter, start_host
from tests.platforms import needs_proc

HOST = [sys.executable, "-m", "maestro_tui.ptyhost"]


@pytest.fixture
def starter():
    starters = []

    def start(**options):
        starters.append(HostStarter(**options))
        return starters[-1]

    yield start
    for one in starters:
        one.close()


def children():
    return set(processes.descendants(os.getpid()))


def test_the_warm_host_is_the_one_that_runs_the_session(lab, starter):
    before, one = children(), starter()
    one.prepare()
    one.prepare()  # one is enough
    (warm,) = children() - before
    host = one.start(lab.spec("/bin/cat"))
    lab.hosts.append(host)
    assert host.process.pid == warm
    client = lab.attach(host)
    client.type(b"warm\n")
    client.read_for(b"warm\r\n")
    one.close()
    one.prepare()  # of no effect any more
    assert children() - before == {warm, host.run.agent.pid}


def test_a_warm_host_that_died_costs_nothing_but_time(lab, starter):
    before, one = children(), starter()
    one.prepare()
    (warm,) = children() - before
    os.kill(warm, signal.SIGKILL)
    host = one.start(lab.spec("/bin/cat"))
    lab.hosts.append(host)
    assert host.process.pid != warm
    assert lab.attach(host)


def test_what_a_warm_host_refuses_is_refused(lab, starter):
    one = starter()
    one.prepare()
    with pytest.raises(HostNotStarted) as failure:
        one.start(lab.spec("no-such-agent"))
    assert failure.value.code == "agent_not_installed"


@pytest.mark.parametrize(
    ("within", "code", "words"),
    [
        (("/bin/sh", "-c", "cat > /dev/null; echo nonsense"), "host_failed", "without an answer"),
        (("/bin/sh", "-c", "cat > /dev/null; head -c 100000 /dev/zero"), "host_failed", "without an answer"),
        (("/bin/false",), "host_failed", "ended"),
        (("/bin/sh", "-c", "exec sleep 600"), "timeout", "not ready in time"),
    ],
)
def test_a_scope_that_does_not_start_the_host_is_an_error_and_leaves_nothing(lab, within, code, words):
    before = children()
    with pytest.raises(HostNotStarted) as failure:
        start_host(lab.spec("/bin/cat"), within=within, timeout=0.2 if code == "timeout" else 15.0)
    assert failure.value.code == code
    assert words in failure.value.message
    assert children() <= before
    assert records.read_run(lab.directory("sess_1")) is None


def test_a_host_that_ends_before_it_was_told_is_an_error(lab):
    much = {"A": "x" * 1_000_000}  # more than a pipe holds
    with pytest.raises(HostNotStarted, match="before it was told"):
        start_host(lab.spec("/bin/cat", env=much), within=("/bin/false",))


def test_the_exit_code_says_why_nothing_was_started(lab):
    def run(*argv):
        ended = subprocess.run(HOST, input=lab.spec(*argv).to_json(), capture_output=True)
        return ended.returncode, json.loads(ended.stdout).get("error")

    assert run("no-such-agent") == (1, "agent_not_installed")
    host = lab.start("/bin/cat")
    assert run("/bin/cat") == (77, "already_running")
    run_file = lab.directory("sess_1") / records.RUN
    kept = run_file.read_bytes()
    run_file.unlink()
    assert run("/bin/cat") == (75, "lock_busy")
    run_file.write_bytes(kept)
    host.process.terminate()
    assert host.process.wait(10) == 0
    assert run("/bin/cat") == (76, "already_ended")


@needs_proc
@pytest.mark.parametrize("group", [None, 0])
def test_a_host_nobody_listens_to_runs_its_session_and_leaves_its_starters_terminal(lab, until, group):
    """group 0: it leads a group already, and so cannot begin a session; it runs all the same."""
    process = subprocess.Popen(
        HOST, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, process_group=group
    )
    process.stdout.close()
    process.stdin.write(lab.spec("/bin/sh", "-c", "echo ran; read line; exit 3").to_json())
    process.stdin.close()
    directory = lab.directory("sess_1")
    until(lambda: records.read_run(directory) is not None, what="the run record")
    run = records.read_run(directory)
    try:
        client = lab.attach(type("Started", (), {"run": run}))
        client.read_for(b"ran")
        until(lambda: os.readlink(f"/proc/{process.pid}/fd/0") == os.devnull)
        assert os.getpgid(process.pid) == process.pid != os.getpgid(0)
        client.type(b"\n")
        assert client.read_to_exit()["exitCode"] == 3
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
