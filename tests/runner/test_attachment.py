"""Terminals over real hosts: fairness, replay, replies, pastes."""

import asyncio
import hashlib

import pytest

from maestro_tui.ptyhost import records
from maestro_tui.ptyhost.records import describe_exit
from maestro_tui.runner.drain import Drain
from maestro_tui.runner.news import Bell, CalledBefore, Exited, Noticed, Output, Titled
from maestro_tui.runner.terminals import Terminals
from maestro_tui.terminal.notices import Notification


async def test_screen_title_bell_and_exit_arrive(bench, until):
    rings = r"read line; printf '\007\033]9;look\007rang'; read line; exit 2"
    host = bench.start("/bin/sh", "-c", rf"printf '\033]2;my title\007hello'; {rings}")
    live = await bench.attach(host)
    await until(lambda: "hello" in live.terminal.text())
    assert live.title == "my title"
    live.send(b"\n")
    await until(lambda: "rang" in live.terminal.text())
    assert Titled("sess_1", "my title") in bench.news
    assert Bell("sess_1") in bench.news
    assert Noticed("sess_1", Notification("", "look")) in bench.news
    assert Output("sess_1") in bench.news
    await later_hears_nothing(bench, host, until)
    live.send(b"\n")
    await live.ended.wait()
    assert live.exited == "exit status 2"
    assert bench.news[-1] == Exited("sess_1", live.exit_record)
    assert live.send(b"too late") is False
    with pytest.raises(ConnectionError):
        await live.deliver(b"too late")


async def later_hears_nothing(bench, host, until):
    """Whoever comes after a call is told of the title, and that there was one."""
    later, news = Terminals(), []
    later.subscribe(news.append)
    try:
        live = await bench.attach(host, later)
        await until(lambda: "rang" in live.terminal.text())
        assert Titled("sess_1", "my title") in news
        assert not [one for one in news if isinstance(one, Bell | Noticed)]
        assert CalledBefore("sess_1") in news
        assert 0 < live.called_at <= live.offset
    finally:
        later.close_all()


async def test_a_resize_reaches_the_program_and_comes_back(bench, until):
    code = (
        "import os, time\n"
        "while os.get_terminal_size() != (101, 31): time.sleep(0.01)\n"
        "print('as asked', flush=True); time.sleep(600)"
    )
    live = await bench.attach(bench.python(code))
    live.terminal.resize(101, 31)
    live.resize(101, 31)
    await until(lambda: "as asked" in live.terminal.text())
    assert (live.terminal.columns, live.terminal.rows) == (101, 31)


