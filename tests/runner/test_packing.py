"""Scrollbacks are packed while nobody needs them, and read as before."""

import asyncio
from contextlib import suppress

from maestro_tui.runner.packing import BUSY_ROWS, Packing
from maestro_tui.terminal.engine import Terminal

ROWS = 20_000


class Shown:
    """A session with a terminal, as far as packing sees it; its terminal counts what is done with it."""

    def __init__(self) -> None:
        self.session_id = "sess_1"
        self.terminal = Counting(40, 5)

    def write(self, rows: int) -> None:
        self.terminal.feed(b"a line of a log\r\n" * rows)


class Counting(Terminal):
    packed = 0
    is_packed = False

    def pack(self) -> bool:
        self.packed += 1
        goes_on = super().pack()
        self.is_packed = not goes_on
        return goes_on


async def test_a_quiet_terminal_is_packed_and_a_flooded_one_left_alone():
    shown, packing = Shown(), Packing()
    shown.write(ROWS)
    await packing.look([shown])
    assert shown.terminal.packed == 0
    await packing.look([shown])
    assert shown.terminal.is_packed
    assert shown.terminal.lines.texts(ROWS // 2, 1) == ["a line of a log"]
    before = shown.terminal.packed
    shown.write(BUSY_ROWS + 1)
    await packing.look([shown])
    assert shown.terminal.packed == before
    shown.terminal.close()


async def test_it_goes_on_until_it_is_cancelled(until):
    shown = Shown()
    shown.write(BUSY_ROWS // 2)
    packing = asyncio.create_task(Packing(pause=0.001).run([shown]))
    await until(lambda: shown.terminal.is_packed)
    packing.cancel()
    with suppress(asyncio.CancelledError):
        await packing
    shown.terminal.close()
