"""Orders that nobody waits for, on disk until they are carried out: a restart of the server loses none."""

import asyncio
import logging
from pathlib import Path

from maestro_tui.domain.errors import Unavailable
from maestro_tui.domain.order import Order
from maestro_tui.files import ensure_private_directory, write_whole
from maestro_tui.paths import Home

__all__ = ["KeptOrders"]

DIRECTORY = "orders"
LOG = logging.getLogger(__name__)


class KeptOrders:
    """One file for each order, in its session's directory, for the owner only (0600)."""

    def __init__(self, home: Home) -> None:
        self._home = home

    async def keep(self, order: Order) -> None:
        """Write an order down, durably. Raises Unavailable when the disk refuses."""
        try:
            await asyncio.to_thread(self._write, order)
        except OSError as error:
            raise Unavailable(
                f"The order cannot be kept for session '{order.session_id}': {error}", suggestion="maestro doctor"
            ) from error

    async def drop(self, session_id: str, order_id: str) -> None:
        """The order is done, or void. Dropping twice is once."""
        try:
            await asyncio.to_thread(self._path(session_id, order_id).unlink, missing_ok=True)
        except OSError as error:
            LOG.warning("Order %s of session %s stays on disk: %s", order_id, session_id, error)

    async def of(self, session_id: str) -> list[Order]:
        """What is kept for a session, oldest first. What cannot be read is left where it is, and logged."""
        return await asyncio.to_thread(self._read, session_id)

    def _path(self, session_id: str, order_id: str) -> Path:
        return self._home.session(session_id) / DIRECTORY / f"{order_id}.json"

    def _write(self, order: Order) -> None:
        path = self._path(order.session_id, order.order_id)
        ensure_private_directory(path.parent)
        write_whole(path, order.model_dump_json(by_alias=True).encode(), mode=0o600)

    def _read(self, session_id: str) -> list[Order]:
        directory = self._home.session(session_id) / DIRECTORY
        paths = sorted(directory.glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        found = []
        for path in paths:
            try:
                found.append(Order.model_validate_json(path.read_bytes()))
            except (OSError, ValueError) as error:
                LOG.warning("The order in %s cannot be read: %s", path, error)
        return [order for order in found if order.session_id == session_id]
