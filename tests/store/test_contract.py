"""What every store does, run against each backend."""

import asyncio

import pytest

from maestro_tui.domain.document import evolve
from maestro_tui.domain.errors import Conflict, NotFound
from maestro_tui.domain.status import Priority, SessionStatus, TaskStatus
from maestro_tui.store.base import ProjectQuery, SessionQuery, TaskQuery


async def test_what_was_added_is_there_at_revision_one(store, make):
    added = await store.tasks.add(make.task("task_1", title="Checkout", revision=7))
    assert added.revision == 1
    assert await store.tasks.get("task_1") == added
    assert added.title == "Checkout"


async def test_each_kind_has_its_own_ids(store, make):
    await store.projects.add(make.project("same"))
    await store.tasks.add(make.task("same"))
    await store.sessions.add(make.session("same"))
    assert (await store.projects.get("same")).name
    assert (await store.sessions.get("same")).task_ids == ()


async def test_an_id_is_added_once(store, make):
    first = await store.tasks.add(make.task("task_1", title="first"))
    with pytest.raises(Conflict):
        await store.tasks.add(make.task("task_1", title="second"))
    assert await store.tasks.get("task_1") == first


async def test_an_id_is_added_once_by_many_at_once(store, make):
    outcomes = await asyncio.gather(
        *(store.tasks.add(make.task("task_1", title=str(number))) for number in range(20)), return_exceptions=True
    )
    winners = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(winners) == 1
    assert await store.tasks.get("task_1") == winners[0]


@pytest.mark.parametrize("kind", ["projects", "tasks", "sessions"])
async def test_what_is_not_there_is_not_found(store, make, kind):
    collection = getattr(store, kind)
    one = {"projects": make.project, "tasks": make.task, "sessions": make.session}[kind]("missing")
    for attempt in (collection.get("missing"), collection.save(one), collection.remove("missing")):
        with pytest.raises(NotFound):
            await attempt


async def test_save_counts_revisions(store, make):
    one = await store.tasks.add(make.task("task_1"))
    two = await store.tasks.save(evolve(one, title="two"))
    three = await store.tasks.save(evolve(two, title="three"))
    assert (two.revision, three.revision) == (2, 3)
    assert await store.tasks.get("task_1") == three


async def test_of_many_who_read_the_same_revision_one_wins(store, make):
    read = await store.tasks.add(make.task("task_1"))
    outcomes = await asyncio.gather(
        *(store.tasks.save(evolve(read, title=str(number))) for number in range(20)), return_exceptions=True
    )
    winners = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(winners) == 1
    assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 19
    assert await store.tasks.get("task_1") == winners[0]


async def test_a_conflict_names_both_revisions(store, make):
    read = await store.tasks.add(make.task("task_1"))
    await store.tasks.save(read)
    with pytest.raises(Conflict) as caught:
        await store.tasks.save(read)
    assert caught.value.details == {"id": "task_1", "revision": 2, "expected": 1}
    with pytest.raises(Conflict):
        await store.tasks.remove("task_1", 1)


async def test_remove_returns_the_last_version(store, make):
    added = await store.tasks.add(make.task("task_1"))
    assert await store.tasks.remove("task_1", 1) == added
    with pytest.raises(NotFound):
        await store.tasks.get("task_1")
    assert (await store.tasks.find(TaskQuery())).total == 0
    assert (await store.tasks.add(make.task("task_1"))).revision == 1


async def test_a_task_moves_to_another_project(store, make):
    added = await store.tasks.add(make.task("task_1", project_id="a"))
    moved = await store.tasks.save(evolve(added, project_id="b"))
    assert await store.tasks.get("task_1") == moved
    assert (await store.tasks.find(TaskQuery(project_id="a"))).total == 0
    assert (await store.tasks.find(TaskQuery(project_id="b"))).items == (moved,)


