"""What a spawned session finds on disk: its manifest for programs, and its brief for the agent."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maestro_tui.domain.errors import BusinessRuleBroken, Unavailable
from maestro_tui.domain.member import TeamMember
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests import SpawnSession
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.files import ensure_private_directory, sync_directory, write_whole
from maestro_tui.skills.manifest import Skill

__all__ = [
    "BRIEF_FILE",
    "MANIFEST_FILE",
    "OWN_ID",
    "Briefing",
    "Written",
    "read_files",
    "write_again",
    "write_files",
]

MANIFEST_VERSION = "1.0"
MANIFEST_FILE = "manifest.json"
BRIEF_FILE = "brief.md"
OWN_ID = "{session_id}"
"""In a brief that was shown before there was a session: its id."""
_PARENT_FIELDS = {"id", "title", "description", "status", "priority"}


@dataclass(frozen=True, slots=True)
class Briefing:
    """Everything a session is told at its start. parents: the tasks above its own, outermost first."""

    session: Session
    request: SpawnSession
    project: Project
    tasks: Sequence[Task]
    parents: Sequence[Task]
    dependencies: Sequence[Task]
    skills: Sequence[Skill]
    member: TeamMember | None = None

    def manifest(self, brief_path: Path) -> dict[str, Any]:
        """The manifest, JSON-ready, camelCase, without any secret."""
        session = self.session
        return {
            "manifestVersion": MANIFEST_VERSION,
            "role": session.role.value,
            "project": self.project.to_wire(),
            "tasks": [task.model_dump(mode="json", exclude={"timeline"}) for task in self.tasks],
            "parents": [task.model_dump(mode="json", include=_PARENT_FIELDS) for task in self.parents],
            "session": {
                "id": session.id,
                "name": session.name,
                "parentSessionId": session.parent_session_id,
                "rootSessionId": session.root_session_id,
                "spawnSource": session.spawn_source,
                "spawnReason": self.request.reason,
                "cwd": session.cwd,
            },
            "skills": [_skill(skill) for skill in self.skills],
            "agent": {"name": session.agent, "model": session.model},
            "context": self.request.context,
            "briefPath": str(brief_path),
        }


@dataclass(frozen=True, slots=True)
class Written:
    """What lies on disk for a session."""

    manifest: dict[str, Any]
    brief: str


def write_files(directory: Path, briefing: Briefing, brief: str) -> dict[str, Any]:
    """Write manifest and brief into the session's own directory, durably and for the owner only (0600).

    Returns the manifest. Raises Unavailable when the disk refuses.
    """
    manifest = briefing.manifest(directory / BRIEF_FILE)
    _write(directory, Written(manifest, brief))
    return manifest


async def read_files(directory: Path) -> Written:
    """What was written into a session's directory. Raises BusinessRuleBroken when it is gone or spoilt."""
    try:
        return await asyncio.to_thread(_read, directory)
    except (OSError, ValueError) as error:
        raise BusinessRuleBroken(
            f"The brief in {directory} cannot be read: {error}",
            suggestion="Start a new session: maestro session spawn --task TASK",
        ) from error


def write_again(directory: Path, written: Written, old_id: str, new_id: str) -> dict[str, Any]:
    """Write what one session was given for another, word for word but for the session's own id and paths.

    Returns the manifest. Raises Unavailable when the disk refuses.
    """
    known = written.manifest.get("session")
    session = {**(known if isinstance(known, dict) else {}), "id": new_id, "restartOf": old_id}
    manifest = {**written.manifest, "session": session, "briefPath": str(directory / BRIEF_FILE)}
    _write(directory, Written(manifest, written.brief.replace(old_id, new_id)))
    return manifest


def _write(directory: Path, written: Written) -> None:
    text = json.dumps(written.manifest, indent=2, ensure_ascii=False)
    try:
        ensure_private_directory(directory)
        write_whole(directory / BRIEF_FILE, written.brief.encode(), mode=0o600)
        write_whole(directory / MANIFEST_FILE, text.encode(), mode=0o600)
        sync_directory(directory.parent)
    except OSError as error:
        raise Unavailable(
            f"The session's files cannot be written: {error}", suggestion="maestro doctor"
        ) from error


def _read(directory: Path) -> Written:
    manifest = json.loads((directory / MANIFEST_FILE).read_bytes())
    if not isinstance(manifest, dict):
        raise ValueError(f"{MANIFEST_FILE} holds no object")
    return Written(manifest, (directory / BRIEF_FILE).read_text(encoding="utf-8"))


def _skill(skill: Skill) -> dict[str, Any]:
    return {
        "name": skill.name,
        "version": skill.manifest.version,
        "description": skill.manifest.description,
        "type": skill.manifest.type,
    }
