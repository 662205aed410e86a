"""A session that ended gets another try with the same brief, later and later when it ends at once."""

import asyncio
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestro_tui.config.settings import Settings, SpawnPolicy, SpawnRoles
from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import BusinessRuleBroken, Conflict, Forbidden, SpawnRefused
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.projects import CreateProject
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.requests.spawning import RestartSession
from maestro_tui.domain.requests.tasks import CreateTask, UpdateTask
from maestro_tui.domain.status import ENDED, SessionStatus
from maestro_tui.paths import Home
from maestro_tui.services.wiring import build_services
from maestro_tui.skills.loader import SkillLibrary
from maestro_tui.store.base import SessionQuery
from maestro_tui.store.memory import MemoryStore

AGAIN = RestartSession()


async def report(house, session, status, **fields):
    return await house.services.sessions.update(session.id, UpdateSession(status=status, **fields), OWNER)


async def ended(house, session, status=SessionStatus.FAILED, *, after=30):
    """The session after it ran for so many seconds."""
    await report(house, session, SessionStatus.RUNNING)
    house.clock.pass_seconds(after)
    return await report(house, session, status)


async def restart(house, session, actor=OWNER):
    return await house.services.restarting.restart(session.id, AGAIN, actor)


@pytest.fixture
async def place(house):
    project = await house.project()
    task = await house.task(project, "Implement feature X")
    return project, task, {"projectId": project.id, "taskIds": [task.id]}


async def spawn(house, body, actor=OWNER):
    return await house.services.spawning.spawn(body, actor)


async def test_the_new_session_is_the_old_one_again(house, place, agent):
    _, task, body = place
    parent = await spawn(house, body)
    wish = {
        "name": "API",
        "role": "orchestrator",
        "agent": "codex",
        "model": "big",
        "cwd": "/srv/x",
        "env": {"LANG": "C"},
        "skills": ["maestro-cli"],
        "reason": "first",
        "context": {"hint": 1},
    }
    old = await ended(house, await spawn(house, body | wish, agent(parent)))
    await house.services.tasks.update(task.id, UpdateTask(title="Another title"), OWNER)
    house.heard.clear()
    new = await restart(house, old)
    same = {
        *("project_id", "task_ids", "name", "role", "agent", "model", "cwd", "env", "skill_ids", "metadata"),
        *("parent_session_id", "root_session_id", "depth"),
    }
    assert {name: getattr(new, name) for name in same} == {name: getattr(old, name) for name in same}
    assert (new.status, new.restart_of, new.id != old.id) == (SessionStatus.SPAWNING, old.id, True)
    assert house.names()[0] == "session:created"
    assert house.of(EventName.SESSION_SPAWN_REQUEST)[0]["sessionId"] == new.id


async def test_manifest_and_brief_are_reused_word_for_word_but_for_the_sessions_own_id(house, place):
    _, task, body = place
    old = await ended(house, await spawn(house, body | {"context": ["a"], "reason": "why"}))
    await house.services.tasks.update(task.id, UpdateTask(title="Another title"), OWNER)
    new = await restart(house, old)
    before, after = house.home.session(old.id), house.home.session(new.id)
    brief = (after / "brief.md").read_text()
    assert brief == (before / "brief.md").read_text().replace(old.id, new.id)
    assert "Implement feature X" in brief
    manifest, expected = (json.loads((place / "manifest.json").read_bytes()) for place in (after, before))
    for name in ("teamMemberId", "teamMemberIdentity"):
        expected[name] = expected[name].replace(old.id, new.id)
    facts = expected["context"]["custom"]
    facts["session"] |= {"id": new.id, "restartOf": old.id}
    facts["briefPath"] = str(after / "brief.md")
    assert manifest == expected
    assert house.of(EventName.SESSION_SPAWN)[-1]["manifest"] == manifest
    assert {path.stat().st_mode & 0o777 for path in after.iterdir()} == {0o600}


@pytest.mark.parametrize("status", sorted(ENDED))
async def test_every_ended_session_can_be_restarted_and_no_live_one(house, place, status):
    session = await spawn(house, place[2])
    for live in (None, SessionStatus.RUNNING, SessionStatus.IDLE):
        if live:
            await report(house, session, live)
        with pytest.raises(Conflict, match="only one that has ended"):
            await restart(house, session)
    house.clock.pass_seconds(60)
    await report(house, session, status)
    assert (await restart(house, session)).restart_of == session.id


async def test_one_session_is_restarted_once_even_when_many_ask_at_once(house, place):
    old = await ended(house, await spawn(house, place[2]))
    outcomes = await asyncio.gather(*(restart(house, old) for _ in range(5)), return_exceptions=True)
    (new,) = (one for one in outcomes if not isinstance(one, BaseException))
    conflicts = [one for one in outcomes if isinstance(one, Conflict)]
    assert len(conflicts) == 4
    assert {one.details["sessionId"] for one in conflicts} == {new.id}
    again = await restart(house, await ended(house, new))
    assert again.restart_of == new.id


async def test_the_parents_agent_may_and_a_stranger_may_not(house, place, agent):
    parent, stranger = await spawn(house, place[2]), await spawn(house, place[2])
    child = await ended(house, await spawn(house, place[2], agent(parent)))
    with pytest.raises(Forbidden):
        await restart(house, child, agent(stranger))
    new = await restart(house, child, agent(parent))
    assert (new.parent_session_id, new.spawn_source) == (parent.id, "session")


