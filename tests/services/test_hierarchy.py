import asyncio

import pytest

from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import BusinessRuleBroken, Conflict, NotFound
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.tasks import UpdateTask
from maestro_tui.domain.status import SessionStatus
from maestro_tui.store.base import TaskQuery


async def line(house, *titles):
    """A project and tasks one below the other."""
    project = await house.project()
    tasks = []
    for title in titles:
        tasks.append(await house.task(project, title, parent_id=tasks[-1].id if tasks else None))
    return project, tasks


def move(house, task, parent_id):
    return house.services.tasks.update(task.id, UpdateTask(parent_id=parent_id), OWNER)


async def test_children_are_the_tasks_directly_below(house):
    _, (top, middle, bottom) = await line(house, "a", "b", "c")
    assert [task.id for task in await house.services.tasks.children(top.id, OWNER)] == [middle.id]
    assert await house.services.tasks.children(bottom.id, OWNER) == []


async def test_an_unknown_parent_is_not_found(house):
    project, (top,) = await line(house, "a")
    with pytest.raises(NotFound):
        await house.task(project, parent_id="task_x")
    with pytest.raises(NotFound):
        await move(house, top, "task_x")


async def test_a_parent_of_another_project_is_refused(house):
    _, (top,) = await line(house, "a")
    with pytest.raises(BusinessRuleBroken, match="belongs to project"):
        await house.task(await house.project("other"), parent_id=top.id)


@pytest.mark.parametrize("below", [0, 1, 2])
@pytest.mark.attack(47)
async def test_a_task_cannot_be_moved_below_itself(house, below):
    _, tasks = await line(house, "a", "b", "c")
    with pytest.raises(BusinessRuleBroken, match="below it"):
        await move(house, tasks[0], tasks[below].id)
    assert (await house.services.tasks.get(tasks[0].id, OWNER)).parent_id is None


async def test_a_task_can_be_moved_elsewhere_and_to_the_top(house):
    _, (top, middle, bottom) = await line(house, "a", "b", "c")
    assert (await move(house, bottom, top.id)).parent_id == top.id
    assert (await move(house, middle, None)).parent_id is None


@pytest.mark.attack(47)
async def test_two_moves_at_once_cannot_make_a_circle(house):
    project = await house.project()
    first, second = await house.task(project, "a"), await house.task(project, "b")
    outcomes = await asyncio.gather(
        move(house, first, second.id), move(house, second, first.id), return_exceptions=True
    )
    assert [type(one) for one in outcomes].count(BusinessRuleBroken) == 1


@pytest.mark.parametrize("dependencies", [("task_x",), ("itself",), ("waiting",)])
@pytest.mark.attack(47)
async def test_dependencies_that_cannot_be_are_refused(house, dependencies):
    project, (task,) = await line(house, "a")
    middle = await house.task(project, "b", dependencies=(task.id,))
    waiting = await house.task(project, "c", dependencies=(middle.id, task.id))
    named = {"itself": task.id, "waiting": waiting.id}
    body = UpdateTask(dependencies=tuple(named.get(one, one) for one in dependencies))
    with pytest.raises(BusinessRuleBroken, match="dependencies"):
        await house.services.tasks.update(task.id, body, OWNER)


async def test_dependencies_of_another_project_are_refused(house):
    _, (foreign,) = await line(house, "a")
    with pytest.raises(BusinessRuleBroken, match="has no task"):
        await house.task(await house.project("other"), dependencies=(foreign.id,))


async def test_a_dependency_that_went_does_not_get_in_the_way(house):
    project, (first, *_) = await line(house, "a")
    task = await house.task(project, "b", dependencies=(first.id,))
    await house.services.tasks.delete(first.id, OWNER)
    third = await house.task(project, "c", dependencies=(task.id,))
    body = UpdateTask(dependencies=(first.id, third.id))
    with pytest.raises(BusinessRuleBroken):
        await house.services.tasks.update(task.id, body, OWNER)
    kept = await house.services.tasks.update(third.id, UpdateTask(dependencies=(task.id,)), OWNER)
    assert kept.dependencies == (task.id,)


async def test_deleting_a_task_deletes_what_is_below_children_first(house):
    project, (top, middle, bottom) = await line(house, "a", "b", "c")
    side, stays = await house.task(project, "d", parent_id=top.id), await house.task(project, "e")
    await house.services.tasks.delete(top.id, OWNER)
    gone = [data["id"] for data in house.of(EventName.TASK_DELETED)]
    assert set(gone) == {top.id, middle.id, bottom.id, side.id}
    assert gone[-1] == top.id
    assert gone.index(bottom.id) < gone.index(middle.id)
    assert (await house.services.tasks.get(stays.id, OWNER)) == stays


async def test_a_stale_deletion_deletes_nothing(house):
    _, (top, below) = await line(house, "a", "b")
    await house.services.tasks.update(top.id, UpdateTask(title="new"), OWNER)
    with pytest.raises(Conflict):
        await house.services.tasks.delete(top.id, OWNER, revision=1)
    assert (await house.services.tasks.get(below.id, OWNER)) == below
    await house.services.tasks.delete(top.id, OWNER, revision=2)


async def test_sessions_let_go_of_a_deleted_task(house):
    project, (task,) = await line(house, "a")
    session = await house.session(project, task)
    await house.services.tasks.delete(task.id, OWNER)
    assert (await house.services.sessions.get(session.id, OWNER)).task_ids == ()


async def test_the_tree_nests_tasks_and_shows_live_sessions(house):
    project, (top, _, bottom) = await line(house, "a", "b", "c")
    live = await house.session(project, bottom)
    await house.session(project, bottom, status=SessionStatus.COMPLETED)
    (root,) = await house.services.tasks.tree(project.id, OWNER)
    assert (root["id"], root["sessions"]) == (top.id, [])
    leaf = root["children"][0]["children"][0]
    assert (leaf["id"], leaf["children"]) == (bottom.id, [])
    assert [session["id"] for session in leaf["sessions"]] == [live.id]


async def test_the_tree_of_an_unknown_project_is_not_found(house):
    with pytest.raises(NotFound):
        await house.services.tasks.tree("proj_x", OWNER)


@pytest.mark.parametrize(
    "parents", [{"a": "b", "b": "a"}, {"a": "a"}, {"a": "gone"}, {"a": "b", "b": "c", "c": "b"}]
)
@pytest.mark.attack(47)
async def test_every_task_is_in_the_tree_once_whatever_hands_have_written(house, parents):
    project, tasks = await house.project(), {}
    for name in "abc":
        tasks[name] = await house.task(project, name)
    for name, parent in parents.items():
        stored = await house.services.store.tasks.get(tasks[name].id)
        parent_id = tasks[parent].id if parent in tasks else "task_gone"
        await house.services.store.tasks.save(evolve(stored, parent_id=parent_id))
    found, waiting = [], await house.services.tasks.tree(project.id, OWNER)
    while waiting:
        node = waiting.pop()
        found.append(node["title"])
        waiting.extend(node["children"])
    assert sorted(found) == ["a", "b", "c"]
    while remaining := (await house.services.tasks.find(TaskQuery(project_id=project.id), OWNER)).items:
        await house.services.tasks.delete(remaining[0].id, OWNER)
    assert await house.services.tasks.tree(project.id, OWNER) == []
