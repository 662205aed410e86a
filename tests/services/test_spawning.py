import asyncio
import json

import pytest

from maestro_tui.config.settings import AgentProfile, SpawnPolicy
from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import Forbidden, Invalid, SpawnRefused, Unavailable
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.projects import CreateProject
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.requests.tasks import UpdateTask
from maestro_tui.domain.status import Role, SessionStatus
from maestro_tui.environment import manifest_facts
from maestro_tui.store.base import SessionQuery


@pytest.fixture
async def place(house):
    """A project and a task, and a spawn body that is right for them."""
    project = await house.services.projects.create(CreateProject(name="webshop", working_dir="/srv/shop"), OWNER)
    task = await house.task(project, "Implement feature X")
    return project, task, {"projectId": project.id, "taskIds": [task.id]}


async def spawn(house, body, actor=OWNER):
    return await house.services.spawning.spawn(body, actor)


async def refusal(house, body, actor=OWNER):
    stored = (await house.services.sessions.find(SessionQuery(), OWNER)).total
    announced = len(house.heard)
    with pytest.raises(SpawnRefused) as refused:
        await spawn(house, body, actor)
    assert (await house.services.sessions.find(SessionQuery(), OWNER)).total == stored
    assert len(house.heard) == announced
    return refused.value


BREAKS = [
    ("missing_project_id", 400, lambda body: body.pop("projectId")),
    ("invalid_task_ids", 400, lambda body: body.update(taskIds=[])),
    ("invalid_spawn_source", 400, lambda body: body.update(spawnSource="web")),
    ("parent_session_not_found", 404, lambda body: body.update(spawnedBy="sess_x")),
    ("invalid_role", 400, lambda body: body.update(role="boss")),
    ("task_not_found", 404, lambda body: body["taskIds"].append("task_x")),
    ("project_not_found", 404, lambda body: body.update(projectId="proj_x")),
    ("skill_not_found", 404, lambda body: body.update(skill="maestro-wizard")),
    ("invalid_agent", 400, lambda body: body.update(agent="clippy")),
    ("VALIDATION_ERROR", 400, lambda body: body.update(model="x" * 101)),
    ("spawn_limit_reached", 429, lambda body: None),
]


@pytest.mark.parametrize("first", range(len(BREAKS)))
async def test_checks_come_in_order_each_with_its_own_code(make_house, first):
    house = make_house(spawn=SpawnPolicy(max_live=1))
    project = await house.project()
    await house.session(project)
    body = {"projectId": project.id, "taskIds": [(await house.task(project)).id]}
    for _, _, break_it in reversed(BREAKS[first:]):  # everything from here on is wrong; the first is named
        break_it(body)
    code, status, _ = BREAKS[first]
    if code == "VALIDATION_ERROR":
        with pytest.raises(Invalid, match="model"):
            await spawn(house, body)
        return
    refused = await refusal(house, body)
    assert (refused.code, refused.http_status) == (code, status)
    assert refused.message


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("missing_project_id", {"projectId": "../x"}),
        ("missing_project_id", {"projectId": 7}),
        ("invalid_task_ids", {"taskIds": "task_1"}),
        ("invalid_task_ids", {"taskIds": ["../x"]}),
        ("invalid_task_ids", {"taskIds": [7]}),
        ("invalid_task_ids", {"taskIds": None}),
        ("invalid_spawn_source", {"spawnSource": ["ui"]}),
        ("parent_session_not_found", {"sessionId": ["x"]}),
        ("parent_session_not_found", {"parentSessionId": "../x"}),
        ("invalid_role", {"mode": {}}),
        ("skill_not_found", {"skills": [7]}),
        ("skill_not_found", {"skills": ["../../../etc"]}),
        ("invalid_agent", {"agent": ["sh"]}),
    ],
)
@pytest.mark.attack(36, 85)
async def test_wrong_shapes_are_refused_with_the_code_of_their_check(house, place, code, change):
    assert (await refusal(house, place[2] | change)).code == code


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("name", {"name": 7}),
        ("cwd", {"cwd": "x" * 5000}),
        ("reason", {"reason": ["a"]}),
        ("env", {"env": "A=1"}),
        ("env", {"env": {f"V{number}": "" for number in range(101)}}),
        ("env.PATH", {"env": {"PATH": "/evil"}}),
        ("env.LD_PRELOAD", {"env": {"LD_PRELOAD": "x.so"}}),
        ("env.DYLD_INSERT_LIBRARIES", {"env": {"DYLD_INSERT_LIBRARIES": "x"}}),
        ("env.PYTHONSTARTUP", {"env": {"PYTHONSTARTUP": "x.py"}}),
        ("env.maestro_token", {"env": {"maestro_token": "x"}}),
        ("env.MY_API_KEY", {"env": {"MY_API_KEY": "k"}}),
        ("env.A=B", {"env": {"A=B": "x"}}),
        ("env.A", {"env": {"A": "nul\x00"}}),
        ("env.A", {"env": {"A": 1}}),
    ],
)
@pytest.mark.attack(85, 88)
async def test_other_wrong_fields_are_named_and_nothing_is_stored(house, place, path, change):
    with pytest.raises(Invalid) as refused:
        await spawn(house, place[2] | change)
    assert refused.value.details[0]["path"] == path
    assert (await house.services.sessions.find(SessionQuery(), OWNER)).total == 0


