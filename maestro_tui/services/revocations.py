"""Sessions whose token was taken away while they live. The list is a file, so it outlives the server.

A session's token is derived from its id and cannot be replaced; a session that should have one
again is restarted, which makes a new session.
"""

import json
from pathlib import Path

from maestro_tui import files

__all__ = ["Revocations"]


class Revocations:
    """The ids, read once; a file that cannot be read is an error, because it may hold what must be refused."""

    def __init__(self, path: Path) -> None:
        """Raises PermissionError when the file does not say which tokens are revoked."""
        self._path = path
        self._ids = frozenset(_read(path))

    def __contains__(self, session_id: str) -> bool:
        return session_id in self._ids

    def add(self, session_id: str) -> None:
        """Refuse this session's token from now on, durably when this returns. Raises OSError."""
        ids = self._ids | {session_id}
        files.write_whole(self._path, json.dumps(sorted(ids)).encode() + b"\n", mode=0o600)
        self._ids = ids


def _read(path: Path) -> list[str]:
    try:
        ids = json.loads(path.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise PermissionError(f"The revoked tokens in {path} cannot be read: {error}; mend or remove it") from None
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise PermissionError(f"{path} must hold a list of session ids; mend or remove it")
    return ids
