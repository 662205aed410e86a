"""The runner: claims requested sessions, starts their agents here, and tells the server how they fare.

Everything is derived from state, not from events: what the mirror says about sessions, what the
records on disk say about processes. So a missed event, a restarted cockpit or a lost connection
are all the same case, and the periodic look at both is the universal retry.
"""

import asyncio
import hashlib
import logging
import os
import socket
import time
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from maestro_tui.config.settings import Settings
from maestro_tui.domain.errors import MaestroError
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.paths import Home
from maestro_tui.ptyhost import records, registry
from maestro_tui.runner.activity import ActivityWatch
from maestro_tui.runner.checkpoints import warm_up
from maestro_tui.runner.gaps import Gaps
from maestro_tui.runner.holding import Holds
from maestro_tui.runner.launch import Launcher
from maestro_tui.runner.news import Exited, Lost, TerminalNews
from maestro_tui.runner.orders import Orders
from maestro_tui.runner.packing import Packing
from maestro_tui.runner.ports import RunnerFeed
from maestro_tui.runner.reconciler import Reconciler
from maestro_tui.runner.starter import Starter
from maestro_tui.runner.strays import put_on_record
from maestro_tui.runner.terminals import Terminals
from maestro_tui.telemetry.logs import during, new_request_id

__all__ = ["Runner", "runner_id_for"]

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 10.0
WARM_UP_SECONDS = 1.0


def runner_id_for(home: Home) -> str:
    """The id of this machine's runners of this home: the same after a restart."""
    host = socket.gethostname()
    digest = hashlib.sha256(f"{host}\0{home.root}".encode(errors="surrogateescape")).hexdigest()[:12]
    name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in host)[:64]
    return f"run_{name}_{digest}"


