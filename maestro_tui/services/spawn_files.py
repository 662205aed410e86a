"""What a spawned session finds on disk: its manifest for programs, and its brief for the agent."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maestro_tui.domain.errors import BusinessRuleBroken, Unavailable
from maestro_tui.files import ensure_private_directory, sync_directory, write_whole
from maestro_tui.services.spawn_manifest import Briefing, manifest_again

__all__ = [
    "BRIEF_FILE",
    "MANIFEST_FILE",
    "OWN_ID",
    "Written",
    "read_files",
    "write_again",
    "write_files",
]

MANIFEST_FILE = "manifest.json"
BRIEF_FILE = "brief.md"
OWN_ID = "{session_id}"
"""In a brief that was shown before there was a session: its id."""


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
    manifest = manifest_again(written.manifest, old_id, new_id, directory / BRIEF_FILE)
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
