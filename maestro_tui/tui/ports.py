"""What the screens need from the rooms behind them, and nothing more.

`client.Feed` and `runner.Terminals` have these shapes; tests give small ones of their own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from maestro_tui.domain.project import Project
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.tui.panes_ports import PaneSource

__all__ = ["Api", "Change", "Connection", "Documents", "Feed", "TerminalNews", "Terminals"]

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


class Change(Protocol):
    """What one event changed. kind: `project`, `task`, `session` or `reset` (everything)."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> str: ...
    @property
    def change(self) -> str: ...


class Connection(Protocol):
    """Where the connection stands. retry_at: Unix ms; history: newest last, words and times."""

    @property
    def phase(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def epoch(self) -> str | None: ...
    @property
    def seq(self) -> int | None: ...
    @property
    def latency_ms(self) -> float | None: ...
    @property
    def attempt(self) -> int: ...
    @property
    def retry_at(self) -> int | None: ...
    @property
    def last_error(self) -> str | None: ...
    @property
    def queued(self) -> int: ...
    @property
    def history(self) -> Sequence[Any]: ...


class Api(Protocol):
    """Commands to the server. Raises MaestroError with a message and a suggestion."""

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Any: ...


class Feed(Protocol):
    """The wire: documents, commands and the state of the connection."""

    @property
    def mirror(self) -> Documents: ...
    @property
    def api(self) -> Api: ...
    @property
    def connection(self) -> Connection: ...
    def subscribe(self, callback: Callable[[Any, Sequence[Change]], None]) -> Unsubscribe: ...
    def watch_connection(self, callback: Callable[[Any], None]) -> Unsubscribe: ...


class TerminalNews(Protocol):
    """What happened to a terminal, told by the name of its type: Opened, Output, Exited, Closed."""

    @property
    def session_id(self) -> str: ...


class Terminals(Protocol):
    """The terminals that run on this machine."""

    @property
    def session_ids(self) -> Iterable[str]: ...
    def get(self, session_id: str) -> PaneSource | None: ...
    def subscribe(self, callback: Callable[[Any], None]) -> Unsubscribe: ...
