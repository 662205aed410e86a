import asyncio

import pytest

from maestro_tui.services.locks import KeyedLocks, finish_writes, uninterrupted


async def settle():
    """Let every task that can run do so."""
    for _ in range(20):
        await asyncio.sleep(0)


class Diary:
    """Enters a lock when told, and writes down who is inside."""

    def __init__(self, locks):
        self.locks = locks
        self.inside = []
        self.leave = {}

    async def hold(self, name, mode, key="k"):
        self.leave[name] = asyncio.Event()
        async with getattr(self.locks, mode)(key):
            self.inside.append(name)
            await self.leave[name].wait()
            self.inside.remove(name)


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        ("shared", "shared", True),
        ("shared", "exclusive", False),
        ("exclusive", "shared", False),
        ("exclusive", "exclusive", False),
    ],
)
async def test_who_may_hold_a_key_together(first, second, together):
    diary = Diary(KeyedLocks())
    async with asyncio.TaskGroup() as group:
        group.create_task(diary.hold("a", first))
        group.create_task(diary.hold("b", second))
        await settle()
        assert diary.inside == (["a", "b"] if together else ["a"])
        diary.leave["a"].set()
        await settle()
        assert diary.inside == ["b"]
        diary.leave["b"].set()


async def test_two_keys_do_not_wait_for_each_other():
    diary = Diary(KeyedLocks())
    async with asyncio.TaskGroup() as group:
        group.create_task(diary.hold("a", "exclusive", "task 1"))
        group.create_task(diary.hold("b", "exclusive", "task 2"))
        await settle()
        assert diary.inside == ["a", "b"]
        for event in diary.leave.values():
            event.set()


async def test_later_sharers_do_not_starve_the_one_who_wants_to_be_alone():
    diary = Diary(KeyedLocks())
    async with asyncio.TaskGroup() as group:
        group.create_task(diary.hold("sharer", "shared"))
        group.create_task(diary.hold("alone", "exclusive"))
        group.create_task(diary.hold("late", "shared"))
        await settle()
        assert diary.inside == ["sharer"]
        diary.leave["sharer"].set()
        await settle()
        assert diary.inside == ["alone"]
        diary.leave["alone"].set()
        await settle()
        assert diary.inside == ["late"]
        diary.leave["late"].set()


async def test_whoever_gives_up_waiting_leaves_the_key_to_others():
    diary = Diary(KeyedLocks())
    async with asyncio.TaskGroup() as group:
        group.create_task(diary.hold("a", "shared"))
        impatient = group.create_task(diary.hold("b", "exclusive"))
        await settle()
        impatient.cancel()
        await settle()
        group.create_task(diary.hold("c", "shared"))
        await settle()
        assert diary.inside == ["a", "c"]
        for event in diary.leave.values():
            event.set()


async def test_a_write_goes_on_when_its_caller_is_cancelled():
    started, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @uninterrupted
    async def write():
        started.set()
        await go_on.wait()
        done.set()

    caller = asyncio.create_task(write())
    await started.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    go_on.set()
    async with asyncio.timeout(5):
        await finish_writes()
    assert done.is_set()
