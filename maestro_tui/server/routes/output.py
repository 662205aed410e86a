"""What sessions have written: as text, as bytes, or as text in JSON."""

import asyncio
from collections.abc import Iterator

from aiohttp import web

from maestro_tui.server import queries
from maestro_tui.server.keys import actor_of, services_of
from maestro_tui.server.replies import reply
from maestro_tui.services.output import OutputPart

__all__ = ["routes"]

routes = web.RouteTableDef()

ASCIICAST = "application/x-asciicast"
PART_BYTES = 256 << 10
LONGEST_WAIT_MS = 25_000
BYTES, JSON = "application/octet-stream", "application/json"


@routes.get("/api/sessions/{session_id}/output")
async def output(request: web.Request) -> web.StreamResponse:
    """At most 1 MiB from byte `since` on, or the last `tail` lines; `raw=1`, or Accept, asks for the bytes.

    `waitMs`, with `since`: while there is nothing new, wait so long for output or the session's end.
    """
    accepted = request.headers.get("Accept", "")
    raw = queries.flag(request.query, "raw") or BYTES in accepted
    session_id = request.match_info["session_id"]
    reading, actor = services_of(request).output, actor_of(request)
    since = queries.offset(request.query, "since")
    wait_ms = queries.milliseconds(request.query, "waitMs", most=LONGEST_WAIT_MS)
    if wait_ms and since is not None:
        part = await reading.follow(session_id, actor, since=since, raw=raw, wait_seconds=wait_ms / 1000)
    else:
        tail = queries.offset(request.query, "tail") or 0
        part = await reading.read(session_id, actor, since=since, tail=tail, raw=raw)
    if JSON in accepted and not raw:
        return reply(_in_json(session_id, part))
    kind = BYTES if raw else "text/plain; charset=utf-8"
    return web.Response(body=part.content, headers={**_headers(part), "Content-Type": kind})


@routes.get("/api/sessions/{session_id}/recording")
async def recording(request: web.Request) -> web.StreamResponse:
    """All that is recorded, from byte `since` on, as an asciicast v2, as long as it is."""
    session_id = request.match_info["session_id"]
    lines = await services_of(request).output.cast(
        session_id, actor_of(request), queries.offset(request.query, "since")
    )
    response = web.StreamResponse(headers={"Content-Type": ASCIICAST})
    await response.prepare(request)
    while part := await asyncio.to_thread(_joined, lines):
        await response.write(part)
    await response.write_eof()
    return response


def _joined(lines: Iterator[str]) -> bytes:
    """The next lines, about a quarter of a mebibyte; empty at the end."""
    part = bytearray()
    for line in lines:
        part += line.encode() + b"\n"
        if len(part) >= PART_BYTES:
            break
    return bytes(part)


def _in_json(session_id: str, part: OutputPart) -> dict[str, object]:
    return {
        "sessionId": session_id,
        "text": part.content.decode(),
        "start": part.start,
        "end": part.end,
        "next": part.end if part.more else None,
        "ended": part.ended,
        "gaps": [{"start": start, "end": end} for start, end in part.gaps],
    }


def _headers(part: OutputPart) -> dict[str, str]:
    headers = {"Maestro-Output-Start": str(part.start), "Maestro-Output-End": str(part.end)}
    if part.more:
        headers["Maestro-Output-Next"] = str(part.end)
    if part.ended:
        headers["Maestro-Output-Ended"] = "true"
    if part.gaps:
        headers["Maestro-Output-Gaps"] = ", ".join(f"{start}-{end}" for start, end in part.gaps)
    return headers
