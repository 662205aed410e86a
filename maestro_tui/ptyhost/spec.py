"""What a host is told to run: one JSON object on its standard input, so that no secret is in an argv."""

import json
from typing import Any, NamedTuple

from maestro_tui.ptyhost.frames import ProtocolError, check_size
from maestro_tui.ptyhost.history import DEFAULT_RING
from maestro_tui.ptyhost.output_log import DEFAULT_LIMIT

__all__ = ["HostSpec"]


class HostSpec(NamedTuple):
    """One session to run.

    directory: the session's own, for its records and its output log. socket: where to listen.
    env: the program's whole environment. about: what is known of the session, for whoever finds
    its host later (see `records.RunRecord`). log_limit, ring: bytes of output kept on disk, in memory.
    """

    session_id: str
    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    columns: int
    rows: int
    directory: str
    socket: str
    log_limit: int = DEFAULT_LIMIT
    ring: int = DEFAULT_RING
    about: dict[str, Any] = {}

    def to_json(self) -> bytes:
        return json.dumps(self._asdict()).encode()

    @classmethod
    def from_json(cls, content: bytes) -> "HostSpec":
        """Raises ValueError naming what is wrong."""
        try:
            fields: dict[str, Any] = json.loads(content)
            spec = cls(**fields)
            check_size(spec.columns, spec.rows)
        except (TypeError, ProtocolError) as error:
            raise ValueError(f"not a session to run: {error}") from error
        return spec._replace(argv=tuple(spec.argv))
