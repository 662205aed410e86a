"""When leases are renewed: every session in its turn, and not all of them in the same one."""

import asyncio
from itertools import chain

from maestro_tui.client.api import Claim
from maestro_tui.domain.session import Lease
from maestro_tui.runner.holding import HOLD_MS, HOLD_TURNS, LEASE_MS, Holds

SESSIONS = [f"sess_{number}" for number in range(60)]


class Server:
    """Grants every lease, and remembers which were asked for."""

    def __init__(self):
        self.asked = []

    async def claim(self, session_id, runner_id, lease_ms):
        return Claim(lease=await self.renew(session_id, runner_id, 1, lease_ms))

    async def renew(self, session_id, runner_id, fence, lease_ms):
        self.asked.append((session_id, lease_ms))
        return Lease(runner_id=runner_id, fence=fence, expires_at=lease_ms)


async def turns(holds, server, numbers):
    """What was asked for in each of these turns."""
    found = []
    for number in numbers:
        server.asked.clear()
        holds.renew_due(number)
        await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})
        found.append(list(server.asked))
    return found


def holds_of(server, *, starting=()):
    return Holds(server, "run_1", asyncio.ensure_future, starting.__contains__)


async def test_each_long_lease_is_renewed_once_in_six_turns_and_few_of_them_in_one():
    server = Server()
    holds = holds_of(server)
    for session_id in SESSIONS:
        await holds.hold(session_id, 1)
    asked = await turns(holds, server, range(1, HOLD_TURNS + 1))
    assert sorted(chain(*asked)) == sorted((session_id, HOLD_MS) for session_id in SESSIONS)
    assert max(map(len, asked)) < len(SESSIONS) / 2


async def test_a_short_lease_is_renewed_in_every_turn_until_its_agent_runs():
    server, starting = Server(), {"sess_1"}
    holds = holds_of(server, starting=starting)
    await holds.claim("sess_1")
    assert await turns(holds, server, (1, 2, 3)) == [[("sess_1", LEASE_MS)]] * 3
    starting.clear()
    assert await turns(holds, server, (4,)) == [[("sess_1", HOLD_MS)]]
    asked = await turns(holds, server, range(5, 5 + HOLD_TURNS))
    assert list(chain(*asked)) == [("sess_1", HOLD_MS)]


async def test_a_session_let_go_is_renewed_no_more():
    server = Server()
    holds = holds_of(server)
    await holds.hold("sess_1", 1)
    holds.let_go("sess_1")
    assert not any(await turns(holds, server, range(HOLD_TURNS)))
