import asyncio

import pytest

from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import Conflict, Invalid, NotFound, PreconditionFailed
from maestro_tui.domain.events import EventName
from maestro_tui.domain.requests.claims import ClaimSession, ReleaseSession
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.status import SessionStatus
from maestro_tui.services.locks import finish_writes

LEASE_SECONDS = 10


@pytest.fixture
async def session(house):
    return await house.session(await house.project(), status=SessionStatus.SPAWNING)


@pytest.fixture
def claims(house):
    return house.services.claims


def by(runner="r1", fence=None):
    return ClaimSession(runner_id=runner, lease_ms=LEASE_SECONDS * 1000, fence=fence)


async def run(house, session, fence):
    body = UpdateSession(status=SessionStatus.RUNNING, fence=fence)
    return await house.services.sessions.update(session.id, body, OWNER)


async def test_of_many_runners_exactly_one_wins(house, session, claims):
    outcomes = await asyncio.gather(
        *(claims.claim(session.id, by(f"r{number}"), OWNER) for number in range(50)), return_exceptions=True
    )
    winners = [one for one in outcomes if not isinstance(one, BaseException)]
    assert len(winners) == 1
    assert all(isinstance(one, Conflict) for one in outcomes if one is not winners[0])
    assert (winners[0].fence, winners[0].lease.fence) == (1, 1)
    assert len(house.of(EventName.SESSION_CLAIMED)) == 1


async def test_a_claim_is_announced_with_its_lease(house, session, claims, clock):
    claimed = await claims.claim(session.id, by(), OWNER)
    assert claimed.lease.expires_at == clock.now + LEASE_SECONDS * 1000
    assert house.names()[-2:] == ["session:claimed", "session:updated"]
    assert house.heard[-1].event.data["lease"] == claimed.lease.to_wire()


async def test_an_expired_claim_can_be_taken_with_the_next_fence(session, claims, clock):
    await claims.claim(session.id, by("r1"), OWNER)
    clock.pass_seconds(LEASE_SECONDS - 1)
    with pytest.raises(Conflict):
        await claims.claim(session.id, by("r2"), OWNER)
    clock.pass_seconds(1)
    assert (await claims.claim(session.id, by("r2"), OWNER)).fence == 2


@pytest.mark.parametrize("status", [one for one in SessionStatus if one is not SessionStatus.SPAWNING])
async def test_only_a_spawning_session_can_be_claimed(house, claims, status):
    session = await house.session(await house.project(), status=status)
    with pytest.raises(Conflict, match=f"is {status.value}"):
        await claims.claim(session.id, by(), OWNER)


async def test_an_unknown_session_cannot_be_claimed(claims):
    with pytest.raises(NotFound):
        await claims.claim("sess_x", by(), OWNER)


async def test_renewing_holds_the_session_and_tells_nobody(house, session, claims, clock):
    claimed = await claims.claim(session.id, by(), OWNER)
    house.heard.clear()
    for _ in range(5):
        clock.pass_seconds(LEASE_SECONDS - 1)
        renewed = await claims.renew(session.id, by(fence=claimed.fence), OWNER)
        assert renewed.lease.expires_at == clock.now + LEASE_SECONDS * 1000
        assert await claims.expire_leases() == []
    assert house.heard == []
    with pytest.raises(Conflict, match="held by runner 'r1'"):
        await claims.claim(session.id, by("r2"), OWNER)


async def test_renewing_takes_a_fence_the_right_one_and_the_right_runner(session, claims):
    await claims.claim(session.id, by(), OWNER)
    with pytest.raises(Invalid, match="fence"):
        await claims.renew(session.id, by(), OWNER)
    with pytest.raises(PreconditionFailed):
        await claims.renew(session.id, by(fence=7), OWNER)
    with pytest.raises(Conflict, match="held"):
        await claims.renew(session.id, by("r2", fence=1), OWNER)


async def test_an_ended_session_is_held_by_nobody(house, session, claims):
    await claims.claim(session.id, by(), OWNER)
    await house.services.sessions.update(session.id, UpdateSession(status=SessionStatus.COMPLETED), OWNER)
    with pytest.raises(Conflict, match="nothing left to hold"):
        await claims.renew(session.id, by(fence=1), OWNER)


async def test_a_running_session_passes_to_another_runner_under_the_same_fence(house, session, claims, clock):
    await claims.claim(session.id, by("crashed"), OWNER)
    await run(house, session, 1)
    clock.pass_seconds(60)
    (freed,) = await claims.expire_leases()
    assert (freed.status, freed.lease) == (SessionStatus.RUNNING, None)
    adopted = await claims.renew(session.id, by("restarted", fence=1), OWNER)
    assert (adopted.lease.runner_id, adopted.fence) == ("restarted", 1)
    with pytest.raises(Conflict, match="restarted"):
        await claims.renew(session.id, by("crashed", fence=1), OWNER)
    assert house.names()[-2:] == ["session:claimed", "session:updated"]


async def test_a_released_session_can_be_claimed_again(session, claims):
    await claims.claim(session.id, by("r1"), OWNER)
    with pytest.raises(Conflict):
        await claims.release(session.id, ReleaseSession(runner_id="r2"), OWNER)
    with pytest.raises(PreconditionFailed):
        await claims.release(session.id, ReleaseSession(runner_id="r1", fence=9), OWNER)
    released = await claims.release(session.id, ReleaseSession(runner_id="r1", fence=1), OWNER)
    assert released.lease is None
    assert await claims.release(session.id, ReleaseSession(runner_id="r1"), OWNER) == released
    assert (await claims.claim(session.id, by("r2"), OWNER)).fence == 2


