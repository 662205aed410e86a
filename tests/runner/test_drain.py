"""Whose bytes are read when: everybody's in turn, and a key's echo before all others."""

import asyncio
import socket
from contextvars import ContextVar

import pytest

from maestro_tui.runner.drain import SLICE_BYTES, Drain


class Line:
    """One attachment: what its host sends, and what has been read of it."""

    def __init__(self, drain):
        self.near, self.far = socket.socketpair()
        self.near.setblocking(False)
        self.far.setblocking(False)
        self.read = bytearray()
        drain.add(self.near, self.read.extend)

    def flood(self):
        """Send until its buffers are full."""
        try:
            while True:
                self.far.send(bytes(SLICE_BYTES))
        except BlockingIOError:
            return

    def close(self):
        self.near.close()
        self.far.close()


@pytest.fixture
async def drain():
    drain = Drain()
    yield drain
    drain.close()


@pytest.fixture
async def lines(drain):
    made = [Line(drain) for _ in range(3)]
    yield made
    for line in made:
        drain.remove(line.near)
        line.close()


async def until(condition, seconds=5.0):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - a turn of the loop is what is waited for
            await asyncio.sleep(0)


async def test_who_leaves_is_held_up_by_no_flood(drain, lines):
    loud, quiet, _ = lines
    loud.flood()
    await until(lambda: loud.read)
    drain.rest()
    read = len(loud.read)
    quiet.far.send(b"x")
    late = Line(drain)
    late.flood()
    drain.make_way()
    for _ in range(20):
        await asyncio.sleep(0)
    assert (len(loud.read), bytes(quiet.read), bytes(late.read)) == (read, b"", b"")
    drain.remove(late.near)
    late.close()


async def test_a_flood_leaves_the_others_their_turn(lines):
    loud, quiet, _ = lines
    loud.flood()
    quiet.far.send(b"x")
    await until(lambda: quiet.read)
    assert len(loud.read) <= 64 * SLICE_BYTES


async def test_the_echo_of_a_key_comes_before_everything_that_waits(drain, lines):
    loud, typed, other = lines
    drain.make_way()
    for line in (loud, other):
        line.flood()
    drain.typed_to(typed.near)
    typed.far.send(b"echo")
    await until(lambda: typed.read)
    assert (loud.read, other.read) == (b"", b"")
    await until(lambda: loud.read and other.read)


async def test_a_key_nobody_echoes_holds_up_nobody_for_long(drain, lines):
    loud, typed, _ = lines
    drain.make_way()
    drain.typed_to(typed.near)
    loud.far.send(b"output")
    await until(lambda: loud.read == b"output")


async def test_keys_in_a_row_do_not_hold_up_the_others_for_ever(drain, lines):
    loud, typed, _ = lines
    loud.far.send(b"output")

    def press():
        drain.make_way()
        drain.typed_to(typed.near)
        return loud.read == b"output"

    await until(press)


async def test_a_session_that_ends_under_the_fingers_clears_the_way(drain, lines):
    loud, typed, _ = lines
    drain.make_way()
    drain.typed_to(typed.near)
    drain.remove(typed.near)
    loud.far.send(b"output")
    await until(lambda: loud.read == b"output")


async def test_without_anybody_attached_a_key_changes_nothing(drain):
    drain.make_way()
    line = Line(drain)
    drain.typed_to(line.near)
    line.far.send(b"hello")
    await until(lambda: line.read == b"hello")
    drain.remove(line.near)
    line.close()


async def test_what_is_read_belongs_to_no_work_that_was_at_hand_when_the_reading_began(drain):
    work, seen = ContextVar("work", default="none"), []
    work.set("starting session 1")
    near, far = socket.socketpair()
    near.setblocking(False)
    drain.add(near, lambda data: seen.append(work.get()))
    far.send(b"x")
    await until(lambda: seen)
    drain.make_way()
    drain.typed_to(near)
    far.send(b"y")
    await until(lambda: len(seen) == 2)
    drain.remove(near)
    near.close()
    far.close()
    assert seen == ["none", "none"]


async def test_the_echo_is_read_at_once_and_the_way_is_free_soon_after_it(drain, lines, monkeypatch):
    """The longest a key holds up the others is for programs that echo nothing."""
    monkeypatch.setattr("maestro_tui.runner.drain.WAY_SECONDS", 3600.0)
    loud, typed, _ = lines
    drain.make_way()
    drain.typed_to(typed.near)
    loud.far.send(b"output")
    typed.far.send(b"echo")
    await until(lambda: typed.read == b"echo")
    typed.far.send(b" and more")
    await until(lambda: loud.read == b"output", seconds=60.0)
    await until(lambda: typed.read == b"echo and more")


async def test_one_whose_other_end_is_gone_is_told_so_and_the_rest_go_on(drain, lines):
    gone, other, _ = lines
    told = []
    drain.remove(gone.near)
    drain.add(gone.near, told.append)
    gone.far.close()
    other.far.send(b"output")
    await until(lambda: told and other.read == b"output")
    assert told[0] == b""


async def test_closed_while_a_key_is_on_its_way_and_others_are_waited_for_it_reads_nothing(lines):
    drain = Drain()
    line = Line(drain)
    line.flood()
    drain.make_way()
    drain.typed_to(line.near)
    drain.close()
    drain.make_way()
    for _ in range(100):
        await asyncio.sleep(0)
    assert line.read == b""
    line.close()
