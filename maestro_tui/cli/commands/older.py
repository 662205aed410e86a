"""What existing skills type for documents and messages."""

from __future__ import annotations

from functools import partial

from maestro_tui.cli.call import Call, read_file
from maestro_tui.cli.layout import Column, line, table
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = [
    "add_session_document",
    "add_task_document",
    "notify",
    "read_mail",
    "session_documents",
    "task_documents",
]

DOCUMENT_COLUMNS = (
    Column("ID", "id"),
    Column("TITLE", "title", flexible=True),
    Column("FILE", "filePath", flexible=True),
)


def add_session_document(call: Call) -> Result:
    session_id = call.context.require_session()
    return _added(call.api.post(f"/api/sessions/{session_id}/docs", _document(call)))


def add_task_document(call: Call) -> Result:
    task_id = call.context.require_task(call.invocation.text("task"))
    body = {**_document(call), "sessionId": call.context.require_session()}
    return _added(with_id(call, "task", task_id, lambda one: call.api.post(f"/api/tasks/{one}/docs", body)))


def session_documents(call: Call) -> Result:
    return _listed(call, call.api.get(f"/api/sessions/{call.context.require_session()}/docs"))


def task_documents(call: Call) -> Result:
    task_id = call.context.require_task(call.invocation.text("task"))
    return _listed(call, with_id(call, "task", task_id, lambda one: call.api.get(f"/api/tasks/{one}/docs")))


def notify(call: Call) -> Result:
    message = call.require_text("message", "The message", 'maestro session notify SESSION "message"')
    body = {"message": message, "detail": call.text("detail"), "fromSessionId": call.context.session_id}
    sent = {name: value for name, value in body.items() if value is not None}
    session_id = call.context.require_session(call.invocation.text("session"))
    mail = with_id(call, "session", session_id, partial(_send, call, sent))
    return Result(mail, [f"{mail['id']} is kept, and typed as soon as the terminal takes it"], [mail["id"]])


def read_mail(call: Call) -> Result:
    mails = call.api.get(f"/api/sessions/{call.context.require_session()}/mail")
    lines = [f"{line(one['fromName'] or one['fromSessionId'])}: {line(one['message'])}" for one in mails]
    return Result(mails, lines or ["No unread messages"], [one["id"] for one in mails])


def _send(call: Call, body: dict[str, Any], session_id: str) -> Any:
    return call.api.post(f"/api/sessions/{session_id}/mail", body)


def _document(call: Call) -> dict[str, Any]:
    path = call.require_text("file", "The document's file", 'maestro session docs add "Title" --file PATH')
    content = call.text("content")
    title = call.require_text("title", "The title", 'maestro session docs add "Title" --file PATH')
    return {"title": title, "filePath": path, "content": read_file(path) if content is None else content}


def _added(document: dict[str, Any]) -> Result:
    return Result(document, [f"{document['id']} {line(document['title'])}"], [document["id"]])


def _listed(call: Call, documents: list[dict[str, Any]]) -> Result:
    if not documents:
        call.output.note("No documents")
    lines = table(DOCUMENT_COLUMNS, documents, call.output) if documents else []
    return Result(documents, lines, [one["id"] for one in documents])