async def test_a_root_restarted_is_a_root_of_its_own_and_depth_stays_without_the_parent(house, place, agent):
    root = await ended(house, await spawn(house, place[2]))
    again = await restart(house, root)
    assert (again.root_session_id, again.depth) == (again.id, 0)
    child = await ended(house, await spawn(house, place[2], agent(again)))
    await house.services.sessions.delete(again.id, OWNER)
    assert (await restart(house, child)).depth == 1


async def test_one_never_spawned_or_without_brief_or_tasks_cannot_be_restarted(house, place):
    project, task, body = place
    by_hand = await house.session(project, task, status=SessionStatus.FAILED)
    with pytest.raises(BusinessRuleBroken, match="never spawned"):
        await restart(house, by_hand)
    without_brief = await ended(house, await spawn(house, body))
    (house.home.session(without_brief.id) / "manifest.json").write_text("[]")
    with pytest.raises(BusinessRuleBroken, match="brief"):
        await restart(house, without_brief)
    without_task = await ended(house, await spawn(house, body))
    await house.services.tasks.delete(task.id, OWNER)
    with pytest.raises(SpawnRefused, match="exists any more") as refused:
        await restart(house, without_task)
    assert refused.value.http_status == 404


async def test_restarts_are_held_to_the_policy(make_house, agent):
    house = make_house(spawn=SpawnPolicy(max_live=2, roles=SpawnRoles(worker="ask")))
    project = await house.project()
    body = {"projectId": project.id, "taskIds": [(await house.task(project)).id]}
    parent = await spawn(house, body)
    child = await spawn(house, body, agent(parent))
    child = await report(house, child, SessionStatus.STOPPED)
    other = await spawn(house, body)
    with pytest.raises(SpawnRefused, match="2 live sessions"):
        await restart(house, child)
    await report(house, other, SessionStatus.STOPPED)
    await house.services.spawn_control.pause(None, OWNER)
    with pytest.raises(SpawnRefused, match="paused"):
        await restart(house, child)
    await house.services.spawn_control.resume(OWNER)
    assert (await restart(house, child, agent(parent))).awaits_approval


async def test_each_end_that_comes_at_once_doubles_the_wait(house, place):
    session = await spawn(house, place[2])
    for count in (1, 2, 3):
        session = await ended(house, session, after=9)
        with pytest.raises(SpawnRefused) as refused:
            await restart(house, session)
        assert (refused.value.code, refused.value.http_status) == ("restart_too_soon", 429)
        assert refused.value.details == {"inARow": count, "waitSeconds": 2**count, "retryAfter": 2**count}
        house.clock.pass_seconds(2**count - 1)
        with pytest.raises(SpawnRefused) as refused:
            await restart(house, session)
        assert refused.value.details["retryAfter"] == 1
        house.clock.pass_seconds(1)
        session = await restart(house, session)
    session = await ended(house, session, after=10)
    session = await restart(house, session)
    assert session.quick_ends == 0


async def test_one_that_failed_to_start_counts_and_one_a_person_stopped_does_not(house, place):
    failed = await spawn(house, place[2])
    await report(house, failed, SessionStatus.FAILED, reason="no such program")
    with pytest.raises(SpawnRefused, match="1 in a row"):
        await restart(house, failed)
    stopped = await ended(house, await spawn(house, place[2]), SessionStatus.STOPPED, after=1)
    assert (await restart(house, stopped)).quick_ends == 0


TRIES = st.lists(
    st.tuples(
        st.sampled_from([SessionStatus.FAILED, SessionStatus.COMPLETED, SessionStatus.STOPPED]),
        st.integers(0, 20),
        st.integers(0, 40),
    ),
    max_size=8,
)


@settings(max_examples=30, deadline=None)
@given(TRIES)
def test_the_wait_is_two_to_the_length_of_the_row(tries):
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(_chain(Path(directory), tries))


async def _chain(directory, tries):
    """A chain of tries, each (how it ended, seconds it ran, seconds until the restart is asked for)."""
    now = [1_700_000_000_000]
    services = build_services(
        store=MemoryStore(),
        settings=Settings(spawn=SpawnPolicy(max_per_minute=1000)),
        home=Home.from_environment({"HOME": str(directory)}),
        skills=SkillLibrary([]),
        signing_key=b"k",
        clock=lambda: now[0],
    )
    project = await services.projects.create(CreateProject(name="p"), OWNER)
    task = await services.tasks.create(CreateTask(project_id=project.id, title="t"), OWNER)
    session = await services.spawning.spawn({"projectId": project.id, "taskIds": [task.id]}, OWNER)
    row = 0
    for status, ran, waited in tries:
        await services.sessions.update(session.id, UpdateSession(status=SessionStatus.RUNNING), OWNER)
        now[0] += ran * 1000
        await services.sessions.update(session.id, UpdateSession(status=status), OWNER)
        row = row + 1 if ran < 10 and status is not SessionStatus.STOPPED else 0
        now[0] += waited * 1000
        left = 2**row - waited if row else 0
        if left > 0:
            with pytest.raises(SpawnRefused) as refused:
                await services.restarting.restart(session.id, AGAIN, OWNER)
            assert refused.value.details["retryAfter"] == left
            now[0] += left * 1000
        session = await services.restarting.restart(session.id, AGAIN, OWNER)
    stored = (await services.sessions.find(SessionQuery(), OWNER)).items
    assert len(stored) == len(tries) + 1
    assert sum(one.restart_of is None for one in stored) == 1
