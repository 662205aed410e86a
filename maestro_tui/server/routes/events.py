"""The journal over HTTP, for those who come back now and then instead of listening."""

import asyncio
from contextlib import suppress

from aiohttp import web

from maestro_tui.domain.actor import Actor
from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.events import JournalEntry
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import Position, identifiers, limit, milliseconds, position
from maestro_tui.server.replies import reply

__all__ = ["routes"]

routes = web.RouteTableDef()

DEFAULT_LIMIT = 100
LONGEST_WAIT_MS = 25_000
"""Clients give a request up after thirty seconds."""


@routes.get("/api/events")
async def list_events(request: web.Request) -> web.StreamResponse:
    """Events after `since=<epoch>:<seq>`, oldest first, and the position to ask for next.

    Without `since`: the newest ones. `resync: true` when the journal no longer reaches back
    that far: then read the documents, and go on from `next`. `sessionIds`: only what is about
    these sessions. `waitMs`: while there is nothing to tell, wait so long for something.
    """
    query = request.query
    journal = services_of(request).journal
    most = limit(query, DEFAULT_LIMIT)
    wait_ms = milliseconds(query, "waitMs", most=LONGEST_WAIT_MS)
    wanted = identifiers(query, "sessionIds")
    actor = actor_of(request)

    def concerns(entry: JournalEntry) -> bool:
        return _may_see(actor, entry) and (not wanted or entry.event.session_id in wanted)

    since = position(query)
    if since is None and query.get("since"):
        raise Invalid.field("since", "must be <epoch>:<seq>, as in the 'next' of an earlier answer")
    if since is None:
        since = Position(journal.epoch, max(0, journal.seq - most))
    with services_of(request).listening.to(concerns) as heard:
        while True:
            entries = await journal.read(since.seq, most) if since.epoch == journal.epoch else None
            if entries is None:
                return reply({"events": [], "next": str(Position(journal.epoch, journal.seq)), "resync": True})
            seen = [entry.envelope for entry in entries if concerns(entry)]
            since = Position(journal.epoch, entries[-1].seq if entries else since.seq)
            if seen or not wait_ms or len(entries) == most:
                return reply({"events": seen, "next": str(since)})
            with suppress(TimeoutError):
                await asyncio.wait_for(heard.wait(), wait_ms / 1000)
            wait_ms = 0


def _may_see(actor: Actor, entry: JournalEntry) -> bool:
    return actor.is_owner or entry.event.project_id == actor.project_id
