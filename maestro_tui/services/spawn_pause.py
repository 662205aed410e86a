"""The switch that stops all new spawns, which a restart of the server leaves as it is."""

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path

from maestro_tui.domain.errors import SpawnRefused, Unavailable
from maestro_tui.files import sync_directory, write_whole

__all__ = ["Paused", "SpawnPause"]


@dataclass(frozen=True, slots=True)
class Paused:
    """Since when spawning is paused (Unix ms; None when nobody can say any more), and why."""

    since: int | None = None
    reason: str = ""


class SpawnPause:
    """Spawning is paused for as long as the file at path is there, whatever it holds."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.paused = _read(path)

    def require_running(self) -> None:
        """Raise SpawnRefused (429) while spawning is paused."""
        if self.paused is None:
            return
        because = f": {self.paused.reason}" if self.paused.reason else ""
        raise SpawnRefused(
            "spawn_paused",
            f"A person has paused all new spawns{because}",
            http_status=429,
            suggestion="Work on without new sessions; the person goes on with: maestro session resume-spawning",
            details={"pausedSince": self.paused.since, "reason": self.paused.reason},
        )

    async def pause(self, paused: Paused) -> None:
        """Pause, durably. Raises Unavailable when the disk refuses; nothing is changed then."""
        content = json.dumps({"since": paused.since, "reason": paused.reason}, indent=2).encode()
        await asyncio.to_thread(self._attempt, content)
        self.paused = paused

    async def resume(self) -> None:
        """Let spawns through again, durably. Raises Unavailable when the disk refuses."""
        if self.paused is None:
            return
        await asyncio.to_thread(self._attempt, None)
        self.paused = None

    def _attempt(self, content: bytes | None) -> None:
        try:
            if content is None:
                self._path.unlink(missing_ok=True)
                sync_directory(self._path.parent)
            else:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                write_whole(self._path, content, mode=0o600)
        except OSError as error:
            raise Unavailable(
                f"Whether spawning is paused cannot be written: {error}", suggestion="maestro doctor"
            ) from error


def _read(path: Path) -> Paused | None:
    """What the file says. One that cannot be read still pauses: the safe side of a doubt."""
    try:
        held = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return Paused()
    values = held if isinstance(held, dict) else {}
    since, reason = values.get("since"), values.get("reason")
    return Paused(since if isinstance(since, int) else None, reason if isinstance(reason, str) else "")