class Runner:
    """Runs agents for one server on this machine."""

    def __init__(
        self,
        feed: RunnerFeed,
        home: Home,
        settings: Settings,
        terminals: Terminals,
        *,
        runner_id: str,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._feed = feed
        self._home = home
        self._terminals = terminals
        self._launcher = Launcher(home, settings, environ)
        self._busy: set[str] = set()
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self._holds = Holds(feed.api, runner_id, self._create_task, self._busy.__contains__)
        self._orders = Orders(feed.api, terminals, self._create_task)
        self._starter = Starter(
            feed,
            home,
            settings,
            terminals,
            self._launcher,
            self._holds,
            begin=self._begin,
            look_again=self._look_again,
        )
        self._reconciler = Reconciler(feed.api, home, terminals, self._holds, self._orders)
        self._gaps = Gaps(self._report_gaps, self._create_task)
        self.activity = ActivityWatch(feed, terminals, settings, self._holds.fence, environ=environ)

    async def run(self) -> None:
        """Work until cancelled. Agents live on then; the terminals stay with their owner."""
        try:
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                with self._listening():
                    tasks.create_task(self._holds.run())
                    tasks.create_task(self._warm_up())
                    tasks.create_task(self.activity.run())
                    tasks.create_task(Packing().run(self._terminals))
                    await self._look()
        finally:
            self._tasks = None
            self._launcher.let_go()

    @contextmanager
    def _listening(self) -> Iterator[None]:
        """Hear of sessions, orders and terminals; not any more while what was begun is cancelled."""
        subscriptions = (
            self._feed.subscribe(self._on_item),
            self._feed.watch_orders(self._orders.take),
            self._terminals.subscribe(self._on_news),
            self._terminals.subscribe(self.activity.on_news),
            self._terminals.subscribe(self._starter.first_bytes.on_news),
        )
        try:
            yield
        finally:
            for unsubscribe in subscriptions:
                unsubscribe()

    def _on_item(self, _item: Any, changes: Any) -> None:
        for change in changes:
            if change.kind == "reset":
                self._changed.update(self._feed.mirror.sessions, self._terminals.session_ids)
            elif change.kind == "session":
                self._changed.add(change.id)
        if self._changed:
            self._wake.set()

    def _on_news(self, news: TerminalNews) -> None:
        self._orders.on_news(news)
        if isinstance(news, Exited):
            self._changed.add(news.session_id)
            self._wake.set()
        elif isinstance(news, Lost) and (fence := self._holds.fence(news.session_id)) is not None:
            self._gaps.add(news, fence)

    async def _look(self) -> None:
        """Look at what changed, at once, and at everything now and then."""
        registry.remove_stale_sockets(self._launcher.runtime)
        while True:
            self._launcher.reap()
            await asyncio.to_thread(put_on_record, self._home, self._launcher.runtime)
            self._changed.update(self._feed.mirror.sessions, self._terminals.session_ids)
            self._consider_changed()
            deadline = asyncio.get_running_loop().time() + LOOK_SECONDS
            while await self._woken_before(deadline):
                self._consider_changed()

    async def _warm_up(self) -> None:
        """Have ready what the next start would wait for, once our own start is over."""
        await asyncio.sleep(WARM_UP_SECONDS)
        await asyncio.to_thread(self._launcher.prepare)
        await asyncio.to_thread(warm_up)

    async def _woken_before(self, deadline: float) -> bool:
        try:
            async with asyncio.timeout_at(deadline):
                await self._wake.wait()
        except TimeoutError:
            return False
        self._wake.clear()
        return True

    def _look_again(self, session_id: str) -> None:
        """Look at a session once the work at hand is done."""
        self._changed.add(session_id)

    def _consider_changed(self) -> None:
        changed = self._changed
        self._changed = changed & self._busy  # looked at again once that is done
        for session_id in changed - self._busy:
            session = self._feed.mirror.sessions.get(session_id)
            if (live := self._terminals.get(session_id)) is not None and live.exited is not None:
                self._clear_away(session_id, session)
            if session is not None:
                self._consider(session)

    def _clear_away(self, session_id: str, session: Session | None) -> None:
        """Keep the terminal of a session that has ended for as long as something leads to it."""
        if session is None:
            self._terminals.close(session_id)
        elif not session.is_live and (session.exit_code is not None or session.status is SessionStatus.LOST):
            self._terminals.retire(session_id)

    def _consider(self, session: Session) -> None:
        """Start what this session calls for."""
        if session.status is SessionStatus.SPAWNING and self._is_starting_elsewhere(session):
            return
        try:
            run = records.read_run(self._home.session(session.id)) if _may_concern_us(session) else None
        except OSError as error:
            LOG.warning("The run record of session %s cannot be read: %s", session.id, error)
            return
        if run is not None:
            self._start(session.id, self._reconciler.reconcile(session, run))
        elif session.status is SessionStatus.SPAWNING and session.lease is None and not session.awaits_approval:
            self._start(session.id, self._starter.start(session))

    def _is_starting_elsewhere(self, session: Session) -> bool:
        """Whether another cockpit, maybe of this very home, is at it just now."""
        lease = session.lease
        return lease is not None and session.id not in self._holds and lease.expires_at > time.time() * 1000

    def _start(self, session_id: str, work: Coroutine[Any, Any, None]) -> None:
        self._busy.add(session_id)
        self._begin(session_id, work)

    def _begin(self, session_id: str, work: Coroutine[Any, Any, None]) -> None:
        self._create_task(self._guarded(session_id, work))

    def _create_task(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._tasks is not None
        self._tasks.create_task(work)

    async def _guarded(self, session_id: str, work: Coroutine[Any, Any, None]) -> None:
        """One session's trouble is no other's; what failed is tried again at the next look."""
        try:
            with during(sessionId=session_id, requestId=new_request_id()):
                await self._logged(session_id, work)
        finally:
            self._busy.discard(session_id)
            if session_id in self._changed:
                self._wake.set()

    async def _logged(self, session_id: str, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except MaestroError as error:
            LOG.info("Session %s: %s", session_id, error.message)
        except Exception:
            LOG.exception("Session %s: this is a defect", session_id)

    async def _report_gaps(self, session_id: str, update: UpdateSession) -> None:
        try:
            await self._feed.api.update_session(session_id, update)
        except MaestroError as error:
            LOG.warning("Lost output of session %s is not reported: %s", session_id, error.message)


def _may_concern_us(session: Session) -> bool:
    """Whether a record of this session is still of interest: it lives, was lost, or how it ended is not known."""
    return session.is_live or session.status is SessionStatus.LOST or session.exit_code is None
