"""Which session is meant, by its id or the beginning of one."""

from pathlib import Path

from maestro_tui.domain.errors import MaestroError
from maestro_tui.ptyhost.records import RUN

__all__ = ["find_session"]

MOST_NAMED = 8


def find_session(sessions: Path, given: str) -> Path:
    """The directory of the session that ran here and whose id begins with given. Raises MaestroError.

    sessions: the directory that holds a directory for each.
    """
    known = sorted(path.parent for path in sessions.glob(f"*/{RUN}"))
    if (exact := sessions / given) in known:
        return exact
    matching = [path for path in known if path.name.startswith(given)]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        raise MaestroError(
            f"no session whose id begins with '{given}' has run on this machine",
            suggestion="maestro session list names the sessions; attach on the machine where one runs",
        )
    names = ", ".join(path.name for path in matching[:MOST_NAMED])
    more = len(matching) - MOST_NAMED
    raise MaestroError(
        f"'{given}' is the beginning of {len(matching)} ids: {names}{f' and {more} more' if more > 0 else ''}",
        suggestion="give more of the id",
    )
