"""What is made within one millisecond is found in the order in which it was made."""

import pytest

from maestro_tui.domain.actor import OWNER
from maestro_tui.services.attempts import carrying_out
from maestro_tui.services.clock import ascending
from maestro_tui.services.idempotency import Scope
from maestro_tui.store.base import TaskQuery

TITLES = [f"number {number}" for number in range(12)]


@pytest.mark.parametrize(
    ("moments", "told"),
    [
        ([5, 6, 9], [5, 6, 9]),
        ([5, 5, 5, 6, 9], [5, 6, 7, 8, 9]),
        ([5_000, 5_000, 4_500, 2_000], [5_000, 5_001, 5_002, 2_000]),
    ],
    ids=["what differs anyway", "too often in one", "set back"],
)
def test_an_ascending_clock_names_no_moment_twice(moments, told):
    clock = ascending(iter(moments).__next__)
    assert [clock() for _ in moments] == told


async def titles(house, project):
    found = await house.services.tasks.find(TaskQuery(project_id=project.id), OWNER)
    return [task.title for task in found.items]


async def test_tasks_of_one_moment_keep_their_order(house):
    project = await house.project()
    for title in TITLES:
        await house.task(project, title)
    assert await titles(house, project) == TITLES


async def test_tasks_of_keyed_requests_keep_their_order_too(house):
    project = await house.project()
    for title in TITLES:
        attempt = await house.services.idempotency.begin(Scope("owner", "POST", "/api/tasks"), title, title)
        with carrying_out(attempt):
            await house.task(project, title)
    assert await titles(house, project) == TITLES