async def test_a_task_of_another_project_is_not_found(house, place):
    foreign = await house.task(await house.project("other"))
    refused = await refusal(house, place[2] | {"taskIds": [place[1].id, foreign.id]})
    assert (refused.code, refused.details) == ("task_not_found", {"taskId": foreign.id})


async def test_a_parent_of_another_project_is_not_found(house, place):
    foreign = await house.session(await house.project("other"))
    assert (await refusal(house, place[2] | {"spawnedBy": foreign.id})).code == "parent_session_not_found"


@pytest.mark.parametrize(
    ("change", "attribute", "value"),
    [
        ({"name": "API"}, "name", "API"),
        ({"sessionName": "API"}, "name", "API"),
        ({}, "name", "Implement feature X"),
        ({"skill": "maestro-cli"}, "skill_ids", ("maestro-cli",)),
        ({"skills": ["maestro-cli", "maestro-worker"]}, "skill_ids", ("maestro-cli", "maestro-worker")),
        ({"skillIds": ["maestro-cli"]}, "skill_ids", ("maestro-cli",)),
        ({}, "skill_ids", ("maestro-worker",)),
        ({"role": "orchestrator"}, "role", Role.ORCHESTRATOR),
        ({"mode": "orchestrator"}, "skill_ids", ("maestro-orchestrator",)),
        ({"agent": "codex", "model": "big"}, "model", "big"),
        ({"agent": "codex"}, "agent", "codex"),
        ({"agent": ""}, "agent", None),
        ({"spawnReason": "why"}, "metadata", {"spawnReason": "why"}),
        ({"reason": "why"}, "metadata", {"spawnReason": "why"}),
        ({"spawnSource": "ui"}, "spawn_source", "ui"),
        ({}, "spawn_source", "cli"),
        ({}, "cwd", "/srv/shop"),
        ({"cwd": "/tmp/x"}, "cwd", "/tmp/x"),
        ({"env": {"LANG": "C"}}, "env", {"LANG": "C"}),
    ],
)
async def test_every_spelling_means_the_same(house, place, change, attribute, value):
    session = await spawn(house, place[2] | change)
    assert getattr(session, attribute) == value
    assert session.status is SessionStatus.SPAWNING


async def test_a_single_task_id_is_a_list_of_one(house, place):
    project, task, _ = place
    assert (await spawn(house, {"projectId": project.id, "taskId": task.id})).task_ids == (task.id,)


async def test_the_agent_of_the_settings_is_the_default_and_own_agents_can_be_named(make_house):
    house = make_house(agent="mine", agents={"mine": AgentProfile(command=("my-agent",))})
    project = await house.project()
    body = {"projectId": project.id, "taskIds": [(await house.task(project)).id]}
    assert (await spawn(house, body)).agent == "mine"
    assert (await spawn(house, body | {"agent": "mine"})).agent == "mine"


