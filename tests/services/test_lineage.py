"""Who started whom: depth is remembered, and every session is in the tree exactly once."""

from hypothesis import given
from hypothesis import strategies as st

from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.services.lineage import depth_below, forest
from maestro_tui.store.base import SessionQuery
from maestro_tui.store.memory import MemoryStore


def session(name, parent=None, depth=None, status=SessionStatus.RUNNING):
    times = dict.fromkeys(("created_at", "updated_at", "started_at", "last_activity"), 1)
    return Session(
        id=name, project_id="proj_1", name=name, parent_session_id=parent, depth=depth, status=status, **times
    )


def flat(nodes):
    for node in nodes:
        yield node
        yield from flat(node["children"])


async def test_spawned_sessions_and_registered_ones_remember_their_depth(house, agent):
    project = await house.project()
    body = {"projectId": project.id, "taskIds": [(await house.task(project)).id]}
    root = await house.services.spawning.spawn(body, OWNER)
    child = await house.services.spawning.spawn(body, agent(root))
    by_hand = await house.session(project, actor=agent(child))
    assert [one.depth for one in (root, child, by_hand)] == [0, 1, 2]
    await house.services.sessions.delete(root.id, OWNER)
    assert (await house.services.spawning.spawn(body, agent(child))).depth == 2


async def test_the_tree_of_a_project_can_be_cut_to_what_lives(house, agent):
    project = await house.project()
    body = {"projectId": project.id, "taskIds": [(await house.task(project)).id]}
    root = await house.services.spawning.spawn(body, OWNER)
    child = await house.services.spawning.spawn(body, agent(root))
    other = await house.services.spawning.spawn(body, agent(root))
    for one in (root, other):
        await house.services.sessions.update(one.id, UpdateSession(status=SessionStatus.STOPPED), OWNER)
    query = SessionQuery(project_id=project.id)
    (whole,) = await house.services.sessions.tree(query, OWNER)
    assert {node["id"] for node in whole["children"]} == {child.id, other.id}
    (alive,) = await house.services.sessions.tree(query, agent(child), live_only=True)
    assert (alive["id"], [node["id"] for node in alive["children"]]) == (root.id, [child.id])


async def test_depth_is_counted_where_nobody_recorded_it_and_circles_end():
    store = MemoryStore()
    top = await store.sessions.add(session("a"))
    middle = await store.sessions.add(session("b", "a"))
    recorded = await store.sessions.add(session("c", "gone", depth=4))
    circle = await store.sessions.add(session("d", "e"))
    await store.sessions.add(session("e", "d"))
    depths = [await depth_below(store, one) for one in (None, top, middle, recorded, circle)]
    assert depths == [0, 1, 2, 5, 2]


@given(st.lists(st.integers(-1, 12), max_size=12), st.booleans())
def test_every_session_is_in_the_tree_once(parents, live_only):
    sessions = [session(f"s{number}", None if up < 0 else f"s{up}") for number, up in enumerate(parents)]
    nodes = list(flat(forest(sessions, live_only=live_only)))
    assert sorted(node["id"] for node in nodes) == sorted(one.id for one in sessions)
    for node in nodes:
        assert all(child["depth"] == node["depth"] + 1 for child in node["children"])
