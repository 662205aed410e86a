"""Which parts of a home a backup may hold, where each belongs, and which names a member may have."""

from pathlib import Path

from maestro_tui.domain.errors import Invalid
from maestro_tui.paths import Home
from maestro_tui.store.backups.manifest import MANIFEST

__all__ = ["DERIVED", "OUTPUT", "SESSION_FILES", "checked_name", "is_derived", "part_targets"]

SESSION_FILES = frozenset({"manifest.json", "brief.md", "exit.json"})
"""What of a session's directory is always kept."""
OUTPUT = "output"
"""The directory of a session's recorded output."""
DERIVED = (".index.db",)
_OWN = (".lock", ".probe")
_LONGEST_NAME = 1024
_DEEPEST = 32
_PLAIN_FILES = frozenset({"config.toml", "config", "token.key"})


def part_targets(home: Home) -> dict[str, Path]:
    """The first component of a member's name, and what it stands for."""
    return {
        "data": home.data,
        "sessions": home.sessions,
        "skills": home.skills,
        "themes": home.themes,
        "config.toml": home.config,
        "config": home.cli_config,
        "token.key": home.signing_key,
    }


def is_derived(name: str) -> bool:
    """Whether a file of the data directory is made anew by every server that needs it."""
    return name in _OWN or any(name in (base, f"{base}-wal", f"{base}-shm") for base in DERIVED)


def checked_name(name: str) -> tuple[str, ...]:
    """The components of a member's name. Raises Invalid for one that leads anywhere but into the home."""
    components = tuple(name.split("/"))
    if name == MANIFEST:
        return components
    if (
        len(name) > _LONGEST_NAME
        or len(components) > _DEEPEST
        or any(part in ("", ".", "..") for part in components)
        or any(character < " " or character in "\\\x7f" for character in name)
    ):
        raise _refused(name, "leads out of the home, or is no path at all")
    first, inside = components[0], components[1:]
    if first in _PLAIN_FILES:
        if inside:
            raise _refused(name, f"{first} must be a file")
    elif first not in ("data", "sessions", "skills", "themes") or not inside:
        raise _refused(name, "is no part of a home")
    elif first == "data" and is_derived(inside[0]):
        raise _refused(name, "is made by a server and never restored")
    return components


def _refused(name: str, reason: str) -> Invalid:
    return Invalid(
        f"The backup holds {name[:200]!r}, which {reason}", suggestion="Nothing was changed; use another backup."
    )
