"""What a spawned session finds on disk: its manifest for programs, and its brief for the agent."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maestro_tui.domain.errors import Unavailable
from maestro_tui.domain.project import Project
from maestro_tui.domain.requests import SpawnSession
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.files import ensure_private_directory, sync_directory, write_whole
from maestro_tui.skills.manifest import Skill

__all__ = ["Briefing", "read_manifest", "write_files"]

MANIFEST_VERSION = "1.0"
MANIFEST_FILE = "manifest.json"
BRIEF_FILE = "brief.md"
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


def write_files(directory: Path, briefing: Briefing, brief: str) -> dict[str, Any]:
    """Write manifest and brief into the session's own directory, durably and for the owner only (0600).

    Returns the manifest. Raises Unavailable when the disk refuses.
    """
    manifest = briefing.manifest(directory / BRIEF_FILE)
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    try:
        ensure_private_directory(directory)
        write_whole(directory / BRIEF_FILE, brief.encode(), mode=0o600)
        write_whole(directory / MANIFEST_FILE, text.encode(), mode=0o600)
        sync_directory(directory.parent)
    except OSError as error:
        raise Unavailable(
            f"The session's files cannot be written: {error}", suggestion="maestro doctor"
        ) from error
    return manifest


def read_manifest(directory: Path) -> dict[str, Any]:
    """The manifest that `write_files` wrote. Raises Unavailable when it is not there or cannot be read."""
    try:
        return dict(json.loads((directory / MANIFEST_FILE).read_bytes()))
    except (OSError, ValueError) as error:
        raise Unavailable(
            f"The session's manifest cannot be read: {error}", suggestion="maestro doctor"
        ) from error


def _skill(skill: Skill) -> dict[str, Any]:
    return {
        "name": skill.name,
        "version": skill.manifest.version,
        "description": skill.manifest.description,
        "type": skill.manifest.type,
    }
