"""The mailbox of clients that existed before: letters between the sessions of a project.

A letter is an event of the session that sent it, so that nobody writes into the session of another;
the sessions below the sender also have it typed into their terminals.
"""

import asyncio
from contextlib import suppress
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field, JsonValue

from maestro_tui.domain.errors import Forbidden, Invalid, NotFound
from maestro_tui.domain.events import JournalEntry
from maestro_tui.domain.requests.body import Body, Id, Title, Word
from maestro_tui.domain.requests.orders import SendInput
from maestro_tui.domain.requests.sessions import AddSessionEvent
from maestro_tui.domain.session import Session
from maestro_tui.domain.text import clean_line
from maestro_tui.server.bodies import read_model
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.queries import milliseconds, offset
from maestro_tui.server.replies import reply
from maestro_tui.store.base import SessionQuery

__all__ = ["routes"]

routes = web.RouteTableDef()

LETTER = "letter"
LONGEST_WAIT_MS = 25_000
"""Clients give a request up after thirty seconds, and ask again."""
MOST_WAIT_MS = 3_600_000
EVERYBODY = ("all", "my-workers", "team")
_WORDS = ("instructions", "message", "question", "answer", "details")
"""Where the text of a letter stands, which depends on its type."""


class Letter(Body):
    """To one session, to those of a team member, or with neither to all of the project (`scope`)."""

    from_session_id: Id | None = None
    to_session_id: Id | None = None
    to_team_member_id: Id | None = None
    type: Word = "notification"
    subject: Title
    body: Annotated[dict[str, JsonValue], Field(max_length=20)] = Field(default_factory=dict)
    priority: Word | None = None
    reply_to_mail_id: Id | None = None
    scope: Word = "all"


@routes.post("/api/mail")
async def post_letter(request: web.Request) -> web.StreamResponse:
    """One letter for each it goes to by name; one for everybody."""
    letter, actor, services = await read_model(request, Letter), actor_of(request), services_of(request)
    sender_id = actor.session_id or letter.from_session_id
    if sender_id is None:
        raise Invalid.field("fromSessionId", "the session that sends it is required")
    sender = await services.sessions.get(sender_id, actor)
    earlier = await _letters(request, sender.project_id)
    answered = next((one for one in earlier if one["id"] == letter.reply_to_mail_id), None)
    told = letter.model_dump(exclude={"from_session_id", "to_session_id", "to_team_member_id"}, by_alias=True)
    told |= {"fromSessionId": sender_id, "threadId": answered["threadId"] if answered else None}
    sent = []
    for to_id in await _addressees(request, letter, sender):
        event = AddSessionEvent(type=LETTER, data={**told, "toSessionId": to_id})
        sender = await services.sessions.add_event(sender_id, event, actor)
        sent.append(_wire(sender)[-1])
        await _type(request, sent[-1], sender)
    return reply(sent if letter.to_team_member_id else sent[0], status=201)


@routes.get("/api/mail/inbox/{session_id}")
async def inbox(request: web.Request) -> web.StreamResponse:
    """The letters to a session, oldest first; `type`, and `since` (Unix ms): only newer ones."""
    return reply(await _inbox(request))


@routes.get("/api/mail/wait/{session_id}")
async def wait_for_letter(request: web.Request) -> web.StreamResponse:
    """The letters that come from now on, or from `since` on; none when there are none within `timeout` ms."""
    timeout = min(milliseconds(request.query, "timeout", most=MOST_WAIT_MS) or LONGEST_WAIT_MS, LONGEST_WAIT_MS)
    session = await services_of(request).sessions.get(request.match_info["session_id"], actor_of(request))
    known = {one["id"] for one in await _inbox(request)} if not request.query.get("since") else set[str]()

    def concerns(entry: JournalEntry) -> bool:
        return entry.event.project_id == session.project_id and entry.event.session_id is not None

    deadline = asyncio.get_running_loop().time() + timeout / 1000
    with suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            while not services_of(request).listening.is_over:
                with services_of(request).listening.to(concerns) as heard:
                    if new := [one for one in await _inbox(request) if one["id"] not in known]:
                        return reply(new)
                    await heard.wait()
    return reply([])