async def test_a_paste_of_ten_megabytes_arrives_and_the_stop_passes_it(bench, until):
    count = 10_000_000
    code = (
        "import sys, tty, hashlib, os; tty.setraw(0); print('ready', flush=True)\n"
        f"left, digest = {count}, hashlib.sha256()\n"
        "while left:\n"
        "    data = os.read(0, 65536); left -= len(data); digest.update(data)\n"
        "print(digest.hexdigest(), flush=True); import time; time.sleep(600)"
    )
    live = await bench.attach(bench.python(code))
    await until(lambda: "ready" in live.terminal.text())
    paste = bytes(range(256)) * (count // 256) + bytes(count % 256)
    await live.deliver(paste)
    await until(lambda: hashlib.sha256(paste).hexdigest() in live.terminal.text().replace("\n", ""))
    assert live.send(bytes(60_000_000))
    assert not live.send(bytes(10_000_000))
    live.stop()
    await live.ended.wait()
    assert live.exited == "stopped"


async def test_queries_are_answered_live_and_not_again_in_a_replay(bench, until):
    code = (
        "import sys, tty, os; tty.setraw(0)\n"
        "def ask():\n"
        "    os.write(1, b'\\033[c'); answer = b''\n"
        "    while not answer.endswith(b'c'): answer += os.read(0, 1)\n"
        "    os.write(1, b'got %d\\r\\n' % len(answer))\n"
        "ask()\n"
        "while True:\n"
        "    extra = os.read(0, 100); os.write(1, b'then ' + repr(extra).encode() + b'\\r\\n')\n"
    )
    host = bench.python(code)
    live = await bench.attach(host, fresh=True)
    await until(lambda: "got" in live.terminal.text())
    bench.terminals.close("sess_1")
    again = await bench.attach(host)
    await until(lambda: "got" in again.terminal.text())
    again.send(b"x")
    await until(lambda: "then" in again.terminal.text())
    assert "then b'x'" in again.terminal.text()


async def test_only_one_of_two_cockpits_answers(bench, until):
    host = bench.python(
        "import tty, os; tty.setraw(0); os.write(1, b'raw'); os.read(0, 1); os.write(1, b'\\033[6nasked')\n"
        "while True: os.write(1, b'[%d]' % os.read(0, 100).count(b'R'))"
    )
    first = await bench.attach(host)
    await until(first.caught_up.is_set)
    others = Terminals()
    second = await bench.attach(host, others)
    await until(lambda: "raw" in second.terminal.text())
    second.send(b"x")
    await until(lambda: "[1]" in first.terminal.text())
    second.send(b"x")
    await until(lambda: "[0]" in second.terminal.text())
    assert first.terminal.text().count("[1]") == 1
    bench.terminals.close("sess_1")
    await until(lambda: second.terminal.on_reply is not None)
    others.close_all()


@pytest.mark.attack(83)
async def test_a_flood_does_not_hold_up_another_session(bench, until):
    flood = await bench.attach(bench.start("/bin/sh", "-c", "yes flooding", session_id="sess_flood"))
    await until(lambda: "flooding" in flood.terminal.text())
    calm = await bench.attach(bench.start("/bin/cat", session_id="sess_calm"))
    loop = asyncio.get_running_loop()
    waits = []
    for number in range(20):
        begun = loop.time()
        calm.send(b"n%d.\n" % number)
        await until(lambda number=number: f"n{number}." in calm.terminal.text())
        waits.append(loop.time() - begun)
    assert sorted(waits)[10] < 0.25


async def test_two_thousand_screens_of_output_are_the_same_after_a_detour(bench, until):
    code = "import sys\nfor n in range(50_000): print('line', n, n * 7919 % 1000)\nsys.stdin.readline()"
    host = bench.python(code)
    live = await bench.attach(host)
    await until(lambda: "line 1" in live.terminal.text())
    bench.terminals.close("sess_1")
    whole = await bench.attach(host)
    await until(lambda: "line 49999" in whole.terminal.text())
    assert "line 0 0\n" in whole.terminal.all_text()


async def test_the_drain_takes_turns_and_forgets_what_is_closed(place, until):
    import socket

    drain = Drain()
    order, pairs = [], [socket.socketpair() for _ in range(3)]
    for number, (here, there) in enumerate(pairs):
        here.setblocking(False)
        there.setblocking(False)
        there.send(bytes(60_000))
        drain.add(here, lambda data, number=number: order.append((number, len(data))))
    await until(lambda: sum(length for _, length in order) == 180_000)
    assert {number for number, _ in order[:3]} == {0, 1, 2}
    pairs[0][1].close()
    await until(lambda: (0, 0) in order)
    for here, there in pairs:
        drain.remove(here)
        here.close()
        there.close()
    drain.close()


def test_ends_are_described():
    record = records.ExitRecord("s", 0, None, None, 0, 0, 0)
    assert describe_exit(record) == "exit status 0"
    assert describe_exit(record._replace(exit_code=None, signal=9)) == "killed by SIGKILL"
    assert describe_exit(record._replace(exit_code=None, signal=40)) == "killed by signal 40"
    assert describe_exit(record._replace(stopped_by="user")) == "stopped"
    assert describe_exit(record._replace(stopped_by="system")) == "stopped with the machine"
    assert describe_exit(None).startswith("lost")


async def test_a_finished_frame_is_told_before_the_next_one_begins(bench, world):
    """Programs that draw all the time are hardly ever between two frames when a pane has its turn."""
    code = "import os, time\nos.write(1, b'\\x1b[?2026hone\\x1b[?2026l\\x1b[?2026htwo')\ntime.sleep(600)"
    live = await bench.attach(bench.python(code))
    seen = []

    def look(news):
        if isinstance(news, Output):
            seen.append((live.terminal.held, live.terminal.text().strip()))

    bench.terminals.subscribe(look)
    await world.eventually(lambda: live.terminal.held)
    assert (False, "one") in seen
