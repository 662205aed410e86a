import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.domain.events import Event, EventName
from maestro_tui.services.event_bus import EventBus
from maestro_tui.services.journal import MemoryJournal


def event(number=0):
    return Event(EventName.TASK_UPDATED, {"id": str(number)}, number)


async def test_entries_are_numbered_without_gaps():
    journal = MemoryJournal(epoch="e")
    first = await journal.append([event(), event()])
    second = await journal.append([event()])
    assert [entry.seq for entry in first + second] == [1, 2, 3]
    assert {entry.epoch for entry in first} == {"e"}
    assert journal.seq == 3


async def test_two_journals_have_two_epochs():
    assert MemoryJournal().epoch != MemoryJournal().epoch


@given(written=st.integers(0, 30), capacity=st.integers(1, 20), since=st.integers(-2, 35))
def test_since_gives_everything_after_a_number_or_nothing(written, capacity, since):
    async def check():
        journal = MemoryJournal(capacity=capacity)
        await journal.append([event(number) for number in range(written)])
        reaches_back_to = max(0, written - capacity)
        found = journal.since(since)
        if reaches_back_to <= since <= written:
            assert [entry.seq for entry in found] == list(range(since + 1, written + 1))
            assert await journal.read(since, 3) == found[:3]
        else:
            assert found is None
            assert await journal.read(since, 3) is None

    asyncio.run(check())


async def test_subscribers_hear_everything_in_order_until_they_leave():
    bus = EventBus(MemoryJournal())
    heard = []
    leave = bus.subscribe(lambda entry: heard.append(entry.seq))
    await asyncio.gather(*(bus.publish(event(), event()) for _ in range(20)))
    leave()
    leave()
    await bus.publish(event())
    assert heard == list(range(1, 41))


async def test_publishing_nothing_numbers_nothing():
    journal = MemoryJournal()
    assert await EventBus(journal).publish() == []
    assert journal.seq == 0


async def test_a_failing_subscriber_keeps_nothing_from_the_others(caplog):
    bus = EventBus(MemoryJournal())
    heard = []

    def fail(entry):
        raise RuntimeError("full")

    bus.subscribe(fail)
    bus.subscribe(heard.append)
    await bus.publish(event())
    assert len(heard) == 1
    assert "task:updated" in caplog.text


async def test_events_of_a_cancelled_publisher_are_still_told():
    journal = SlowJournal()
    bus = EventBus(journal)
    heard = []
    bus.subscribe(lambda entry: heard.append(entry.seq))
    publisher = asyncio.create_task(bus.publish(event()))
    await journal.asked.wait()
    publisher.cancel()
    with pytest.raises(asyncio.CancelledError):
        await publisher
    journal.durable.set()
    await bus.publish(event())
    assert heard == [1, 2]


class SlowJournal(MemoryJournal):
    """A journal whose disk takes until `durable` is set."""

    def __init__(self):
        super().__init__()
        self.asked, self.durable = asyncio.Event(), asyncio.Event()

    async def append(self, events):
        self.asked.set()
        await self.durable.wait()
        return await super().append(events)
