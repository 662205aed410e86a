"""Reading a request's body: bytes in, a validated model or a plain object out.

The bytes are read twice: once to refuse what JSON documents here may not hold (RFC 8259,
and the narrower limits below), then by the model itself, with JSON's own strictness.
"""

import asyncio
from typing import Any, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.refusals import invalid
from maestro_tui.server.errors import RequestTimeout

__all__ = [
    "LARGEST_BODY",
    "body_object",
    "parse",
    "read_bytes",
    "read_model",
    "read_model_or_nothing",
    "read_object",
]

LARGEST_BODY = 1_048_576
DEEPEST = 32
LARGEST_NUMBER = 2**53
READ_SECONDS = 20.0

M = TypeVar("M", bound=BaseModel)


async def read_model(request: web.Request, model: type[M]) -> M:
    """The body as a model. Raises Invalid with one detail per wrong field."""
    return parse(await read_bytes(request), model)


async def read_model_or_nothing(request: web.Request, model: type[M]) -> M:
    """The body as a model; no body at all means that none of its fields is given."""
    raw = await read_bytes(request)
    return parse(raw if raw.strip() else b"{}", model)


async def read_object(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object, its fields not yet checked."""
    return body_object(await read_bytes(request))


async def read_bytes(request: web.Request) -> bytes:
    """The whole body. Raises RequestTimeout, or aiohttp's error when it is over LARGEST_BODY."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await request.read()
    except TimeoutError:
        raise RequestTimeout(f"The body did not arrive within {READ_SECONDS:g} seconds") from None


def parse(raw: bytes, model: type[M]) -> M:
    """These bytes as a model. Raises Invalid, and nothing else whatever the bytes are."""
    body_object(raw)
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid(error) from None


def body_object(raw: bytes) -> dict[str, Any]:
    """The JSON object these bytes are. Raises Invalid."""
    if not raw.strip():
        raise Invalid("The body is empty; send a JSON object", details=[{"path": "", "message": "is empty"}])
    try:
        document = orjson.loads(raw)
    except ValueError as error:
        raise _malformed(str(error)) from None
    if not isinstance(document, dict):
        kind = {list: "an array", str: "a string", type(None): "null", bool: "a boolean"}.get(type(document))
        raise Invalid.field("body", f"must be a JSON object, not {kind or 'a number'}")
    _check_values(document)
    return document


def _malformed(reason: str) -> Invalid:
    message = f"is not valid JSON: {reason}"
    return Invalid(f"The body {message}", details=[{"path": "", "message": message}])


def _check_values(document: dict[str, Any]) -> None:
    """Refuse nesting and numbers that some reader of our files could not hold."""
    level: list[Any] = [document]
    depth = 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise _malformed(f"it is nested deeper than {DEEPEST} levels")
        inner: list[Any] = []
        for container in level:
            values = container.values() if isinstance(container, dict) else container
            for value in values:
                if isinstance(value, dict | list):
                    inner.append(value)
                elif isinstance(value, int | float) and abs(value) > LARGEST_NUMBER:
                    raise _malformed("it holds a number beyond 2^53")
        level = inner