async def test_derived_fields_are_not_stored(store, make):
    added = await store.tasks.add(make.task("task_1", session_ids=("sess_1",)))
    assert added.session_ids == ()
    saved = await store.tasks.save(evolve(added, session_ids=("sess_1",)))
    assert saved.session_ids == (await store.tasks.get("task_1")).session_ids == ()


async def test_unknown_fields_are_kept(store, make):
    added = await store.tasks.add(make.task("task_1", colour={"of": ["the", None, 1.5]}))
    assert (await store.tasks.get("task_1")).to_wire()["colour"] == {"of": ["the", None, 1.5]}
    assert (await store.tasks.save(evolve(added, title="new"))).to_wire()["colour"] == {"of": ["the", None, 1.5]}


@pytest.fixture
async def board(store, make):
    """Seven tasks in two projects, named for what they are."""
    facts = [
        ("a", "Apple", None, "todo", "low"),
        ("b", "banana", None, "todo", "high"),
        ("c", "Cherry", "a", "blocked", "medium"),
        ("d", "apple", "a", "completed", "high"),
        ("e", "Elder", "b", "in_progress", "low"),
        ("f", "fig ÄRGER", None, "todo", "medium"),
    ]
    for number, (name, title, parent, status, priority) in enumerate(facts):
        await store.tasks.add(
            make.task(
                name,
                title=title,
                parent_id=parent,
                status=TaskStatus(status),
                priority=Priority(priority),
                description=f"about {name} Straße",
                created_at=1000 + number // 2,
                updated_at=2000 - number,
            )
        )
    await store.tasks.add(make.task("z", project_id="other", title="Zebra", created_at=1))
    return store


async def names(store, **query):
    page = await store.tasks.find(TaskQuery(**query))
    assert page.total >= len(page.items)
    return "".join(task.id for task in page.items)


async def test_tasks_are_found(board):
    found = {
        "all": await names(board),
        "project": await names(board, project_id="proj_1"),
        "status": await names(board, statuses=frozenset({TaskStatus.TODO})),
        "statuses": await names(
            board, project_id="proj_1", statuses=frozenset({TaskStatus.TODO, TaskStatus.BLOCKED})
        ),
        "priority": await names(board, priority=Priority.HIGH),
        "roots": await names(board, parent_id=None),
        "roots of one": await names(board, project_id="proj_1", parent_id=None),
        "roots that": await names(
            board,
            project_id="proj_1",
            parent_id=None,
            statuses=frozenset({TaskStatus.TODO}),
            priority=Priority.LOW,
        ),
        "children": await names(board, parent_id="a"),
        "children that": await names(board, parent_id="a", priority=Priority.HIGH),
        "children elsewhere": await names(board, parent_id="a", project_id="other"),
        "title": await names(board, text="APPLE"),
        "description": await names(board, text="about c"),
        "folded": await names(board, text="STRASSE", project_id="proj_1"),
        "text and status": await names(board, text="ärger", statuses=frozenset({TaskStatus.TODO})),
        "nothing": await names(board, text="nowhere"),
    }
    assert found == {
        "all": "zabcdef",
        "project": "abcdef",
        "status": "zabf",
        "statuses": "abcf",
        "priority": "bd",
        "roots": "zabf",
        "roots of one": "abf",
        "roots that": "a",
        "children": "cd",
        "children that": "d",
        "children elsewhere": "",
        "title": "ad",
        "description": "c",
        "folded": "abcdef",
        "text and status": "f",
        "nothing": "",
    }


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("createdAt", "abcdef"),
        ("-createdAt", "efcdab"),
        ("updatedAt", "fedcba"),
        ("-updatedAt", "abcdef"),
        ("title", "adbcef"),
        ("-title", "fecbad"),
        ("priority", "aecfbd"),
        ("-priority", "bdcfae"),
    ],
)
async def test_tasks_are_sorted_equal_ones_oldest_first(board, sort, expected):
    assert await names(board, project_id="proj_1", sort=sort) == expected
    changed = await board.tasks.get("a")
    await board.tasks.save(evolve(changed, title="Apple"))
    assert await names(board, project_id="proj_1", sort=sort) == expected


