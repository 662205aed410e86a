"""How lost output is reported."""

import asyncio

import pytest

from maestro_tui.runner import gaps
from maestro_tui.runner.gaps import MOST_GAPS, Gaps, few
from maestro_tui.runner.news import Lost


@pytest.fixture
async def tasks():
    async with asyncio.TaskGroup() as group:
        yield group


async def test_the_first_loss_is_told_at_once_and_those_that_follow_together(tasks, monkeypatch, until):
    monkeypatch.setattr(gaps, "GATHER_SECONDS", 0.05)
    told = []

    async def report(session_id, update):
        told.append((session_id, [(event.data["start"], event.data["end"]) for event in update.events]))

    lost = Gaps(report, tasks.create_task)
    lost.add(Lost("sess_1", 0, 10), 1)
    await until(lambda: told)
    for start in (20, 40, 60):
        lost.add(Lost("sess_1", start, start + 10), 1)
    lost.add(Lost("sess_2", 5, 6), 1)
    await until(lambda: len(told) == 3)
    assert told[0] == ("sess_1", [(0, 10)])
    assert sorted(told[1:]) == [("sess_1", [(20, 30), (40, 50), (60, 70)]), ("sess_2", [(5, 6)])]


def test_of_very_many_the_middle_counts_as_one():
    many = [(number * 10, number * 10 + 1) for number in range(1000)]
    told = few(many)
    assert len(told) == MOST_GAPS
    assert told[0] == many[0]
    assert told[-1] == many[-1]
    covered = [gap for gap in many if any(start <= gap[0] and gap[1] <= end for start, end in told)]
    assert covered == many
    assert few(many[:MOST_GAPS]) == many[:MOST_GAPS]
