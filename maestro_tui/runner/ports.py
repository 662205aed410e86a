"""What the runner needs from the wire: `client.Feed` has this shape."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from maestro_tui.client.api import Claim
from maestro_tui.domain.order import Order
from maestro_tui.domain.requests.orders import AnswerOrder
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.session import Lease, Session
from maestro_tui.domain.task import Task

__all__ = ["RunnerApi", "RunnerDocuments", "RunnerFeed"]


class RunnerApi(Protocol):
    """Claims, reports and answers. Every method raises MaestroError."""

    async def claim(self, session_id: str, runner_id: str, lease_ms: int) -> Claim: ...
    async def renew(self, session_id: str, runner_id: str, fence: int, lease_ms: int) -> Lease: ...
    async def update_session(self, session_id: str, body: UpdateSession) -> Session: ...
    async def answer_order(self, session_id: str, order_id: str, body: AnswerOrder) -> None: ...


class RunnerDocuments(Protocol):
    @property
    def sessions(self) -> Mapping[str, Session]: ...
    @property
    def tasks(self) -> Mapping[str, Task]: ...


class RunnerFeed(Protocol):
    @property
    def api(self) -> RunnerApi: ...
    @property
    def mirror(self) -> RunnerDocuments: ...
    def subscribe(self, callback: Callable[[Any, Any], None]) -> Callable[[], None]: ...
    def watch_orders(self, callback: Callable[[Order], None]) -> Callable[[], None]: ...