async def test_the_session_is_linked_announced_and_requested_in_order(house, place):
    _, task, body = place
    house.heard.clear()
    session = await spawn(house, body | {"name": "API worker"})
    assert house.names() == [
        "session:created",
        "task:session_added",
        "session:task_added",
        "task:updated",
        "session:spawn_request",
        "session:spawn",
    ]
    assert house.heard[-2].event.data == house.heard[-1].event.data
    linked = await house.services.tasks.get(task.id, OWNER)
    assert linked.session_ids == (session.id,)
    assert [(entry.type, entry.session_id) for entry in linked.timeline] == [("session_started", session.id)]


async def test_a_start_is_not_the_reason_of_a_blocked_task(house, place):
    _, task, body = place
    await house.services.tasks.update(task.id, UpdateTask(status="blocked"), OWNER)
    await spawn(house, body)
    assert (await house.services.tasks.get(task.id, OWNER)).reason is None


async def test_the_request_holds_what_a_runner_needs_and_no_secret(house, place):
    project, task, body = place
    session = await spawn(house, body | {"name": "API worker", "env": {"LANG": "C"}, "context": {"hint": "a\x1b"}})
    data = house.of(EventName.SESSION_SPAWN_REQUEST)[0]
    assert set(data) == {
        *("session", "sessionId", "projectId", "taskIds", "name", "skill", "skillIds", "role", "command", "args"),
        *("cwd", "envVars", "manifest", "manifestPath", "spawnSource", "parentSessionId", "rootSessionId"),
    }
    assert (data["command"], data["args"]) == ("maestro", ["worker", "init"])
    assert (data["sessionId"], data["rootSessionId"]) == (session.id, session.id)
    assert data["envVars"] == {
        "LANG": "C",
        "MAESTRO_PROJECT_ID": project.id,
        "MAESTRO_SESSION_ID": session.id,
        "MAESTRO_TASK_IDS": task.id,
        "MAESTRO_TASK_TITLE": "Implement feature X",
        "MAESTRO_SKILL": "maestro-worker",
        "MAESTRO_ROLE": "worker",
        "MAESTRO_MANIFEST_PATH": session.manifest_path,
        "MAESTRO_ROOT_SESSION_ID": session.id,
    }
    assert house.services.tokens.for_session(session.id) not in json.dumps(data)


async def test_manifest_and_brief_are_on_disk_for_the_owner_only(house, place):
    project, task, body = place
    above = await house.task(project, "Checkout flow")
    before = await house.task(project, "Schema")
    wish = UpdateTask(parent_id=above.id, dependencies=(before.id, "task_gone")[:1])
    await house.services.tasks.update(task.id, wish, OWNER)
    session = await spawn(
        house, body | {"reason": "split the work", "context": ["a", "b"], "role": "orchestrator"}
    )
    directory = house.home.session(session.id)
    manifest = json.loads((directory / "manifest.json").read_bytes())
    assert manifest == house.of(EventName.SESSION_SPAWN)[0]["manifest"]
    assert (manifest["manifestVersion"], manifest["mode"]) == ("1.0", "coordinator")
    assert [one["id"] for one in manifest["tasks"]] == [task.id]
    assert "maestro-orchestrator" in manifest["skills"]
    facts = manifest_facts(manifest)
    assert facts["role"] == "orchestrator"
    assert [one["title"] for one in facts["parents"]] == ["Checkout flow"]
    assert (facts["context"], facts["session"]["spawnReason"]) == (["a", "b"], "split the work")
    assert "maestro-orchestrator" in [skill["name"] for skill in facts["skills"]]
    brief = directory / "brief.md"
    assert facts["briefPath"] == str(brief)
    assert all(text in brief.read_text() for text in ("Implement feature X", "Checkout flow", "Schema"))
    assert {path.stat().st_mode & 0o777 for path in directory.iterdir()} == {0o600}
    assert directory.stat().st_mode & 0o777 == 0o700


async def test_a_disk_that_refuses_stores_nothing(house, place):
    house.home.root.mkdir(parents=True, exist_ok=True)
    house.home.sessions.write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be written"):
        await spawn(house, place[2])
    assert (await house.services.sessions.find(SessionQuery(), OWNER)).total == 0


