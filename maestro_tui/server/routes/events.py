"""The journal over HTTP, for those who come back now and then instead of listening."""

from aiohttp import web

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.events import JournalEntry
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import Position, limit, position
from maestro_tui.server.replies import reply

__all__ = ["routes"]

routes = web.RouteTableDef()

DEFAULT_LIMIT = 100


@routes.get("/api/events")
async def list_events(request: web.Request) -> web.StreamResponse:
    """Events after `since=<epoch>:<seq>`, oldest first, and the position to ask for next.

    Without `since`: the newest ones. `resync: true` when the journal no longer reaches back
    that far: then read the documents, and go on from `next`.
    """
    journal = services_of(request).journal
    most = limit(request.query, DEFAULT_LIMIT)
    since = position(request.query)
    if since is None and request.query.get("since"):
        raise Invalid.field("since", "must be <epoch>:<seq>, as in the 'next' of an earlier answer")
    if since is None:
        since = Position(journal.epoch, max(0, journal.seq - most))
    entries = await journal.read(since.seq, most) if since.epoch == journal.epoch else None
    if entries is None:
        return reply({"events": [], "next": str(Position(journal.epoch, journal.seq)), "resync": True})
    last = entries[-1].seq if entries else since.seq
    seen = [entry.envelope for entry in entries if _may_see(actor_of(request), entry)]
    return reply({"events": seen, "next": str(Position(journal.epoch, last))})


def _may_see(actor: Actor, entry: JournalEntry) -> bool:
    return actor.is_owner or entry.event.project_id == actor.project_id