async def test_pages(board):
    page = await board.tasks.find(TaskQuery(project_id="proj_1", offset=2, limit=3))
    assert ([task.id for task in page.items], page.total, page.offset) == (["c", "d", "e"], 6, 2)
    beyond = await board.tasks.find(TaskQuery(project_id="proj_1", offset=9, limit=3))
    assert (beyond.items, beyond.total) == ((), 6)
    assert (await board.tasks.find(TaskQuery(statuses=frozenset(TaskStatus), limit=2))).total == 7
    assert (await board.tasks.find(TaskQuery(text="apple", limit=1, offset=1))).items[0].id == "d"


async def test_sorted_orders_follow_changes(board):
    assert await names(board, project_id="proj_1", sort="-title") == "fecbad"
    apple = await board.tasks.get("a")
    await board.tasks.save(evolve(apple, title="zucchini", created_at=5000, priority=Priority.HIGH))
    await board.tasks.remove("e")
    assert await names(board, project_id="proj_1", sort="-title") == "afcbd"
    assert await names(board, project_id="proj_1") == "bcdfa"
    assert await names(board, priority=Priority.HIGH, sort="-priority") == "bda"


async def test_projects_are_found_oldest_first(store, make):
    for name, created in (("b", 2), ("a", 2), ("c", 1)):
        await store.projects.add(make.project(name, created_at=created))
    page = await store.projects.find(ProjectQuery(offset=1, limit=1))
    assert ([project.id for project in page.items], page.total) == (["a"], 3)
    assert "".join(p.id for p in (await store.projects.find(ProjectQuery())).items) == "cab"


async def test_sessions_are_found(store, make):
    facts = [
        ("a", "p", ("t", "u"), "running", None, "a"),
        ("b", "p", ("t",), "completed", "a", "a"),
        ("c", "q", (), "spawning", "a", "a"),
        ("d", "p", ("u", "u"), "failed", None, None),
    ]
    for name, project, tasks, status, parent, root in facts:
        await store.sessions.add(
            make.session(
                name,
                project_id=project,
                task_ids=tasks,
                status=SessionStatus(status),
                parent_session_id=parent,
                root_session_id=root,
            )
        )

    async def found(**query):
        page = await store.sessions.find(SessionQuery(**query))
        assert page.total == len(page.items)
        return "".join(session.id for session in page.items)

    running = frozenset({SessionStatus.RUNNING})
    over = frozenset({SessionStatus.FAILED, SessionStatus.COMPLETED})
    assert await found() == "abcd"
    assert await found(project_id="p") == "abd"
    assert await found(task_id="t") == "ab"
    assert await found(task_id="u", live=True) == "a"
    assert await found(live=True) == "ac"
    assert await found(live=False, project_id="p") == "bd"
    assert await found(statuses=running) == "a"
    assert await found(statuses=over, project_id="p") == "bd"
    assert await found(statuses=over | running) == "abd"
    assert await found(statuses=running, live=False) == ""
    assert await found(parent_session_id="a") == "bc"
    assert await found(root_session_id="a", live=False) == "b"
    ended = await store.sessions.save(
        evolve(await store.sessions.get("a"), status=SessionStatus.LOST, task_ids=("u",))
    )
    assert await found(live=True) == "c"
    assert await found(task_id="t") == "b"
    assert (await store.sessions.find(SessionQuery(task_id="u"))).items[0] == ended


async def test_a_healthy_store_says_so(store):
    await store.check()
    assert store.findings() == ()


async def test_changes_end_when_the_store_closes(store, make):
    async def read():
        return [batch async for batch in store.changes()]

    reading = asyncio.create_task(read())
    await store.tasks.add(make.task("task_1"))
    await store.close()
    assert await asyncio.wait_for(reading, 5) == []