async def test_a_project_brings_its_own_skills(house, tmp_path):
    skill = tmp_path / "shop" / ".maestro" / "skills" / "shop-rules"
    skill.mkdir(parents=True)
    card = {"name": "shop-rules", "version": "1.0.0", "description": "House rules"}
    (skill / "manifest.json").write_text(json.dumps(card))
    (skill / "skill.md").write_text("Never deploy on Fridays.")
    project = await house.services.projects.create(
        CreateProject(name="shop", working_dir=str(tmp_path / "shop")), OWNER
    )
    body = {"projectId": project.id, "taskIds": [(await house.task(project)).id], "skill": "shop-rules"}
    session = await spawn(house, body)
    assert "Fridays" in (house.home.session(session.id) / "brief.md").read_text()


async def test_a_session_is_the_parent_of_what_it_spawns(house, place, agent):
    root = await spawn(house, place[2])
    child = await spawn(house, place[2], agent(root))
    grandchild = await spawn(house, place[2] | {"spawnedBy": child.id}, agent(root))
    assert (child.parent_session_id, child.root_session_id, child.spawn_source) == (root.id, root.id, "session")
    assert (grandchild.parent_session_id, grandchild.root_session_id) == (child.id, root.id)


async def test_a_session_spawns_in_its_own_project_and_below_itself_only(house, place, agent):
    mine, stranger = await spawn(house, place[2]), await spawn(house, place[2])
    other = await house.project("other")
    foreign = {"projectId": other.id, "taskIds": [(await house.task(other)).id]}
    for body in (foreign, place[2] | {"spawnedBy": stranger.id}):
        with pytest.raises(Forbidden):
            await spawn(house, body, agent(mine))


async def test_spawning_goes_only_so_deep(make_house, agent):
    house = make_house(spawn=SpawnPolicy(max_depth=2))
    project = await house.project()
    body = {"projectId": project.id, "taskIds": [(await house.task(project)).id]}
    session = await spawn(house, body)
    for _ in range(2):
        session = await spawn(house, body, agent(session))
    refused = await refusal(house, body, agent(session))
    assert (refused.code, refused.http_status) == ("spawn_depth_exceeded", 429)
    assert refused.details == {"setting": "spawn.maxDepth", "limit": 2, "current": 3, "file": "config.toml"}
    assert "maxDepth under [spawn] in config.toml" in refused.suggestion
    await house.services.sessions.delete(session.parent_session_id, OWNER)
    assert (await refusal(house, body, agent(session))).code == "spawn_depth_exceeded"


async def test_a_project_has_only_so_many_live_sessions_even_when_all_ask_at_once(make_house):
    house = make_house(spawn=SpawnPolicy(max_live=3))
    project = await house.project()
    body = {"projectId": project.id, "taskIds": [(await house.task(project)).id]}
    outcomes = await asyncio.gather(*(spawn(house, body) for _ in range(8)), return_exceptions=True)
    sessions = [one for one in outcomes if not isinstance(one, BaseException)]
    assert len(sessions) == 3
    assert {one.code for one in outcomes if isinstance(one, BaseException)} == {"spawn_limit_reached"}
    await house.services.sessions.update(sessions[0].id, UpdateSession(status=SessionStatus.STOPPED), OWNER)
    await spawn(house, body)


async def test_a_project_spawns_only_so_many_a_minute(make_house, clock):
    house = make_house(spawn=SpawnPolicy(max_per_minute=2))
    bodies = []
    for name in ("one", "two"):
        project = await house.project(name)
        bodies.append({"projectId": project.id, "taskIds": [(await house.task(project)).id]})
    await spawn(house, bodies[0])
    clock.pass_seconds(20)
    await spawn(house, bodies[0])
    refused = await refusal(house, bodies[0])
    assert (refused.code, refused.details["limit"], refused.details["retryAfter"]) == ("spawn_rate_limited", 2, 40)
    await spawn(house, bodies[1])
    clock.pass_seconds(40)
    await spawn(house, bodies[0])


async def test_sessions_without_a_name_can_be_told_apart(house, place):
    _, task, body = place
    names = [(await spawn(house, body)).name for _ in range(3)]
    assert names == [task.title, f"{task.title} 2", f"{task.title} 3"]
    assert (await spawn(house, body | {"name": task.title})).name == task.title
