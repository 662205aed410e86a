import asyncio

import pytest

from maestro_tui.domain.actor import OWNER
from maestro_tui.domain.errors import Unavailable
from maestro_tui.domain.requests.claims import ClaimSession
from maestro_tui.domain.status import SessionStatus
from maestro_tui.services.housekeeping import Housekeeping
from maestro_tui.services.idempotency import KEEP_MS, Answer, MemoryIdempotency, Scope
from maestro_tui.store.base import SessionQuery


async def test_a_sweep_does_everything_that_is_due(house, clock):
    project = await house.project()
    waiting = await house.session(project, status=SessionStatus.SPAWNING)
    claimed = await house.session(project, status=SessionStatus.SPAWNING)
    await house.services.claims.claim(claimed.id, ClaimSession(runner_id="r"), OWNER)
    scope = Scope("owner", "POST", "/api/tasks")
    await house.services.idempotency.begin(scope, "k", "hash")
    await house.services.idempotency.finish(scope, "k", Answer(201, b"{}"))
    clock.now += KEEP_MS
    await house.services.housekeeping.sweep()
    assert (await house.services.sessions.get(waiting.id, OWNER)).status is SessionStatus.FAILED
    freed = await house.services.sessions.get(claimed.id, OWNER)
    assert (freed.status, freed.lease) == (SessionStatus.SPAWNING, None)
    assert not (await house.services.idempotency.begin(scope, "k", "other")).repeated


class FullOnce(MemoryIdempotency):
    """Fails its first expiry, then tells when it is asked again."""

    def __init__(self):
        super().__init__()
        self.asked_again = asyncio.Event()
        self.calls = 0

    async def expire(self):
        self.calls += 1
        if self.calls == 1:
            raise Unavailable("disk full")
        self.asked_again.set()
        return await super().expire()


async def test_a_failed_sweep_is_logged_and_tried_again(house, caplog):
    idempotency = FullOnce()
    keeper = asyncio.create_task(Housekeeping(house.services.claims, idempotency).run(every_seconds=0.001))
    async with asyncio.timeout(5):
        await idempotency.asked_again.wait()
    keeper.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeper
    assert "disk full" in caplog.text
    assert (await house.services.sessions.find(SessionQuery(), OWNER)).total == 0