@routes.get("/api/mail/thread/{letter_id}")
async def thread(request: web.Request) -> web.StreamResponse:
    """A letter and all that answer it, oldest first."""
    all_of_them = await _letters(request, actor_of(request).project_id)
    return reply([one for one in all_of_them if one["threadId"] == request.match_info["letter_id"]])


@routes.get("/api/mail/{letter_id}")
async def get_letter(request: web.Request) -> web.StreamResponse:
    letter_id = request.match_info["letter_id"]
    for one in await _letters(request, actor_of(request).project_id):
        if one["id"] == letter_id:
            return reply(one)
    raise NotFound(f"There is no letter '{letter_id}'", suggestion="maestro mail inbox")


async def _addressees(request: web.Request, letter: Letter, sender: Session) -> list[str | None]:
    """Whom it goes to, None for everybody. Raises NotFound, Forbidden, Invalid."""
    if letter.to_session_id is not None:
        return [(await services_of(request).sessions.get(letter.to_session_id, actor_of(request))).id]
    if letter.to_team_member_id is None:
        if letter.scope not in EVERYBODY:
            raise Invalid.field("scope", f"must be one of: {', '.join(EVERYBODY)}")
        return [None]
    found = [one for one in await _live(request, sender) if one.team_member_id == letter.to_team_member_id]
    if not found:
        raise NotFound(
            f"No live session is of the team member '{letter.to_team_member_id}'",
            suggestion="maestro session list",
        )
    return [one.id for one in found]


async def _live(request: web.Request, sender: Session) -> list[Session]:
    query = SessionQuery(project_id=sender.project_id, live=True)
    return list((await services_of(request).sessions.find(query, actor_of(request))).items)


async def _type(request: web.Request, letter: dict[str, Any], sender: Session) -> None:
    """Into the terminals of those it is for and whom the sender may type to; the others find it in their inbox."""
    words = next((text for name in _WORDS if isinstance(text := letter["body"].get(name), str)), "")
    text = f"[mail from {sender.name}] {letter['subject']}" + (f": {clean_line(words)}" if words else "")
    for one in await _live(request, sender):
        if one.id != sender.id and _is_for(letter, one):
            with suppress(Forbidden):
                wish = SendInput(text=text[:8192], enter=True)
                await services_of(request).orders.send(one.id, wish, actor_of(request), wait=False)


async def _inbox(request: web.Request) -> list[dict[str, Any]]:
    session = await services_of(request).sessions.get(request.match_info["session_id"], actor_of(request))
    wanted, since = request.query.get("type"), offset(request.query, "since") or 0
    return [
        one
        for one in await _letters(request, session.project_id)
        if _is_for(one, session) and one["createdAt"] > since and (not wanted or one["type"] == wanted)
    ]


async def _letters(request: web.Request, project_id: str | None) -> list[dict[str, Any]]:
    """All of a project, or of all projects, oldest first."""
    sessions = (
        await services_of(request).sessions.find(SessionQuery(project_id=project_id), actor_of(request))
    ).items
    found = [letter for session in sessions for letter in _wire(session)]
    return sorted(found, key=lambda one: (one["createdAt"], one["id"]))


def _is_for(letter: dict[str, Any], session: Session) -> bool:
    if letter["toSessionId"] is not None:
        return bool(letter["toSessionId"] == session.id)
    if letter["fromSessionId"] == session.id:
        return False
    return bool(letter["scope"] != "my-workers" or session.parent_session_id == letter["fromSessionId"])


def _wire(session: Session) -> list[dict[str, Any]]:
    """The letters that a session sent, as their readers know them."""
    found = ((event, event.data) for event in session.events if event.type == LETTER)
    return [
        {
            "type": "notification",
            "subject": "",
            "toSessionId": None,
            "priority": None,
            "scope": "all",
            **data,
            "body": data.get("body") if isinstance(data.get("body"), dict) else {},
            "id": event.id,
            "threadId": data.get("threadId") or event.id,
            "projectId": session.project_id,
            "fromSessionId": session.id,
            "createdAt": event.timestamp,
        }
        for event, data in found
        if isinstance(data, dict)
    ]
