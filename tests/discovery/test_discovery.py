"""Finding a running server, and not finding one that is gone."""

import os
import stat
import subprocess
import sys

import pytest

from maestro_tui import discovery
from maestro_tui.discovery import Discovery
from maestro_tui.paths import Home


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path, data=tmp_path / "data", sessions=tmp_path / "s", skill_library=tmp_path / "l")


def published(**changes):
    pid = os.getpid()
    values = {
        "url": "http://127.0.0.1:4567",
        "token": "secret-token",
        "pid": pid,
        "start_time": discovery.process_start_time(pid),
        "epoch": "e1",
        "version": "1.0",
    }
    return Discovery(**(values | changes))


def test_what_is_written_is_read(home):
    discovery.write(home, published())
    found = discovery.read(home)
    assert (found.url, found.token, found.epoch) == ("http://127.0.0.1:4567", "secret-token", "e1")
    assert stat.S_IMODE(home.discovery.stat().st_mode) == 0o600
    assert "secret-token" not in repr(found)


def test_no_file_is_no_server(home):
    assert discovery.read(home) is None
    discovery.remove(home)


def test_a_dead_process_is_no_server(home):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    start = discovery.process_start_time(child.pid)
    discovery.write(home, published(pid=child.pid, start_time=start))
    assert discovery.read(home).pid == child.pid
    child.communicate(b"\n")
    assert discovery.read(home) is None


def test_a_pid_that_went_to_another_program_is_no_server(home):
    discovery.write(home, published(start_time="1"))
    assert discovery.read(home) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"url": 1}', b"\xff", b"[" * 60_000, b'{"url":"","token":"","pid":"x"}'],
)
def test_a_broken_file_is_no_server(home, content):
    home.discovery.write_bytes(content)
    assert discovery.read(home) is None


def test_only_the_file_of_the_server_itself_is_removed(home):
    discovery.write(home, published(token="theirs"))
    discovery.remove(home, "ours")
    assert home.discovery.exists()
    discovery.remove(home, "theirs")
    assert not home.discovery.exists()


@pytest.mark.parametrize("pid", [0, -1, 2**22 + 1])
def test_no_such_process_has_no_start_time(pid):
    assert discovery.process_start_time(pid) is None


def test_the_way_without_proc_agrees_on_who_lives(tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "PROC", tmp_path)
    start = discovery.process_start_time(os.getpid())
    assert start
    assert discovery.is_running(os.getpid(), start)
    assert discovery.process_start_time(2**22 + 1) is None


def test_without_proc_and_ps_nobody_counts_as_running(tmp_path, monkeypatch):
    monkeypatch.setattr(discovery, "PROC", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert discovery.process_start_time(os.getpid()) is None
