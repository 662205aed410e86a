"""Limits hold whoever asks and however many at once; pause holds over a restart."""

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maestro_tui.config.settings import Settings, SpawnPolicy, SpawnRoles
from maestro_tui.domain.actor import OWNER, Actor
from maestro_tui.domain.errors import Forbidden, SpawnRefused
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.projects import CreateProject
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.requests.tasks import CreateTask
from maestro_tui.domain.status import SessionStatus
from maestro_tui.paths import Home
from maestro_tui.services.wiring import build_services
from maestro_tui.skills.loader import SkillLibrary
from maestro_tui.store.base import SessionQuery
from maestro_tui.store.memory import MemoryStore


async def ready(house, working_dir=""):
    project = await house.services.projects.create(
        CreateProject(name="webshop", working_dir=str(working_dir)), OWNER
    )
    return {"projectId": project.id, "taskIds": [(await house.task(project)).id]}


async def spawn(house, body, actor=OWNER):
    return await house.services.spawning.spawn(body, actor)


async def refused(house, body, actor=OWNER):
    with pytest.raises(SpawnRefused) as refusal:
        await spawn(house, body, actor)
    return refusal.value


async def test_a_session_has_only_so_many_live_sessions_of_its_own(make_house, agent):
    house = make_house(spawn=SpawnPolicy(max_per_parent=2))
    body = await ready(house)
    parent, other = await spawn(house, body), await spawn(house, body)
    outcomes = await asyncio.gather(*(spawn(house, body, agent(parent)) for _ in range(6)), return_exceptions=True)
    children = [one for one in outcomes if not isinstance(one, BaseException)]
    assert len(children) == 2
    refusal = await refused(house, body, agent(parent))
    assert refusal.code == "spawn_limit_reached"
    assert refusal.details == {"setting": "spawn.maxPerParent", "limit": 2, "current": 2, "file": "config.toml"}
    await spawn(house, body, agent(other))
    await house.services.sessions.update(children[0].id, UpdateSession(status=SessionStatus.STOPPED), OWNER)
    await spawn(house, body, agent(parent))


async def test_the_minute_is_counted_from_the_stored_sessions_after_a_restart(make_house, clock):
    store = MemoryStore()
    first = make_house(store, spawn=SpawnPolicy(max_per_minute=3))
    body = await ready(first)
    for _ in range(2):
        await spawn(first, body)
        clock.pass_seconds(10)
    again = make_house(store, spawn=SpawnPolicy(max_per_minute=3))
    await spawn(again, body)
    refusal = await refused(again, body)
    assert (refusal.code, refusal.details["retryAfter"]) == ("spawn_rate_limited", 40)
    clock.pass_seconds(40)
    await spawn(again, body)


async def test_deleting_sessions_makes_no_room_within_the_minute(make_house):
    house = make_house(spawn=SpawnPolicy(max_per_minute=1))
    body = await ready(house)
    await house.services.sessions.delete((await spawn(house, body)).id, OWNER)
    assert (await refused(house, body)).code == "spawn_rate_limited"


async def test_a_project_may_be_stricter_and_the_refusal_names_its_file(make_house, tmp_path):
    house = make_house(spawn=SpawnPolicy(max_live=5))
    (tmp_path / ".maestro").mkdir()
    file = tmp_path / ".maestro" / "config.toml"
    file.write_text("[spawn]\nmaxLive = 1\n")
    body = await ready(house, tmp_path)
    await spawn(house, body)
    refusal = await refused(house, body)
    assert refusal.details["file"] == "the project's .maestro/config.toml"
    assert "raise maxLive under [spawn] in the project's .maestro/config.toml" in refusal.suggestion
    overview = await house.services.spawn_control.overview(body["projectId"], OWNER)
    assert (overview["limits"]["maxLive"], overview["stricter"]) == (1, ["spawn.maxLive"])
    file.write_text("[spawn]\nmaxLive = 100\n")
    await spawn(house, body)
    overview = await house.services.spawn_control.overview(body["projectId"], OWNER)
    assert overview["limits"]["maxLive"] == 5
    assert "milder" in overview["findings"][0]


@pytest.mark.parametrize("asks_in_the_cockpit", [True, False])
async def test_a_denied_role_is_refused_to_everybody(make_house, agent, asks_in_the_cockpit):
    house = make_house(spawn=SpawnPolicy(roles=SpawnRoles(orchestrator="deny")))
    body = await ready(house)
    actor = OWNER if asks_in_the_cockpit else agent(await spawn(house, body))
    refusal = await refused(house, body | {"role": "orchestrator"}, actor)
    assert (refusal.code, refusal.http_status) == ("spawn_role_denied", 403)
    assert refusal.details["setting"] == "spawn.roles.orchestrator"
    assert "orchestrator under [spawn.roles]" in refusal.suggestion


