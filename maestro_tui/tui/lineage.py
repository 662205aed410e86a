"""Who started whom: the sessions of a project as lines of a tree. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from maestro_tui.domain.session import Session
from maestro_tui.domain.status import SessionStatus
from maestro_tui.tui.ports import Documents

__all__ = ["Branch", "branches", "can_restart", "live_below", "shown_sessions"]

MOST_ENDED = 200
"""How many sessions that have ended are shown when all of them are asked for; the newest."""
_ENDED_BADLY = frozenset({SessionStatus.FAILED, SessionStatus.LOST})


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree. lead: the lines that lead to it."""

    session: Session
    lead: str


def shown_sessions(documents: Documents, project_id: str, *, ended: bool) -> list[Session]:
    """The project's sessions worth a line, and those above them.

    Live ones, and those that ended badly and were not started again; with ended also the newest of all others.
    """
    own = [one for one in documents.sessions.values() if one.project_id == project_id]
    again = {one.restart_of for one in own}
    wanted = [one for one in own if one.is_live or (one.status in _ENDED_BADLY and one.id not in again)]
    if ended:
        past = sorted((one for one in own if not one.is_live), key=_age, reverse=True)
        wanted += past[:MOST_ENDED]
    kept: dict[str, Session] = {}
    for session in wanted:
        above: Session | None = session
        while above is not None and above.id not in kept:
            kept[above.id] = above
            above = documents.sessions.get(above.parent_session_id or "")
    return list(kept.values())


def branches(sessions: Iterable[Session]) -> list[Branch]:
    """The sessions, each below the one that started it, oldest first.

    One whose parent is not among them is a root.
    """
    known = {session.id: session for session in sessions}
    children: dict[str | None, list[Session]] = defaultdict(list)
    for session in sorted(known.values(), key=_age):
        children[session.parent_session_id if session.parent_session_id in known else None].append(session)
    drawn = list(_drawn(children))
    seen = {branch.session.id for branch in drawn}
    return [*drawn, *(Branch(one, "") for one in known.values() if one.id not in seen)]  # circles made by hand


def live_below(documents: Documents, session_id: str) -> list[Session]:
    """The live sessions that this one started, and those that they started, parents first."""
    children: dict[str | None, list[Session]] = defaultdict(list)
    for session in documents.sessions.values():
        children[session.parent_session_id].append(session)
    found: dict[str, Session] = {}
    waiting = [session_id]
    while waiting:
        for child in sorted(children[waiting.pop(0)], key=_age):
            if child.id not in found and child.id != session_id:
                found[child.id] = child
                waiting.append(child.id)
    return [session for session in found.values() if session.is_live]


def can_restart(documents: Documents, session: Session) -> bool:
    """Whether it has ended, was spawned with a brief, and was not started again already."""
    if session.is_live or session.manifest_path is None:
        return False
    return all(one.restart_of != session.id for one in documents.sessions.values())


def _drawn(children: dict[str | None, list[Session]]) -> Iterator[Branch]:
    waiting = [(session, "", "") for session in reversed(children[None])]
    while waiting:
        session, lead, indent = waiting.pop()
        yield Branch(session, lead)
        below = children.get(session.id, [])
        lines = [
            (
                child,
                f"{indent}{'└─ ' if child is below[-1] else '├─ '}",
                f"{indent}{'   ' if child is below[-1] else '│  '}",
            )
            for child in below
        ]
        waiting += reversed(lines)


def _age(session: Session) -> tuple[int, str]:
    return session.created_at, session.id
