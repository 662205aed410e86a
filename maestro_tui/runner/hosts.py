"""The PTY hosts of this machine as a person asks about them: what went on meanwhile, and which nobody knows."""

import asyncio
import json
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maestro_tui.domain.session import Session
from maestro_tui.paths import Home
from maestro_tui.ptyhost import processes, records, registry
from maestro_tui.ptyhost.ending import Ladder
from maestro_tui.ptyhost.records import RunRecord
from maestro_tui.ptyhost.registry import Fate
from maestro_tui.runner.strays import put_on_record
from maestro_tui.runner.terminals import Terminals

__all__ = ["Hosts", "Meanwhile", "Orphan", "UnknownHost"]

STOP_SECONDS = 30.0
LOOK_SECONDS = 0.1
MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Ids of the sessions of this machine by what became of them since a moment, as their hosts recorded it.

    kept: ran before it and still run. started: began since and run. finished: exit status 0.
    failed: any other end of its own. stopped: somebody asked for it. lost: no record says how.
    """

    kept: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnknownHost:
    """A host that lives here and whose session the server does not know.

    name, project_id, task_ids, role, agent, cwd, parent_session_id, root_session_id: what its session was given
    at its start; empty where that is gone. started_at: Unix ms. program: what it runs.
    """

    session_id: str
    name: str
    project_id: str
    task_ids: tuple[str, ...]
    program: str
    started_at: int
    role: str = ""
    agent: str = ""
    cwd: str = ""
    parent_session_id: str = ""
    root_session_id: str = ""

    def fields(self) -> dict[str, str]:
        """What its session is to be known by again, besides its id, its project and its tasks."""
        said = {
            "name": self.name[:200],
            "role": self.role,
            "agent": self.agent,
            "cwd": self.cwd,
            "parentSessionId": self.parent_session_id,
            "rootSessionId": self.root_session_id,
        }
        return {field: value for field, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class Orphan:
    """What a host that died has left running: nobody can see it or type into it any more, only end it.

    pid: of the program the host had started, which may have ended before what it started itself.
    """

    session_id: str
    name: str
    program: str
    pid: int
    started_at: int


class Hosts:
    """Reads the records below a home; nothing here is decided by what a server says."""

    def __init__(self, home: Home, environ: Mapping[str, str] = os.environ) -> None:
        self._home = home
        self._environ = environ

    async def meanwhile(self, sessions: Iterable[Session], since: int) -> Meanwhile:
        """What became of these sessions since then (Unix ms). Those that never ran here are left out."""
        return await asyncio.to_thread(self._meanwhile, tuple(sessions), since)

    async def unknown(self, known: Collection[str]) -> tuple[UnknownHost, ...]:
        """The hosts that live here without being among the known sessions."""
        return await asyncio.to_thread(self._unknown, frozenset(known))

    async def orphans(self) -> tuple[Orphan, ...]:
        """What hosts that died have left running here."""
        return await asyncio.to_thread(self._orphans)

    async def stop(self, session_id: str) -> None:
        """End a host that nobody knows, and what runs in it; or what a host that died has left running.

        Raises OSError, TimeoutError.
        """
        directory = self._home.session(session_id)
        if registry.fate(directory) in (Fate.ORPHANED, Fate.LOST):
            await _stop_orphans(directory)
            return
        run = await asyncio.to_thread(records.read_run, directory)
        if run is None or registry.fate(directory) is not Fate.RUNNING:
            return
        terminals = Terminals()
        try:
            live = await terminals.attach(session_id, directory, run.socket)
            live.stop()
            async with asyncio.timeout(STOP_SECONDS):
                await live.ended.wait()
        finally:
            terminals.close_all()

    def _meanwhile(self, sessions: tuple[Session, ...], since: int) -> Meanwhile:
        found: dict[str, list[str]] = {}
        for session in sessions:
            if (word := self._became(session, since)) is not None:
                found.setdefault(word, []).append(session.id)
        return Meanwhile(**{word: tuple(ids) for word, ids in found.items()})

    def _became(self, session: Session, since: int) -> str | None:
        directory = self._home.session(session.id)
        run = records.read_run(directory)
        if run is None:
            return None
        match registry.fate(directory):
            case Fate.RUNNING:
                return "kept" if run.started_at < since else "started"
            case Fate.ENDED:
                record = records.read_exit(directory)
                return _how(record) if record is not None and record.ended_at >= since else None
            case _:
                return "lost" if session.is_live or (session.completed_at or 0) >= since else None

    def _unknown(self, known: frozenset[str]) -> tuple[UnknownHost, ...]:
        put_on_record(self._home, self._home.runtime(self._environ))
        runs = registry.live_hosts(self._home.sessions)
        return tuple(self._described(run) for run in runs if run.session_id not in known)

    def _orphans(self) -> tuple[Orphan, ...]:
        return tuple(
            Orphan(
                run.session_id,
                _text(self._about(run), "name") or run.session_id,
                run.argv0,
                run.agent.pid,
                run.started_at,
            )
            for run in registry.abandoned(self._home.sessions)
        )

    def _described(self, run: RunRecord) -> UnknownHost:
        about = self._about(run)
        tasks = about.get("taskIds")
        return UnknownHost(
            session_id=run.session_id,
            name=_text(about, "name") or run.session_id,
            project_id=_text(about, "projectId"),
            task_ids=tuple(one for one in tasks if isinstance(one, str)) if isinstance(tasks, list) else (),
            program=run.argv0,
            started_at=run.started_at,
            role=_text(about, "role"),
            agent=_text(about, "agent"),
            cwd=_text(about, "cwd"),
            parent_session_id=_text(about, "parentSessionId"),
            root_session_id=_text(about, "rootSessionId"),
        )

    def _about(self, run: RunRecord) -> dict[str, Any]:
        """What its session was given at its start: as its host has it, else as its manifest says."""
        return run.about or _from_manifest(self._manifest(run.session_id))

    def _manifest(self, session_id: str) -> dict[str, Any]:
        """What the session was given; empty where that cannot be read."""
        try:
            manifest = json.loads((self._home.session(session_id) / MANIFEST_FILE).read_bytes())
        except (OSError, ValueError):
            return {}
        return manifest if isinstance(manifest, dict) else {}


def _from_manifest(manifest: dict[str, Any]) -> dict[str, Any]:
    """The fields of a run record's `about`, for hosts that were started before there was one."""
    session, project, agent, tasks = (manifest.get(part) for part in ("session", "project", "agent", "tasks"))
    return {
        "name": _text(session, "name"),
        "projectId": _text(project, "id"),
        "taskIds": list(filter(None, (_text(task, "id") for task in tasks))) if isinstance(tasks, list) else [],
        "role": _text(manifest, "role"),
        "agent": _text(agent, "name"),
        "cwd": _text(session, "cwd"),
        "parentSessionId": _text(session, "parentSessionId"),
        "rootSessionId": _text(session, "rootSessionId"),
    }


async def _stop_orphans(directory: Path) -> None:
    """HUP, TERM, KILL, with time between, to all that is left. Raises TimeoutError."""
    loop = asyncio.get_running_loop()
    ladder = Ladder(loop.time())
    async with asyncio.timeout(STOP_SECONDS):
        while left := await asyncio.to_thread(registry.orphans, directory):
            if (step := ladder.advance(loop.time())) is not None:
                for pid in left:
                    processes.send(step.signal, pid)
            await asyncio.sleep(LOOK_SECONDS)


def _how(record: records.ExitRecord) -> str:
    if record.stopped_by is not None:
        return "stopped"
    return "finished" if record.exit_code == 0 else "failed"


def _text(part: Any, name: str) -> str:
    value = part.get(name) if isinstance(part, dict) else None
    return value if isinstance(value, str) else ""
