"""Where policy says `ask`, nothing starts before a person says so."""

import asyncio

import pytest

from maestro_tui.config.settings import SpawnPolicy, SpawnRoles
from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import BusinessRuleBroken, Conflict, Forbidden, SpawnRefused
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.claims import ClaimSession
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.session import NeedsInput
from maestro_tui.domain.status import ApprovalState, SessionStatus
from maestro_tui.environment import manifest_facts


@pytest.fixture
async def asked(make_house, agent):
    """A house, its task's spawn body, a parent, and a session of the parent's that waits for a person."""
    house = make_house(spawn=SpawnPolicy(roles=SpawnRoles(worker="ask")))
    project = await house.project()
    task = await house.task(project)
    body = {"projectId": project.id, "taskIds": [task.id]}
    parent = await house.services.spawning.spawn(body, OWNER)
    house.heard.clear()
    child = await house.services.spawning.spawn(body | {"name": "helper"}, agent(parent))
    return house, body, parent, child


async def test_a_sessions_spawn_waits_and_the_person_is_told(asked):
    house, body, _, child = asked
    assert child.status is SessionStatus.SPAWNING
    assert child.approval.state is ApprovalState.PENDING
    assert child.needs_input.active
    assert house.names() == [
        "session:created",
        "task:session_added",
        "session:task_added",
        "notify:needs_input",
    ]
    task = await house.services.tasks.get(body["taskIds"][0], OWNER)
    assert child.id not in [entry.session_id for entry in task.timeline]
    overview = await house.services.spawn_control.overview(child.project_id, OWNER)
    assert overview["awaitingApproval"] == [child.id]


async def test_a_person_is_not_asked_about_their_own_spawn_but_a_client_that_speaks_for_a_session_is(asked):
    house, body, parent, _ = asked
    own = await house.services.spawning.spawn(body | {"spawnSource": "ui"}, OWNER)
    assert own.approval is None
    spoken_for = await house.services.spawning.spawn(
        body | {"spawnSource": "session", "spawnedBy": parent.id}, OWNER
    )
    assert spoken_for.awaits_approval


async def test_no_runner_can_claim_it_and_nobody_can_say_it_runs(asked, agent, clock):
    house, _, parent, child = asked
    with pytest.raises(Conflict, match="approval"):
        await house.services.claims.claim(child.id, ClaimSession(runner_id="r"), OWNER)
    for actor in (OWNER, agent(parent), agent(child)):
        for status in (SessionStatus.RUNNING, SessionStatus.IDLE):
            with pytest.raises(BusinessRuleBroken, match="approves"):
                await house.services.sessions.update(child.id, UpdateSession(status=status), actor)
    hush = UpdateSession(needs_input=NeedsInput(active=False))
    assert (await house.services.sessions.update(child.id, hush, agent(parent))).needs_input.active
    clock.pass_seconds(3600)
    assert child.id not in [one.id for one in await house.services.claims.expire_unclaimed()]


async def test_approving_asks_the_runners_once_and_gives_them_their_whole_time(asked, clock):
    house, body, _, child = asked
    clock.pass_seconds(3600)
    house.heard.clear()
    await asyncio.gather(*(house.services.approvals.approve(child.id, OWNER) for _ in range(4)))
    assert house.names().count("session:spawn_request") == 1
    assert house.names()[0] == "session:updated"
    request = house.of(EventName.SESSION_SPAWN_REQUEST)[0]
    assert request["sessionId"] == child.id
    assert manifest_facts(request["manifest"])["session"]["id"] == child.id
    assert request["envVars"]["MAESTRO_TASK_TITLE"] == "Checkout"
    approved = await house.services.sessions.get(child.id, OWNER)
    assert (approved.approval.state, approved.approval.decided_at) == (ApprovalState.APPROVED, clock.now)
    assert not approved.needs_input.active
    task = await house.services.tasks.get(body["taskIds"][0], OWNER)
    assert child.id in [entry.session_id for entry in task.timeline]
    clock.pass_seconds(59)
    assert child.id not in [one.id for one in await house.services.claims.expire_unclaimed()]
    await house.services.claims.claim(child.id, ClaimSession(runner_id="r"), OWNER)


async def test_denying_stops_it_with_the_reason(asked):
    house, _, _, child = asked
    denied = await house.services.approvals.deny(child.id, "too many already", OWNER)
    assert (denied.status, denied.approval.state) == (SessionStatus.STOPPED, ApprovalState.DENIED)
    assert "too many already" in denied.reason
    assert denied.timeline[-1].message == denied.reason
    assert (await house.services.approvals.deny(child.id, None, OWNER)).revision == denied.revision
    with pytest.raises(Conflict, match="denied"):
        await house.services.approvals.approve(child.id, OWNER)


async def test_an_approved_one_cannot_be_denied_and_one_never_asked_about_neither(asked):
    house, _, parent, child = asked
    await house.services.approvals.approve(child.id, OWNER)
    with pytest.raises(Conflict, match="approved"):
        await house.services.approvals.deny(child.id, None, OWNER)
    with pytest.raises(Conflict, match="never asked"):
        await house.services.approvals.approve(parent.id, OWNER)


async def test_one_that_ended_while_it_waited_cannot_be_approved(asked, agent):
    house, _, parent, child = asked
    await house.services.sessions.update(child.id, UpdateSession(status=SessionStatus.STOPPED), agent(parent))
    with pytest.raises(Conflict, match="ended before"):
        await house.services.approvals.approve(child.id, OWNER)


async def test_only_the_owner_decides_and_not_while_spawning_is_paused(asked, agent):
    house, _, parent, child = asked
    for decide in (
        house.services.approvals.approve(child.id, agent(parent)),
        house.services.approvals.deny(child.id, None, agent(parent)),
    ):
        with pytest.raises(Forbidden):
            await decide
    await house.services.spawn_control.pause(None, OWNER)
    with pytest.raises(SpawnRefused, match="paused"):
        await house.services.approvals.approve(child.id, OWNER)
    await house.services.approvals.deny(child.id, None, OWNER)


async def test_without_its_brief_it_can_only_be_denied(asked):
    house, _, _, child = asked
    (house.home.session(child.id) / "brief.md").unlink()
    with pytest.raises(BusinessRuleBroken, match="brief"):
        await house.services.approvals.approve(child.id, OWNER)
    assert (await house.services.sessions.get(child.id, OWNER)).awaits_approval
    await house.services.approvals.deny(child.id, None, OWNER)
