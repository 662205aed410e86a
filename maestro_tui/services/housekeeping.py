"""What has to be looked after from time to time: spawns nobody took, runners that went, old answers."""

import asyncio
import logging
from dataclasses import dataclass

from maestro_tui.services.claims import ClaimService
from maestro_tui.services.idempotency import Idempotency

__all__ = ["EVERY_SECONDS", "Housekeeping"]

EVERY_SECONDS = 2.0
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """The periodic work of a server."""

    claims: ClaimService
    idempotency: Idempotency

    async def sweep(self) -> None:
        """Do everything that is due."""
        await self.claims.expire_leases()
        await self.claims.expire_unclaimed()
        await self.idempotency.expire()

    async def run(self, every_seconds: float = EVERY_SECONDS) -> None:
        """Sweep for ever; cancel it to stop. A sweep that fails is logged, and the next one tries again."""
        while True:
            try:
                await self.sweep()
            except Exception:  # a full disk now must not stop the cleaning for good
                log.exception("Housekeeping failed; trying again in %s s", every_seconds)
            await asyncio.sleep(every_seconds)
