"""The sessions this runner holds: each claim by its fence, and the renewals that keep it in force."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any

from maestro_tui.client.api import Claim
from maestro_tui.domain.errors import MaestroError
from maestro_tui.runner.ports import RunnerApi

__all__ = ["HOLD_MS", "Holds"]

LOG = logging.getLogger(__name__)

LEASE_MS = 10_000
RENEW_SECONDS = 3.0
HOLD_MS = 60_000
HOLD_TURNS = 6


class Holds:
    """Claims sessions and keeps them: by short leases while their agents start, by long ones while they run.

    start: runs a coroutine for as long as the runner lives. is_starting: whether a session is being worked on.
    """

    def __init__(
        self,
        api: RunnerApi,
        runner_id: str,
        start: Callable[[Coroutine[Any, Any, None]], object],
        is_starting: Callable[[str], bool],
    ) -> None:
        self._api = api
        self._runner_id = runner_id
        self._start = start
        self._is_starting = is_starting
        self._fences: dict[str, int] = {}
        self._barely: set[str] = set()
        """Those whose lease is a short one: it is renewed often, until a long one takes its place."""
        self._renewing: set[str] = set()

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._fences

    def fence(self, session_id: str) -> int | None:
        """The number of our claim; None for a session that we do not hold."""
        return self._fences.get(session_id)

    async def claim(self, session_id: str) -> Claim:
        """Take a session that nobody has started. Raises MaestroError when somebody was first."""
        claim = await self._api.claim(session_id, self._runner_id, LEASE_MS)
        self._fences[session_id] = claim.lease.fence
        self._barely.add(session_id)
        return claim

    async def hold(self, session_id: str, fence: int) -> None:
        """Take or keep the lease of a session whose agent runs. Raises MaestroError."""
        await self._api.renew(session_id, self._runner_id, fence, HOLD_MS)
        self._fences[session_id] = fence
        self._barely.discard(session_id)

    def let_go(self, session_id: str) -> None:
        """Hold a session no longer: it has ended, or was taken from us."""
        self._fences.pop(session_id, None)
        self._barely.discard(session_id)

    async def run(self) -> None:
        """Keep leases alive, until cancelled."""
        for turn in count(1):
            await asyncio.sleep(RENEW_SECONDS)
            self.renew_due(turn)

    def renew_due(self, turn: int) -> None:
        """Renew short leases in every turn, long ones in every sixth.

        Each by itself, so that a request that hangs costs no other session its lease; and the long ones in
        turns of their own, so that twenty agents are not twenty requests, connections and writes at once.
        """
        for session_id, fence in tuple(self._fences.items()):
            is_due = session_id in self._barely or (turn + hash(session_id)) % HOLD_TURNS == 0
            if is_due and session_id not in self._renewing:
                self._renewing.add(session_id)
                self._start(self._renew(session_id, fence))

    async def _renew(self, session_id: str, fence: int) -> None:
        is_starting = session_id in self._barely and self._is_starting(session_id)
        try:
            await self._api.renew(session_id, self._runner_id, fence, LEASE_MS if is_starting else HOLD_MS)
            if not is_starting:
                self._barely.discard(session_id)
        except MaestroError as error:
            LOG.info("The lease of session %s was not renewed: %s", session_id, error.message)
            if error.http_status in (404, 409, 412):  # taken from us: let go, and kill nothing
                self.let_go(session_id)
        finally:
            self._renewing.discard(session_id)