async def test_a_pause_stops_everybody_and_outlives_the_server(make_house, agent):
    house = make_house()
    body = await ready(house)
    session = await spawn(house, body)
    standing = await house.services.spawn_control.pause("too many of them", OWNER)
    assert (standing["paused"], standing["reason"]) == (True, "too many of them")
    assert house.of(EventName.SPAWNING_PAUSED)[0]["paused"] is True
    for actor in (OWNER, agent(session)):
        refusal = await refused(house, body, actor)
        assert (refusal.code, refusal.http_status) == ("spawn_paused", 429)
        assert "too many of them" in refusal.message
    again = make_house(house.services.store)
    assert (await refused(again, body)).code == "spawn_paused"
    assert (await again.services.spawn_control.resume(OWNER))["paused"] is False
    await spawn(again, body)
    await spawn(make_house(house.services.store), body)


async def test_only_the_owner_pauses_and_a_session_sees_its_own_project_only(house, agent):
    session = agent(await spawn(house, await ready(house)))
    other = await house.project("other")
    for attempt in (
        house.services.spawn_control.pause(None, session),
        house.services.spawn_control.resume(session),
        house.services.spawn_control.overview(other.id, session),
    ):
        with pytest.raises(Forbidden):
            await attempt
    assert (await house.services.spawn_control.overview(None, session))["projectId"] == session.project_id


@pytest.mark.parametrize("content", ["", "[]", "not json", '{"since": "x"}'])
async def test_a_spoilt_pause_file_still_pauses(make_house, home, content):
    home.root.mkdir()
    home.spawn_pause.write_text(content)
    house = make_house()
    assert (await refused(house, await ready(house))).code == "spawn_paused"
    await house.services.spawn_control.resume(OWNER)
    assert not home.spawn_pause.exists()


async def test_no_spawn_is_stored_once_the_pause_is_answered(house):
    body = await ready(house)
    spawns = [asyncio.ensure_future(spawn(house, body)) for _ in range(5)]
    pause = asyncio.ensure_future(house.services.spawn_control.pause(None, OWNER))
    late = [asyncio.ensure_future(spawn(house, body)) for _ in range(5)]
    stored = (await pause)["live"]
    outcomes = await asyncio.gather(*spawns, *late, return_exceptions=True)
    assert (await house.services.sessions.find(SessionQuery(), OWNER)).total == stored
    assert sum(not isinstance(one, BaseException) for one in outcomes) == stored
    assert all(isinstance(one, SpawnRefused) for one in outcomes[5:])


ASKS = st.lists(st.tuples(st.integers(0, 4), st.sampled_from(["spawn", "end", "wait"])), min_size=1, max_size=25)


@settings(max_examples=25, deadline=None)
@given(
    depth=st.integers(0, 2), live=st.integers(1, 5), parent=st.integers(1, 3), minute=st.integers(1, 6), asks=ASKS
)
@pytest.mark.attack(89)
def test_no_limit_is_ever_exceeded_however_spawns_race(depth, live, parent, minute, asks):
    with tempfile.TemporaryDirectory() as directory:
        policy = SpawnPolicy(max_depth=depth, max_live=live, max_per_parent=parent, max_per_minute=minute)
        asyncio.run(_race(Path(directory), policy, asks))


async def _race(directory, policy, asks):
    """Batches of spawns at once, below whichever sessions there are; then ends, and time."""
    now = [1_700_000_000_000]
    services = build_services(
        store=MemoryStore(),
        settings=Settings(spawn=policy),
        home=Home.from_environment({"HOME": str(directory)}),
        skills=SkillLibrary([]),
        signing_key=b"k",
        clock=lambda: now[0],
    )
    project = await services.projects.create(CreateProject(name="p"), OWNER)
    task = await services.tasks.create(CreateTask(project_id=project.id, title="t"), OWNER)
    body = {"projectId": project.id, "taskIds": [task.id]}
    waiting = []
    for pick, what in asks:
        sessions = (await services.sessions.find(SessionQuery(), OWNER)).items
        running = [one for one in sessions if one.is_live]
        if what == "spawn":
            chosen = running[pick % len(running)] if running and pick else None
            actor = Actor(chosen.id, project.id, chosen.role) if chosen else OWNER
            waiting += [services.spawning.spawn(body, actor) for _ in range(2)]
            continue
        await asyncio.gather(*waiting, return_exceptions=True)
        waiting = []
        if what == "wait":
            now[0] += 20_000
        elif running:
            end = UpdateSession(status=SessionStatus.COMPLETED)
            await services.sessions.update(running[pick % len(running)].id, end, OWNER)
        await _require_within(services, policy, now[0])
    await asyncio.gather(*waiting, return_exceptions=True)
    await _require_within(services, policy, now[0])


async def _require_within(services, policy, now):
    sessions = (await services.sessions.find(SessionQuery(), OWNER)).items
    running = [one for one in sessions if one.is_live]
    assert len(running) <= policy.max_live
    assert all(one.depth <= policy.max_depth for one in sessions)
    for one in sessions:
        assert sum(child.parent_session_id == one.id for child in running) <= policy.max_per_parent
    assert sum(now - one.created_at < 60_000 for one in sessions) <= policy.max_per_minute
