"""What clients that existed before ask for under other names: prompts, digests of what was said, and documents.

Nothing is kept in a place of its own: a digest is the end of a session's timeline, a document an
event of its session.
"""

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field, StringConstraints

from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.requests.body import Body, Id, Title, Word
from maestro_tui.domain.requests.orders import SendInput
from maestro_tui.domain.requests.sessions import AddSessionEvent
from maestro_tui.domain.session import Session, SessionEvent
from maestro_tui.domain.status import SessionStatus
from maestro_tui.server import queries
from maestro_tui.server.bodies import read_model
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.replies import reply
from maestro_tui.store.base import SessionQuery

__all__ = ["routes"]

routes = web.RouteTableDef()

SESSION = "/api/sessions/{session_id}"
TASK_DOCS = "/api/tasks/{task_id}/docs"
DOCUMENT = "doc_added"
LARGEST_DOCUMENT = 65_536
DIGEST_ENTRIES = 5
DIGEST_LENGTH = 150
MOST_DIGESTS = 100


class Prompt(Body):
    """A text for another session. mode `paste`: Enter is not pressed."""

    content: Annotated[str, StringConstraints(min_length=1)]
    mode: Annotated[str, StringConstraints(pattern="^(send|paste)$")] = "send"


class AddDocument(Body):
    """A document that a session wrote: where it is, and what it says."""

    title: Title
    file_path: Annotated[str, StringConstraints(min_length=1, max_length=4096)]
    content: Annotated[str, StringConstraints(max_length=LARGEST_DOCUMENT)] | None = None
    kind: Word | None = None
    session_id: Id | None = Field(default=None)


@routes.post(SESSION + "/prompt")
async def prompt(request: web.Request) -> web.StreamResponse:
    """Answered when it is in the session's terminal, as `input` is."""
    body, session_id = await read_model(request, Prompt), request.match_info["session_id"]
    wish = SendInput(text=body.content, enter=body.mode == "send")
    key = request.headers.get("Idempotency-Key")
    receipt = await services_of(request).orders.send(session_id, wish, actor_of(request), key=key)
    return reply({"success": True, "sessionId": session_id, "orderId": receipt.order_id})


@routes.get("/api/sessions/log-digests")
async def digests(request: web.Request) -> web.StreamResponse:
    """Of the `sessionIds` (a comma list), or of the live sessions that `parentSessionId` started."""
    sessions, actor = services_of(request).sessions, actor_of(request)
    ids = [one for one in request.query.get("sessionIds", "").split(",") if one][:MOST_DIGESTS]
    if ids:
        found = [await sessions.get(one, actor) for one in ids]
    else:
        parent = request.query.get("parentSessionId")
        if not parent:
            raise Invalid.field("sessionIds", "sessionIds or parentSessionId is required")
        query = SessionQuery(parent_session_id=parent, live=True)
        found = list((await sessions.find(query, actor)).items)[:MOST_DIGESTS]
    return reply([_digest(one, request) for one in found])


@routes.get(SESSION + "/log-digest")
async def digest(request: web.Request) -> web.StreamResponse:
    """The last things a session said: `last` of them, `maxLength` characters of each (0: all)."""
    session = await services_of(request).sessions.get(request.match_info["session_id"], actor_of(request))
    return reply(_digest(session, request))


@routes.post(SESSION + "/docs")
async def add_session_document(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, AddDocument)
    return await _added(request, request.match_info["session_id"], body)


@routes.get(SESSION + "/docs")
async def session_documents(request: web.Request) -> web.StreamResponse:
    session = await services_of(request).sessions.get(request.match_info["session_id"], actor_of(request))
    return reply([_document(event) for event in session.events if event.type == DOCUMENT])


@routes.post(TASK_DOCS)
async def add_task_document(request: web.Request) -> web.StreamResponse:
    body = await read_model(request, AddDocument)
    session_id = body.session_id or actor_of(request).session_id
    if session_id is None:
        raise Invalid.field("sessionId", "the session that wrote it is required")
    return await _added(request, session_id, body, task_id=request.match_info["task_id"])


@routes.get(TASK_DOCS)
async def task_documents(request: web.Request) -> web.StreamResponse:
    """What all its sessions wrote, without what they wrote about other tasks."""
    services, actor, task_id = services_of(request), actor_of(request), request.match_info["task_id"]
    await services.tasks.get(task_id, actor)
    sessions = (await services.sessions.find(SessionQuery(task_id=task_id), actor)).items
    events = [event for session in sessions for event in session.events if event.type == DOCUMENT]
    events.sort(key=lambda event: event.timestamp)
    return reply([_document(event) for event in events if _document(event).get("taskId") in (None, task_id)])


async def _added(
    request: web.Request, session_id: str, body: AddDocument, *, task_id: str | None = None
) -> web.StreamResponse:
    told = {"title": body.title, "filePath": body.file_path, "content": body.content}
    told |= {"kind": body.kind, "taskId": task_id}
    event = AddSessionEvent(type=DOCUMENT, data={key: value for key, value in told.items() if value is not None})
    services, actor = services_of(request), actor_of(request)
    if task_id is not None:
        await services.tasks.get(task_id, actor)
    session = await services.sessions.add_event(session_id, event, actor)
    return reply(_document(session.events[-1]), status=201)


def _document(event: SessionEvent) -> dict[str, Any]:
    data = event.data if isinstance(event.data, dict) else {}
    return {**data, "id": event.id, "addedAt": event.timestamp}


def _digest(session: Session, request: web.Request) -> dict[str, Any]:
    last = queries.offset(request.query, "last")
    length = queries.offset(request.query, "maxLength")
    last, length = DIGEST_ENTRIES if last is None else last, DIGEST_LENGTH if length is None else length
    said = [entry for entry in session.timeline if entry.message][-last:] if last else []
    return {
        "sessionId": session.id,
        "state": _state(session),
        "workerName": session.name,
        "taskIds": list(session.task_ids),
        "lastActivityTimestamp": session.last_activity,
        "entries": [
            {"timestamp": entry.timestamp, "source": "assistant", "text": _shortened(entry.message, length)}
            for entry in said
        ],
    }


def _state(session: Session) -> str:
    if session.needs_input.active:
        return "needs_input"
    return "active" if session.status in (SessionStatus.SPAWNING, SessionStatus.RUNNING) else "idle"


def _shortened(text: str, length: int) -> str:
    return text if not length or len(text) <= length else f"{text[: length - 1]}…"
