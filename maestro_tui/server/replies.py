"""Answers: documents with their revision as ETag, 201, and lists with or without pagination."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import orjson
from aiohttp import web

from maestro_tui.domain.document import Document, Part
from maestro_tui.domain.errors import MaestroError
from maestro_tui.domain.task import Task
from maestro_tui.server.conditional import digest
from maestro_tui.server.queries import Paging

__all__ = [
    "SERVER_NAME",
    "created",
    "encode",
    "encode_part",
    "entity",
    "error_reply",
    "listing",
    "reply",
]

T = TypeVar("T")

SERVER_NAME = "maestro-tui"
"""The Server header of every answer: not what we run on, nor in which version (RFC 9110 §10.2.4, §17.10)."""


def encode(data: Any) -> bytes:
    """JSON, compact."""
    try:
        return orjson.dumps(data)
    except TypeError:  # an integer beyond 64 bits or half a surrogate pair, from a file edited by hand
        return json.dumps(data, separators=(",", ":")).encode()


def encode_part(value: Part) -> bytes:
    """A document or a part of one, as on the wire; three times as fast as by way of `to_wire`."""
    return value.model_dump_json().encode()


def reply(data: Any, *, status: int = 200) -> web.Response:
    """Any JSON-ready data."""
    return _json(encode(data), status)


def entity(value: Part, *, status: int = 200) -> web.Response:
    """One document, tagged with its revision, or a part of one."""
    answer = _json(encode_part(value), status)
    if isinstance(value, Document):
        answer.headers["ETag"] = f'"{_entity_tag(value)}"'
    return answer


def created(value: Part) -> web.Response:
    """201 with the new document."""
    return entity(value, status=201)


def listing(
    items: Sequence[T],
    paging: Paging,
    *,
    total: int | None = None,
    wire: Callable[[T], Any] | None = None,
) -> web.Response:
    """A bare array, or `{data, pagination}` when the client asked for a part.

    total: how many there are in all, where items is already that part; None when items are
    all of them and the part is still to be cut out. wire: how an item is written.
    """
    if total is None:
        total = len(items)
        items = items[paging.offset : paging.end] if paging.asked else items
    written = [encode(wire(item)) if wire else encode_part(item) for item in items]  # type: ignore[arg-type]
    data = b"[" + b",".join(written) + b"]"
    if not paging.asked:
        return _json(data)
    pagination = {
        "offset": paging.offset,
        "limit": paging.limit,
        "total": total,
        "hasMore": paging.offset + len(written) < total,
    }
    return _json(b'{"data":' + data + b',"pagination":' + encode(pagination) + b"}")


def error_reply(error: MaestroError, request_id: str) -> web.Response:
    """The one shape of every error; `retryAfter` (seconds) among its details is said in the header too."""
    body: dict[str, Any] = {"error": True, "code": error.code, "message": error.message}
    if error.suggestion is not None:
        body["suggestion"] = error.suggestion
    if error.details is not None:
        body["details"] = error.details
    answer = reply(body | {"requestId": request_id}, status=error.http_status)
    if isinstance(error.details, dict) and isinstance(seconds := error.details.get("retryAfter"), int):
        answer.headers["Retry-After"] = str(seconds)  # RFC 9110, 10.2.3
    return answer


def _json(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/json")


def _entity_tag(document: Document) -> str:
    # A task's session ids follow from the sessions and change without a new revision.
    if isinstance(document, Task) and document.session_ids:
        return f"{document.revision}-{digest(' '.join(document.session_ids).encode())}"
    return str(document.revision)
