"""Watches what the agents on this machine do, and tells the server when it has changed.

The terminals here and the sessions' documents leave a trail of evidence for each agent. Once a
second what it comes to is compared with what the server was told; only another state is told, and
only by the runner that holds the session. So everybody who looks sees the same, and an agent that
works for an hour costs one write.
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping

from maestro_tui.config.agents import agent_profiles
from maestro_tui.config.settings import AgentProfile, Settings
from maestro_tui.domain.activity import Evidence
from maestro_tui.domain.errors import MaestroError
from maestro_tui.domain.requests.sessions import ReportActivity, UpdateSession
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import ActivityState, EvidenceSource, Need
from maestro_tui.ptyhost.processes import cpu_ticks
from maestro_tui.ptyhost.records import describe_exit
from maestro_tui.runner.evidence import Verdict
from maestro_tui.runner.news import Bell, Closed, Exited, Noticed, Output, TerminalNews, Titled, Typed
from maestro_tui.runner.ports import RunnerFeed
from maestro_tui.runner.state_files import StateFile
from maestro_tui.runner.terminals import Terminals
from maestro_tui.runner.trail import SCREEN_ROWS, Trail
from maestro_tui.terminal.notices import Notification, ProgramStatus, Progress, ShellMark

__all__ = ["ActivityWatch"]

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
PROCESSES_MS = 5_000
QUIET_BEFORE_PROCESSES_MS = 8_000
BUSY_TICKS = 10
"""Clock ticks of processor time in 5 s (of 100 per second) from which on processes count as busy."""
UNSURE_MS = 5_000
"""How long there must be no telling before that is told: most doubt clears up at once."""
MOST_EVIDENCE = 16

Clock = Callable[[], int]


class ActivityWatch:
    """The trails of the sessions with a terminal here. holds: the fence of a session held here, else None."""

    def __init__(
        self,
        feed: RunnerFeed,
        terminals: Terminals,
        settings: Settings,
        holds: Callable[[str], int | None],
        clock: Clock = lambda: time.time_ns() // 1_000_000,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._feed = feed
        self._terminals = terminals
        self._profiles = agent_profiles(settings)
        self._holds = holds
        self._clock = clock
        self._environ = environ
        self._files: dict[str, StateFile] = {}
        self._trails: dict[str, Trail] = {}
        self._unsure_since: dict[str, int] = {}
        self._ticks: dict[str, tuple[int, int]] = {}
        """Of each session that is silent: when its processes were looked at, and their processor time."""

    def on_news(self, news: TerminalNews) -> None:
        """Take up what happens to a terminal. What it showed before this cockpit came is no evidence of now."""
        live = self._terminals.get(news.session_id)
        if isinstance(news, Closed):
            self._forget(news.session_id)
        elif live is not None and (live.caught_up.is_set() or isinstance(news, Titled)):
            self._take(self._trail(news.session_id), news, self._clock())

    def _take(self, trail: Trail, news: TerminalNews, now: int) -> None:
        match news:
            case Output():
                trail.wrote(now)
            case Typed():
                trail.typed(now)
            case Titled(session_id) if (live := self._terminals.get(session_id)) is not None:
                trail.titled(live.terminal.title, now)  # the news has the progress in it too
            case Bell():
                trail.rang(now)
            case Noticed(_, Notification() as told):
                trail.notified(told, now)
            case Noticed(_, Progress() as told):
                trail.progressed(told, now)
            case Noticed(_, ShellMark() as told):
                trail.marked(told, now)
            case Noticed(_, ProgramStatus() as told):
                trail.stated(told, now)
            case Exited(_, status):
                trail.ended(describe_exit(status), now)

    def evidence(self, session_id: str) -> tuple[Evidence, ...]:
        """All evidence there is of a session with a terminal here, the newest first."""
        trail = self._trails.get(session_id)
        return trail.evidence(self._clock()) if trail is not None else ()

    async def run(self) -> None:
        """Look at every trail once a second, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for session_id in tuple(self._trails):
                session = self._feed.mirror.sessions.get(session_id)
                if session is not None and session.is_live:
                    await self._look_at(session)

    async def _look_at(self, session: Session) -> None:
        trail = self._trail(session.id)
        trail.told(_told(session))
        await self._look_at_processes(session, trail)
        await self._look_at_file(session, trail)
        self._look_at_screen(session.id, trail)
        verdict = trail.verdict(self._clock())
        if self._is_news(session, verdict) and (fence := self._holds(session.id)) is not None:
            await self._report(session.id, verdict, trail, fence)

    def _is_news(self, session: Session, verdict: Verdict) -> bool:
        known = session.activity
        if known is not None and (known.state, known.need) == (verdict.state, verdict.need):
            self._unsure_since.pop(session.id, None)
            return False
        if verdict.state is not ActivityState.UNKNOWN:
            self._unsure_since.pop(session.id, None)
            return True
        since = self._unsure_since.setdefault(session.id, self._clock())
        return self._clock() - since >= UNSURE_MS

    async def _report(self, session_id: str, verdict: Verdict, trail: Trail, fence: int) -> None:
        now = self._clock()
        report = ReportActivity(
            state=verdict.state,
            need=verdict.need,
            because=verdict.because[:500],
            since=now,
            evidence=trail.evidence(now)[:MOST_EVIDENCE],
        )
        try:
            await self._feed.api.update_session(session_id, UpdateSession(activity=report, fence=fence))
        except MaestroError as error:
            LOG.info("What session %s is doing was not told: %s", session_id, error.message)

    async def _look_at_processes(self, session: Session, trail: Trail) -> None:
        """See whether a silent agent computes; one that writes is no riddle."""
        now = self._clock()
        if session.pid is None or trail.silent_for(now) < QUIET_BEFORE_PROCESSES_MS:
            self._ticks.pop(session.id, None)
            return
        before = self._ticks.get(session.id)
        if before is not None and now - before[0] < PROCESSES_MS:
            return
        ticks = await asyncio.to_thread(cpu_ticks, session.pid)
        if ticks is None:
            return
        self._ticks[session.id] = now, ticks
        if before is not None:
            trail.looked_at_processes(busy=ticks - before[1] >= BUSY_TICKS, now=now)

    async def _look_at_file(self, session: Session, trail: Trail) -> None:
        """Where the agent keeps a file of its conversation, and has said what it calls it."""
        if trail.profile.state_file == "none" or session.conversation_id is None:
            return
        file = self._files.get(session.id)
        if file is None:
            kind, cwd = trail.profile.state_file, session.cwd
            file = self._files[session.id] = StateFile(kind, session.conversation_id, cwd, self._environ)
        if (news := await asyncio.to_thread(file.news)) is not None:
            step, at = news
            trail.filed(step.state, step.detail, min(at, self._clock()))

    def _look_at_screen(self, session_id: str, trail: Trail) -> None:
        """Where the agent's questions can be told by how its screen ends."""
        live = self._terminals.get(session_id)
        if trail.profile.screen and live is not None:
            trail.shown(live.terminal.tail(SCREEN_ROWS), self._clock())

    def _trail(self, session_id: str) -> Trail:
        if session_id not in self._trails:
            session = self._feed.mirror.sessions.get(session_id)
            self._trails[session_id] = Trail(self._profile(session))
            live = self._terminals.get(session_id)
            if live is not None:
                self._trails[session_id].titled(live.terminal.title, self._clock())
        return self._trails[session_id]

    def _profile(self, session: Session | None) -> AgentProfile:
        name = session.agent if session is not None else None
        return self._profiles.get(name or "") or AgentProfile()

    def _forget(self, session_id: str) -> None:
        for known in (self._trails, self._unsure_since, self._ticks, self._files):
            known.pop(session_id, None)


def _told(session: Session) -> tuple[Evidence, ...]:
    """What the document says; a question of an agent that speaks of no evidence is its own report."""
    asked = session.needs_input
    if not asked.active or any(one.state is ActivityState.WAITING for one in session.evidence):
        return session.evidence
    report = Evidence(
        source=EvidenceSource.REPORT,
        state=ActivityState.WAITING,
        need=Need.QUESTION,
        detail=asked.message[:300],
        at=asked.since or session.updated_at,
    )
    return (report, *(one for one in session.evidence if one.source is not EvidenceSource.REPORT))
