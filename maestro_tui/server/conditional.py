"""Conditional requests (RFC 9110, 13): every GET answer has an ETag, and is not sent to those who have it."""

import hashlib

from aiohttp import web
from aiohttp.typedefs import Handler

from maestro_tui.domain.errors import Invalid

__all__ = ["answer_conditionally", "digest", "revision_wanted"]

ABOUT_THE_BODY = frozenset({"Content-Type", "Content-Length"})


@web.middleware
async def answer_conditionally(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tag what is read with its content, where the route did not with a revision; 304 when the client has it."""
    answer = await handler(request)
    if request.method not in ("GET", "HEAD") or answer.status != 200 or not isinstance(answer, web.Response):
        return answer
    if not isinstance(answer.body, bytes):
        return answer
    tag = answer.headers.setdefault("ETag", f'"{digest(answer.body)}"')
    if not _is_known(request, tag):
        return answer
    headers = {name: value for name, value in answer.headers.items() if name not in ABOUT_THE_BODY}
    return web.Response(status=304, headers=headers)


def revision_wanted(request: web.Request) -> int | None:
    """The revision in If-Match; None when the client did not say which it means.

    `"7"` is our ETag for revision 7; `"7-…"` too: what follows tells derived fields apart.
    """
    raw = request.headers.get("If-Match", "").strip()
    if raw in ("", "*"):
        return None
    digits = raw.removeprefix("W/").strip('"').partition("-")[0]
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        raise Invalid.field("If-Match", 'must be the ETag of the document, a revision in quotes like "7"')
    return int(digits)


def digest(content: bytes) -> str:
    """What tells this content from any other."""
    return hashlib.sha256(content).hexdigest()[:16]


def _is_known(request: web.Request, tag: str) -> bool:
    known = [word.strip().removeprefix("W/") for word in request.headers.get("If-None-Match", "").split(",")]
    return known == ["*"] or tag in known or tag.strip('"') in known
