"""Which session started which: how deep one stands, and all of them as a tree."""

from collections.abc import Sequence

from maestro_tui.domain.errors import NotFound
from maestro_tui.domain.session import Session
from maestro_tui.services.announcements import session_summary
from maestro_tui.services.trees import Node, rooted
from maestro_tui.store.base import Store

__all__ = ["depth_below", "forest"]


async def depth_below(store: Store, parent: Session | None) -> int:
    """How many sessions are above one that parent starts; what was recorded counts, deleted ones included."""
    depth, seen = 0, set()
    while parent is not None and parent.id not in seen:
        depth += 1
        if parent.depth is not None:
            return depth + parent.depth
        seen.add(parent.id)
        parent = await _above(store, parent)
    return depth


def forest(sessions: Sequence[Session], *, live_only: bool = False) -> list[Node]:
    """The sessions nobody started among these, as on the wire, with `depth` and those below in `children`.

    live_only: only live ones, and those above them.
    """
    kept = _live_with_those_above(sessions) if live_only else sessions
    nodes = {session.id: session_summary(session) | {"children": []} for session in kept}
    roots = rooted(nodes, {session.id: session.parent_session_id for session in kept})
    waiting = [(root, root["depth"] or 0) for root in roots]
    while waiting:
        node, depth = waiting.pop()
        node["depth"] = depth
        waiting += [(child, depth + 1 if child["depth"] is None else child["depth"]) for child in node["children"]]
    return roots


def _live_with_those_above(sessions: Sequence[Session]) -> list[Session]:
    known = {session.id: session for session in sessions}
    kept: set[str] = set()
    for session in sessions:
        above: Session | None = session if session.is_live else None
        while above is not None and above.id not in kept:
            kept.add(above.id)
            above = known.get(above.parent_session_id or "")
    return [session for session in sessions if session.id in kept]


async def _above(store: Store, session: Session) -> Session | None:
    if session.parent_session_id is None:
        return None
    try:
        return await store.sessions.get(session.parent_session_id)
    except NotFound:
        return None
