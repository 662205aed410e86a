"""What the screens need from the rooms behind them, and nothing more.

`client.Feed`, `runner.Terminals` and `runner.Hosts` have these shapes; tests give small ones of their own.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

from maestro_tui.client.connection import Connection
from maestro_tui.client.mirror import MirrorChange
from maestro_tui.client.outbox import Command, Done, Outbox, Queued, Refusal
from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.runner.hosts import Meanwhile, Orphan, UnknownHost
from maestro_tui.runner.news import TerminalNews
from maestro_tui.tui.panes_ports import PaneSource

__all__ = ["Api", "Documents", "Feed", "Hosts", "Terminals"]

Unsubscribe = Callable[[], None]


class Documents(Protocol):
    """The cockpit's copy of the documents, always as new as the last event."""

    @property
    def projects(self) -> Mapping[str, Project]: ...
    @property
    def tasks(self) -> Mapping[str, Task]: ...
    @property
    def sessions(self) -> Mapping[str, Session]: ...
    def tasks_of(self, project_id: str) -> Iterable[Task]: ...
    def children_of(self, task_id: str) -> Iterable[Task]: ...
    def sessions_of(self, task_id: str) -> Iterable[Session]: ...
    def live_sessions(self, project_id: str) -> Iterable[Session]: ...


class Api(Protocol):
    """Questions to the server. Raises MaestroError with a message and a suggestion."""

    async def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any: ...


class Feed(Protocol):
    """The wire: documents, commands and the state of the connection."""

    @property
    def mirror(self) -> Documents: ...
    @property
    def api(self) -> Api: ...
    @property
    def connection(self) -> Connection: ...
    @property
    def outbox(self) -> Outbox: ...
    def subscribe(self, callback: Callable[[Any, Sequence[MirrorChange]], None]) -> Unsubscribe: ...
    def watch_connection(self, callback: Callable[[Connection], None]) -> Unsubscribe: ...
    def watch_refusals(self, callback: Callable[[Refusal], None]) -> Unsubscribe: ...
    def retry_now(self) -> None: ...
    def drop(self, key: str) -> Command | None: ...
    async def submit(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        label: str,
        idempotency_key: str | None = None,
    ) -> Done | Queued: ...


class Terminals(Protocol):
    """The terminals that run on this machine."""

    @property
    def session_ids(self) -> Iterable[str]: ...
    def get(self, session_id: str) -> PaneSource | None: ...
    def make_way(self) -> None: ...
    def subscribe(self, callback: Callable[[TerminalNews], None]) -> Unsubscribe: ...


class Hosts(Protocol):
    """The PTY hosts of this machine, as their records say."""

    async def meanwhile(self, sessions: Iterable[Session], since: int) -> Meanwhile: ...
    async def unknown(self, known: Collection[str]) -> Sequence[UnknownHost]: ...
    async def orphans(self) -> Sequence[Orphan]: ...
    async def stop(self, session_id: str) -> None: ...
