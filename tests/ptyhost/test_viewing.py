"""Several viewers, slow viewers, killed viewers, large input, many resizes."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from maestro_tui.ptyhost import frames
from maestro_tui.ptyhost.frames import Kind
from maestro_tui.recording import Recording, output_directory
from tests.platforms import needs_proc

NUMBERED = (
    "import sys, hashlib\n"
    "digest = hashlib.sha256()\n"
    "for n in range({lines}):\n"
    "    line = f'line {{n:08d}} {{n * 7919 % 1000003}}\\n'\n"
    "    digest.update(line.encode()); sys.stdout.write(line)\n"
    "sys.stdout.flush(); sys.stdin.readline()"
)
PLAIN_OUTPUT = "import os, termios; a = termios.tcgetattr(1); a[1] &= ~termios.OPOST; termios.tcsetattr(1, 0, a)\n"


def numbered(lines: int) -> bytes:
    return b"".join(b"line %08d %d\n" % (n, n * 7919 % 1000003) for n in range(lines))


def test_a_viewer_killed_at_any_moment_continues_by_offset_without_losing_a_byte(lab):
    lines = 60_000
    host = lab.python(PLAIN_OUTPUT + NUMBERED.format(lines=lines))
    code = (
        "import socket, sys; from maestro_tui.ptyhost import frames; from maestro_tui.ptyhost.frames import *\n"
        "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])\n"
        "s.sendall(frames.message(Kind.HELLO, {'since': int(sys.argv[2])})); d = Decoder()\n"
        "while data := s.recv(4096):\n"
        "    for f in d.feed(data):\n"
        "        if f.kind is Kind.OUTPUT:\n"
        "            sys.stdout.buffer.write(frames.parse_output(f)[1]); sys.stdout.flush()\n"
    )
    seen = b""
    for _ in range(5):
        viewer = subprocess.Popen(
            [sys.executable, "-c", code, host.run.socket, str(len(seen))], stdout=subprocess.PIPE, cwd=Path.cwd()
        )
        seen += viewer.stdout.read(100_000)
        viewer.send_signal(signal.SIGKILL)
        seen += viewer.stdout.read()
        viewer.wait()
        viewer.stdout.close()
    client = lab.attach(host, since=len(seen))
    expected = numbered(lines)
    client.read_until(lambda: client.offset >= len(expected))
    assert hashlib.sha256(seen + client.output).digest() == hashlib.sha256(expected).digest()
    assert client.gaps == []


def test_output_made_while_nobody_watched_is_there(lab, until):
    host = lab.python(PLAIN_OUTPUT + NUMBERED.format(lines=5000))
    reader = Recording(output_directory(lab.directory("sess_1")))
    until(lambda: reader.end == len(numbered(5000)))
    client = lab.attach(host)
    client.type(b"\n")
    client.read_to_exit()
    assert client.output.startswith(numbered(5000))


def test_a_paste_of_a_megabyte_arrives_whole(lab):
    count = 1_000_000
    code = (
        "import sys, tty, hashlib, os; tty.setraw(0); print('ready', flush=True)\n"
        f"left, digest = {count}, hashlib.sha256()\n"
        "while left:\n"
        "    data = os.read(0, 65536); left -= len(data); digest.update(data)\n"
        "print(digest.hexdigest())"
    )
    client = lab.attach(lab.python(code))
    client.read_for(b"ready")
    paste = os.urandom(count)
    for start in range(0, count, 50_000):
        client.type(paste[start : start + 50_000], ticket=start // 50_000 + 1)
    client.read_to_exit()
    assert hashlib.sha256(paste).hexdigest().encode() in client.output
    assert client.delivered == list(range(1, 21))


def test_a_storm_of_resizes_ends_on_the_last_one(lab):
    code = (
        "import os, signal\n"
        "signal.signal(signal.SIGWINCH, lambda *_: None)\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    signal.pause(); size = os.get_terminal_size(); print(size.columns, size.lines, flush=True)\n"
    )
    client = lab.attach(lab.python(code))
    client.read_for(b"ready")
    for number in range(500):
        client.send(frames.size(Kind.RESIZE, 80 + number % 50, 20 + number % 20))
    client.send(frames.size(Kind.RESIZE, 99, 33))
    client.read_for(b"99 33\r\n")
    assert client.sizes[-1] == (99, 33)
    applied = [after for before, after in pairwise(client.sizes) if before != after]
    assert len(applied) < 250, "most of the five hundred wishes were overtaken by the next"


def test_the_focused_viewers_size_wins(lab):
    host = lab.start("/bin/cat")
    wide = lab.attach(host, columns=200, rows=50)
    wide.read_until(lambda: (200, 50) in wide.sizes)
    wide.send(frames.focus(True))
    narrow = lab.attach(host, columns=90, rows=30)
    narrow.type(b"x\n")
    narrow.read_for(b"x\r\n")
    assert narrow.sizes == [(80, 24), (200, 50)] or narrow.sizes == [(200, 50)]
    narrow.send(frames.focus(True))
    narrow.read_until(lambda: narrow.sizes[-1] == (90, 30))
    wide.read_until(lambda: wide.sizes[-1] == (90, 30))
    narrow.close()
    wide.read_until(lambda: wide.sizes[-1] == (200, 50))


def test_two_viewers_see_the_same(lab):
    host = lab.python(PLAIN_OUTPUT + NUMBERED.format(lines=20_000))
    one, two = lab.attach(host), lab.attach(host)
    for client in (one, two):
        client.read_until(lambda client=client: client.offset >= len(numbered(20_000)))
    assert one.output == two.output == numbered(20_000)


def test_a_lagging_viewer_slows_nobody_and_continues_from_the_log(lab, until):
    lines = 150_000  # 3.5 MB, far beyond every queue
    spec = lab.spec(sys.executable, "-I", "-S", "-c", PLAIN_OUTPUT + NUMBERED.format(lines=lines), ring=64 << 10)
    host = lab.run(spec)
    lagging = lab.connect(host)
    lagging.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lagging.hello()
    quick = lab.attach(host)
    expected = numbered(lines)
    quick.read_until(lambda: quick.offset >= len(expected))
    assert lagging.offset < len(expected)
    lagging.read_until(lambda: lagging.offset >= len(expected))
    assert lagging.output == expected
    assert lagging.gaps == []


def test_what_was_rotated_away_is_a_declared_gap(lab, until):
    lines = 60_000
    spec = lab.spec(
        sys.executable, "-I", "-S", "-c", PLAIN_OUTPUT + NUMBERED.format(lines=lines), ring=1000, log_limit=200_000
    )
    host = lab.run(spec)
    expected = numbered(lines)
    reader = Recording(output_directory(lab.directory("sess_1")))
    until(lambda: reader.end == len(expected))
    client = lab.attach(host)
    client.read_until(lambda: client.offset >= len(expected))
    ((first, end),) = client.gaps
    assert first == 0
    assert bytes(client.output) == expected[end:]
    assert 150_000 <= len(client.output) <= 201_000


def test_an_unwritable_log_is_declared_and_the_program_unaffected(lab):
    spec = lab.spec("/bin/cat")
    Path(output_directory(Path(spec.directory))).write_text("in the way")
    client = lab.attach(lab.run(spec))
    client.type(b"works\n")
    client.read_for(b"works\r\n")
    client.read_until(
        lambda: any(state["failure"] for state in client.states) or "failure" in client.frames[0].payload.decode()
    )
    assert Path(output_directory(Path(spec.directory))).read_text() == "in the way"


@needs_proc
def test_an_idle_host_uses_no_processor(lab, until):
    host = lab.start("/bin/cat")
    client = lab.attach(host)
    client.type(b"a\n")
    client.read_for(b"a\r\n")
    status = Path(f"/proc/{host.process.pid}/status")
    before = voluntary_switches(status)
    other = lab.attach(lab.start("/bin/sh", "-c", "sleep 0.5; echo done", session_id="sess_2"))
    other.read_to_exit()
    assert voluntary_switches(status) - before <= 2


def voluntary_switches(status: Path) -> int:
    return int(status.read_text().split("\nvoluntary_ctxt_switches:")[1].split()[0])


FLOOD = "import os\nline = b'0123456789abcdef' * 4096\nwhile True: os.write(1, line)"


def read_slowly(client, pieces: int) -> None:
    """Take output as a screen does that needs some ten milliseconds for each 64 KiB."""
    work = bytes(4 << 20)
    for wanted in range(len(client.output), len(client.output) + (pieces << 16), 1 << 16):
        client.read_until(lambda wanted=wanted: len(client.output) >= wanted)
        hashlib.sha256(work).digest()


def test_a_program_is_paced_by_its_viewer(lab):
    """It is not gigabytes ahead of the screen, and the end of it is seen soon."""
    host = lab.python(FLOOD)
    slow = lab.attach(host)
    read_slowly(slow, 100)
    ahead = lab.connect(host).hello()["end"] - slow.offset
    assert 0 <= ahead < 4_000_000


def test_a_viewer_that_comes_late_gains_on_a_flood(lab, until):
    """Also one that would never catch up with a program at full speed, and the program runs on meanwhile."""
    host = lab.python(FLOOD)
    reader = Recording(output_directory(lab.directory("sess_1")))
    until(lambda: reader.end > 30_000_000)
    late = lab.connect(host)
    began = late.hello()["end"]
    read_slowly(late, 100)
    ended = lab.connect(host).hello()["end"]
    assert began < ended <= began + late.offset // 2 + 4_000_000


def test_a_viewer_that_takes_nothing_holds_nobody_up(lab):
    host = lab.python(FLOOD)
    stopped = lab.attach(host)
    stopped.read_until(lambda: len(stopped.output) > 1_000_000)
    reads_on = lab.attach(host)
    reads_on.read_until(lambda: len(reads_on.output) > 30_000_000)
    assert reads_on.offset > stopped.offset + 20_000_000


def test_nobody_looking_means_full_speed(lab):
    host = lab.python("import os\nfor _ in range(400): os.write(1, b'x' * 65535 + b'\\n')\nos.write(1, b'over')")
    client = lab.attach(host)
    assert client.read_to_exit()["exitCode"] == 0
    assert client.output.endswith(b"over")


def test_who_answers_is_told_once_whatever_the_order_of_arrival(lab):
    """The first to be welcomed, not the first to connect: the second would not learn that it no longer is."""
    host = lab.start("/bin/cat")
    early, quick = lab.connect(host), lab.connect(host)
    assert quick.hello(answers=True)["owner"] is True
    assert early.hello(answers=True)["owner"] is False
