"""The last part of a spawn's trace: from an agent's start to the first thing it writes."""

from maestro_tui.runner.news import Exited, Output, TerminalNews
from maestro_tui.telemetry import tracing
from maestro_tui.telemetry.spans import Span

__all__ = ["FirstBytes"]


class FirstBytes:
    """Spans of agents that run and have not written yet. Costs nothing where nobody records."""

    def __init__(self) -> None:
        self._waiting: dict[str, Span] = {}

    def expect(self, session_id: str) -> None:
        """The agent is about to be watched; its first output or its end ends the span."""
        if tracing.is_on():
            self._waiting[session_id] = tracing.begin("agent.first_byte", maestro__session_id=session_id)

    def on_news(self, news: TerminalNews) -> None:
        if news.session_id in self._waiting and isinstance(news, Output | Exited):
            self._waiting.pop(news.session_id).end()