async def test_a_spawn_that_nobody_takes_fails_with_the_reason(house, session, claims, clock):
    clock.pass_seconds(59)
    assert await claims.expire_unclaimed() == []
    clock.pass_seconds(1)
    (failed,) = await claims.expire_unclaimed()
    assert (failed.status, failed.completed_at) == (SessionStatus.FAILED, clock.now)
    for word in ("60 s", "no cockpit or runner is connected", f"maestro session restart {session.id}"):
        assert word in failed.reason
    assert failed.timeline[-1].message == failed.reason
    assert house.names()[-2:] == ["session:updated", "notify:session_failed"]
    assert await claims.expire_unclaimed() == []


async def test_a_claimed_spawn_is_not_given_up_until_its_runner_is_gone_long_enough(session, claims, clock):
    await claims.claim(session.id, by(), OWNER)
    for _ in range(10):
        clock.pass_seconds(9)
        await claims.renew(session.id, by(fence=1), OWNER)
    assert await claims.expire_unclaimed() == []
    clock.pass_seconds(LEASE_SECONDS)
    assert len(await claims.expire_leases()) == 1
    clock.pass_seconds(59)
    assert await claims.expire_unclaimed() == []
    clock.pass_seconds(1)
    assert len(await claims.expire_unclaimed()) == 1


async def test_after_a_restart_runners_get_a_moment_to_come_back(make_house, house, session, claims, clock):
    await claims.claim(session.id, by(), OWNER)
    await run(house, session, 1)
    clock.pass_seconds(3600)
    again = make_house(store=house.services.store)
    assert await again.services.claims.expire_leases() == []
    await again.services.claims.renew(session.id, by(fence=1), OWNER)
    clock.pass_seconds(LEASE_SECONDS)
    assert len(await again.services.claims.expire_leases()) == 1


async def test_after_a_restart_the_moment_ends_for_a_runner_that_does_not_come_back(
    make_house, house, session, claims, clock
):
    await claims.claim(session.id, by(), OWNER)
    await run(house, session, 1)
    clock.pass_seconds(3600)
    again = make_house(store=house.services.store)
    clock.pass_seconds(14)
    assert await again.services.claims.expire_leases() == []
    clock.pass_seconds(2)
    assert len(await again.services.claims.expire_leases()) == 1


async def test_the_time_without_a_server_does_not_count_for_a_spawn_that_waits(house, session, make_house, clock):
    clock.pass_seconds(600)
    restarted = make_house(house.services.store).services.claims
    assert await restarted.expire_unclaimed() == []
    clock.pass_seconds(60)
    assert [one.id for one in await restarted.expire_unclaimed()] == [session.id]


@pytest.mark.parametrize("status", [one for one in SessionStatus if one is not SessionStatus.SPAWNING])
async def test_only_a_spawning_session_is_called_off(house, claims, status):
    session = await house.session(await house.project(), status=status)
    assert await claims.call_off(session.id, "nobody wants it") == session


async def test_calling_off_ends_a_spawn_that_nobody_took_and_no_other(house, session, claims):
    taken = await house.session(await house.project(), status=SessionStatus.SPAWNING)
    await claims.claim(taken.id, by(), OWNER)
    assert (await claims.call_off(taken.id, "too late")).status is SessionStatus.SPAWNING
    off = await claims.call_off(session.id, "nobody wants it")
    assert (off.status, off.reason) == (SessionStatus.STOPPED, "nobody wants it")


@pytest.mark.parametrize("step", ["claim", "release", "call_off", "expire_leases"])
async def test_a_caller_that_goes_away_in_the_middle_leaves_nothing_unannounced(
    house, session, claims, clock, monkeypatch, step
):
    """The write is on disk and its event is out, or neither is: a runner may be killed at any time."""
    if step in ("release", "expire_leases"):
        await claims.claim(session.id, by(), OWNER)
    if step == "expire_leases":
        clock.pass_seconds(LEASE_SECONDS)
    before = await house.services.store.sessions.get(session.id)
    begun, go = asyncio.Event(), asyncio.Event()
    save = house.services.store.sessions.save

    async def slow(document):
        begun.set()
        await go.wait()
        return await save(document)

    monkeypatch.setattr(house.services.store.sessions, "save", slow)
    calls = {
        "claim": lambda: claims.claim(session.id, by(), OWNER),
        "release": lambda: claims.release(session.id, ReleaseSession(runner_id="r1", fence=1), OWNER),
        "call_off": lambda: claims.call_off(session.id, "nobody wants it"),
        "expire_leases": claims.expire_leases,
    }
    caller = asyncio.ensure_future(calls[step]())
    await begun.wait()
    caller.cancel()
    await asyncio.gather(caller, return_exceptions=True)
    go.set()
    await finish_writes()
    stored = await house.services.store.sessions.get(session.id)
    assert stored.revision > before.revision
    told = [one.event.data for one in house.heard if one.event.data.get("id") == session.id]
    assert told[-1] == stored.to_wire()
