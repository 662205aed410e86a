import pytest

from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import BusinessRuleBroken, Invalid, NotFound
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.tasks import CreateSubtask, UpdateSubtask
from maestro_tui.services.subtasks import MOST_SUBTASKS


@pytest.fixture
async def task(house):
    return await house.task(await house.project())


async def steps(house, task, *titles):
    return [await house.services.subtasks.create(task.id, CreateSubtask(title=title), OWNER) for title in titles]


async def titles(house, task):
    found = await house.services.subtasks.list(task.id, OWNER)
    assert [subtask.order for subtask in found] == list(range(len(found)))
    return "".join(subtask.title for subtask in found)


async def test_subtasks_keep_their_order_and_are_told_with_their_task(house, task):
    await steps(house, task, "a", "b")
    assert await titles(house, task) == "ab"
    assert house.names()[-4:] == ["subtask:created", "task:updated"] * 2
    created, whole = house.heard[-2].event.data, house.heard[-1].event.data
    assert created == {"taskId": task.id, "subtask": whole["subtasks"][1]}


async def test_completing_is_stamped_and_taken_back(house, task, clock):
    (step,) = await steps(house, task, "a")
    clock.pass_seconds(3)
    done = await house.services.subtasks.update(task.id, step.id, UpdateSubtask(completed=True), OWNER)
    assert (done.completed, done.completed_at, done.updated_at) == (True, clock.now, clock.now)
    again = await house.services.subtasks.update(task.id, step.id, UpdateSubtask(completed=True), OWNER)
    assert again == done
    reopened = await house.services.subtasks.update(task.id, step.id, UpdateSubtask(completed=False), OWNER)
    assert (reopened.completed, reopened.completed_at) == (False, None)
    assert len(house.of(EventName.SUBTASK_UPDATED)) == 2


@pytest.mark.parametrize(
    ("moved", "to", "expected"), [(0, 2, "bcad"), (3, 0, "dabc"), (1, 99, "acdb"), (2, 2, "abcd")]
)
async def test_moving_one_renumbers_all(house, task, moved, to, expected):
    made = await steps(house, task, *"abcd")
    await house.services.subtasks.update(task.id, made[moved].id, UpdateSubtask(order=to), OWNER)
    assert await titles(house, task) == expected


async def test_text_can_be_changed_and_cleared(house, task):
    (step,) = await steps(house, task, "a")
    body = UpdateSubtask(title="b", description="how")
    assert (await house.services.subtasks.update(task.id, step.id, body, OWNER)).description == "how"
    body = UpdateSubtask(description=None)
    changed = await house.services.subtasks.update(task.id, step.id, body, OWNER)
    assert (changed.title, changed.description) == ("b", "")


@pytest.mark.parametrize("field", ["title", "completed", "order"])
async def test_what_a_subtask_must_have_cannot_be_null(house, task, field):
    (step,) = await steps(house, task, "a")
    with pytest.raises(Invalid, match=field):
        await house.services.subtasks.update(task.id, step.id, UpdateSubtask(**{field: None}), OWNER)


async def test_deleting_one_closes_the_gap(house, task):
    made = await steps(house, task, *"abc")
    await house.services.subtasks.delete(task.id, made[1].id, OWNER)
    assert await titles(house, task) == "ac"
    assert house.of(EventName.SUBTASK_DELETED) == [{"taskId": task.id, "subtaskId": made[1].id}]
    assert house.names()[-1] == "task:updated"


async def test_a_subtask_of_another_task_is_not_found(house, task):
    (step,) = await steps(house, task, "a")
    other = await house.task(await house.project("other"))
    with pytest.raises(NotFound, match="Subtask"):
        await house.services.subtasks.update(other.id, step.id, UpdateSubtask(title="b"), OWNER)
    with pytest.raises(NotFound, match="Subtask"):
        await house.services.subtasks.delete(other.id, step.id, OWNER)


async def test_subtasks_of_an_unknown_task_are_not_found(house):
    with pytest.raises(NotFound, match="Task"):
        await house.services.subtasks.list("task_x", OWNER)
    with pytest.raises(NotFound, match="Task"):
        await house.services.subtasks.create("task_x", CreateSubtask(title="a"), OWNER)


@pytest.mark.attack(49)
async def test_there_is_a_limit(house, task):
    await steps(house, task, *["step"] * MOST_SUBTASKS)
    with pytest.raises(BusinessRuleBroken, match=f"{MOST_SUBTASKS} are allowed"):
        await steps(house, task, "one more")
