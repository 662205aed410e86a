"""What clients that existed before send to people and to other sessions: mail, and pages to be shown.

Both are kept as events of their session. A mail is typed into the session's terminal as well, as soon
as it takes it; a page is a document, since a terminal shows no HTML.
"""

from typing import Annotated, Any

from aiohttp import web
from pydantic import JsonValue, StringConstraints

from maestro_tui.domain.requests.body import Body, Description, Id, Message, Name, Title
from maestro_tui.domain.requests.orders import SendInput
from maestro_tui.domain.requests.sessions import AddSessionEvent, AddSessionTimelineEntry
from maestro_tui.domain.session import Session
from maestro_tui.server.bodies import read_model
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.replies import reply
from maestro_tui.server.routes.older import DOCUMENT, LARGEST_DOCUMENT

__all__ = ["routes"]

routes = web.RouteTableDef()

SESSION = "/api/sessions/{session_id}"
MAIL, MAIL_READ = "mail", "mail_read"


class Mail(Body):
    """A message for a session. message: typed into its terminal too; detail: only kept."""

    message: Message
    detail: Description | None = None
    from_session_id: Id | None = None
    from_name: Name | None = None


class Page(Body):
    """A page that an agent made. html: kept beside its path while it is small enough."""

    modal_id: Id
    title: Title = "Page"
    html: str = ""
    file_path: Annotated[str, StringConstraints(min_length=1, max_length=4096)]


@routes.post(SESSION + "/mail")
async def send_mail(request: web.Request) -> web.StreamResponse:
    """To a session that the sender spawned; typed when its terminal takes it."""
    body, session_id = await read_model(request, Mail), request.match_info["session_id"]
    services, actor = services_of(request), actor_of(request)
    told = {
        "fromSessionId": actor.session_id or body.from_session_id,
        "fromName": body.from_name,
        "message": body.message,
        "detail": body.detail,
    }
    event = AddSessionEvent(type=MAIL, data={key: value for key, value in told.items() if value is not None})
    session = await services.sessions.add_event(session_id, event, actor)
    if session.is_live and session_id != actor.session_id:
        text = f"{body.from_name}: {body.message}" if body.from_name else body.message
        await services.orders.send(session_id, SendInput(text=text, enter=True), actor, wait=False)
    return reply(_mails(session)[-1], status=201)


@routes.get(SESSION + "/mail")
async def read_mail(request: web.Request) -> web.StreamResponse:
    """What a session was sent since its agent last asked; asked by others, it stays unread."""
    services, actor, session_id = services_of(request), actor_of(request), request.match_info["session_id"]
    session = await services.sessions.get(session_id, actor)
    last = max((place for place, event in enumerate(session.events) if event.type == MAIL_READ), default=-1)
    unread = _mails(session, after=last)
    if unread and session_id == actor.session_id:
        await services.sessions.add_event(session_id, AddSessionEvent(type=MAIL_READ), actor)
    return reply(unread)


@routes.post(SESSION + "/modal")
async def keep_page(request: web.Request) -> web.StreamResponse:
    """Kept as a document of the session and told on its timeline; it is not shown."""
    body, session_id = await read_model(request, Page), request.match_info["session_id"]
    services, actor = services_of(request), actor_of(request)
    told: dict[str, JsonValue] = {
        "title": body.title,
        "filePath": body.file_path,
        "kind": "page",
        "modalId": body.modal_id,
    }
    if len(body.html) <= LARGEST_DOCUMENT:
        told["content"] = body.html
    await services.sessions.add_event(session_id, AddSessionEvent(type=DOCUMENT, data=told), actor)
    said = AddSessionTimelineEntry(type=DOCUMENT, message=f"made a page: {body.title} ({body.file_path})")
    await services.sessions.add_timeline(session_id, said, actor)
    message = "A terminal shows no HTML: the page is kept as a document of the session, and nobody can act in it."
    return reply(
        {
            "success": True,
            "modalId": body.modal_id,
            "sessionId": session_id,
            "shown": False,
            "message": message,
            "suggestion": 'maestro report needs-input "your question"',
        }
    )


def _mails(session: Session, after: int = -1) -> list[dict[str, Any]]:
    return [
        {"fromName": "", "fromSessionId": "", **event.data, "id": event.id, "createdAt": event.timestamp}
        for event in session.events[after + 1 :]
        if event.type == MAIL and isinstance(event.data, dict)
    ]
