"""Work that lasts as long as its context."""

import asyncio

from maestro_tui.lifetime import in_background

DEADLINE = 60


async def test_what_fails_in_the_background_is_logged_and_stops_nothing_else(caplog):
    async def fail():
        raise ValueError("of no use")

    async with asyncio.timeout(DEADLINE), in_background(fail(), "worker"):
        while "The worker ended" not in caplog.text:  # noqa: ASYNC110 - a log tells nobody
            await asyncio.sleep(0.01)
    assert "of no use" in caplog.text


async def test_what_ends_by_itself_is_no_defect(caplog):
    ended = asyncio.Event()

    async def work():
        ended.set()

    async with in_background(work(), "worker"):
        await ended.wait()
        await asyncio.sleep(0)
    assert "The worker ended" not in caplog.text


async def test_it_ends_with_its_context_and_has_closed_what_it_opened_by_then():
    begun, closed = asyncio.Event(), []

    async def work():
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            closed.append(True)

    async with asyncio.timeout(DEADLINE), in_background(work(), "worker"):
        await begun.wait()
    assert closed
