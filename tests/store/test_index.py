"""The index answers the same whichever way it was filled and whichever way a text search is narrowed."""

import random

import pytest

from maestro_tui.domain.status import Priority, TaskStatus
from maestro_tui.domain.task import Task
from maestro_tui.store.base import TaskQuery
from maestro_tui.store.json_files.index import Index, plan_tasks, session_facets, task_facets
from maestro_tui.store.json_files.records import record_of

COUNT = 3_000
MANY = 1_500
QUERIES = [
    TaskQuery(),
    TaskQuery(project_id="proj_1", limit=20, offset=5),
    TaskQuery(project_id="proj_1", statuses=frozenset({TaskStatus.TODO, TaskStatus.BLOCKED}), limit=50),
    TaskQuery(parent_id=None, sort="-title", limit=30, offset=100),
    TaskQuery(parent_id="task_1", priority=Priority.HIGH, sort="-updatedAt"),
    TaskQuery(sort="priority", limit=10, offset=2_990),
]


@pytest.fixture(scope="module")
def records():
    chance = random.Random(7)
    return [
        record_of(
            Task(
                id=f"task_{number}",
                project_id=f"proj_{chance.randrange(3)}",
                parent_id=chance.choice([None, None, "task_1", "task_2"]),
                title=f"Title {chance.randrange(50)}",
                status=chance.choice(list(TaskStatus)),
                priority=chance.choice(list(Priority)),
                created_at=chance.randrange(1_000),
                updated_at=chance.randrange(1_000),
            )
        )
        for number in range(COUNT)
    ]


@pytest.mark.parametrize("query", QUERIES)
def test_loading_at_once_is_adding_one_by_one(records, query):
    at_once, one_by_one = Index(task_facets), Index(task_facets)
    at_once.load(records)
    for record in records:
        one_by_one.put(record)
    assert at_once.find(plan_tasks(query)) == one_by_one.find(plan_tasks(query))
    at_once.put(records[3]._replace(status="done", revision=2))
    one_by_one.put(records[3]._replace(status="done", revision=2))
    at_once.drop("task_4")
    one_by_one.drop("task_4")
    assert at_once.find(plan_tasks(query)) == one_by_one.find(plan_tasks(query))


@pytest.mark.parametrize("query", QUERIES)
def test_many_hits_come_in_the_order_few_would(records, query):
    index = Index(task_facets)
    index.load(records)
    plan = plan_tasks(query)
    ids = frozenset(record.id for record in records[:MANY]) | {"task_unknown"}
    expected = [record for record in index.find(plan._replace(offset=0, limit=None))[0] if record.id in ids]
    end = None if query.limit is None else query.offset + query.limit
    assert index.find_among(plan, ids) == (expected[query.offset : end], len(expected))


def test_loading_nothing_is_empty():
    index = Index(session_facets)
    index.load(())
    assert index.records == {}
