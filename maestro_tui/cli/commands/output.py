"""`maestro session logs`: what a session's terminal has shown."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from maestro_tui.cli.call import Call
from maestro_tui.cli.context import checked_id
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.layout import line
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result
from maestro_tui.cli.transport import Answer
from maestro_tui.domain.text import clean_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Read = Callable[..., "Part"]

__all__ = ["logs", "whole_text"]

DEFAULT_TAIL = 200
LONGEST_WAIT_MS = 20_000
"""How long the server is asked to wait for more; it may be less."""
SHORTEST_PAUSE = 0.25
"""Between two answers without news, from a server that does not know how to wait."""
BYTES = "application/octet-stream"


class Part:
    """Some of the output, from byte start to byte end. content: its text, or the bytes.

    more: it goes on. ended: the session writes nothing any more.
    """

    __slots__ = ("content", "end", "ended", "more", "start")

    def __init__(self, content: Any, start: int, end: int, *, more: bool, ended: bool = True) -> None:
        self.content = content
        self.start = start
        self.end = end
        self.more = more
        self.ended = ended

    def to_json(self) -> dict[str, Any]:
        return {"text": self.content, "start": self.start, "end": self.end}


def logs(call: Call) -> Result | None:
    """Data: what was read; of several sessions an array, each with its id."""
    given = _wanted(call)
    return _of_one(call, given[0]) if len(given) == 1 else _of_several(call, given)


def _wanted(call: Call) -> list[str]:
    if not call.invocation.has("children"):
        return call.invocation.texts("session") or [call.context.require_session()]
    me = call.context.require_session()
    workers = call.api.get("/api/sessions", parentSessionId=me, active="true")
    if not workers:
        raise Failure(
            "resource_not_found",
            f"Session {me} has started none that is live",
            suggestion="maestro session list --children",
        )
    return [str(one["id"]) for one in workers]


def _of_several(call: Call, given: list[str]) -> Result:
    """Each under its name; one that has written nothing here is told, and keeps none of the others back."""
    for flag in ("follow", "raw", "since"):
        if call.invocation.has(flag):
            raise Failure(
                "invalid_request",
                f"--{flag} is for one session, not {len(given)}",
                suggestion=f"maestro session logs {given[0]} --{flag}",
            )
    tail = call.number("tail")
    lines = DEFAULT_TAIL if tail is None else tail
    data: list[dict[str, Any]] = []
    shown: list[str] = []
    for one in given:
        session = with_id(call, "session", one, lambda id_: call.api.get(f"/api/sessions/{id_}"))
        heading = f"== {line(session['name'])} {session['id']} {session['status']} =="
        try:
            first = _read_text(call, session["id"], tail=lines, since=None)
            part = _joined(list(_pages(call, session["id"], first, _read_text)))
        except Failure as failure:
            if failure.code != "resource_not_found":
                raise
            part = Part("", 0, 0, more=False)
        data.append({"sessionId": session["id"], "name": session["name"], **part.to_json()})
        shown += [
            heading,
            *(clean_text(part.content).splitlines() or ["(nothing is recorded on this machine)"]),
            "",
        ]
    return Result(data, shown[:-1], [one["sessionId"] for one in data], keep_end=True)


def _of_one(call: Call, given: str) -> Result | None:
    checked_id(given, "session")
    since, tail = call.number("since"), call.number("tail")
    raw, follow = call.invocation.has("raw"), call.invocation.has("follow")
    lines = tail if tail is not None or raw or since is not None else DEFAULT_TAIL
    read = _read_raw if raw else _read_text
    session_id, first = with_id(
        call, "session", given, lambda one: (one, read(call, one, tail=lines, since=since))
    )
    parts = (_followed if follow else _pages)(call, session_id, first, read)
    if raw:
        for part in parts:
            call.output.raw(part.content)
        return None
    if follow:
        return _print_as_it_comes(call, parts)
    if tail is None and lines and first.start:
        call.output.note(f"the last {lines} lines; --tail 0 shows all")
    whole = _joined(list(parts))
    return Result(whole.to_json(), clean_text(whole.content).splitlines(), [session_id], keep_end=True)


def whole_text(call: Call, session_id: str, since: int | None) -> bytes:
    """All that is recorded of a session from a byte on, as text."""
    first = _read_text(call, session_id, since=since, tail=None)
    text = "".join(part.content for part in _pages(call, session_id, first, _read_text))
    return clean_text(text).encode()


def _pages(call: Call, session_id: str, part: Part, read: Read) -> Iterator[Part]:
    """All there is from this part on."""
    yield part
    while part.more:
        part = read(call, session_id, since=part.end)
        yield part


def _followed(call: Call, session_id: str, part: Part, read: Read) -> Iterator[Part]:
    """All there is and all that comes, until the session has ended."""
    while True:
        yield part
        if part.ended and not part.more:
            return
        asked, end = time.monotonic(), part.end
        part = read(call, session_id, since=end, waitMs=LONGEST_WAIT_MS)
        if part.end <= end and not part.ended and time.monotonic() - asked < SHORTEST_PAUSE:
            time.sleep(SHORTEST_PAUSE)


def _print_as_it_comes(call: Call, parts: Iterator[Part]) -> Result | None:
    """One document at the end where one is asked for."""
    if call.output.json and not call.output.jsonl:
        return Result(_joined(list(parts)).to_json())
    for part in parts:
        if part.content and call.output.jsonl:
            call.output.document(part.to_json())
        elif part.content:
            call.output.stdout.write(clean_text(part.content))
        call.output.flush()
    return None


def _joined(parts: list[Part]) -> Part:
    return Part("".join(part.content for part in parts), parts[0].start, parts[-1].end, more=False)


def _read_text(call: Call, session_id: str, **params: Any) -> Part:
    """Of a session that has no record any more, the last lines that were kept with it. Raises Failure."""
    try:
        answer = call.api.request("GET", f"/api/sessions/{session_id}/output", params=params).json()
    except Failure as failure:
        if failure.code != "resource_not_found":
            raise
        return _kept(call, session_id, failure)
    more, ended = answer.get("next") is not None, answer.get("ended", True)  # a server of before may not say
    return Part(answer["text"], answer["start"], answer["end"], more=more, ended=ended)


def _kept(call: Call, session_id: str, failure: Failure) -> Part:
    session = call.api.get(f"/api/sessions/{session_id}")
    if not session.get("outputTail"):
        raise failure
    text = str(session["outputTail"])
    return Part(text, 0, len(text.encode()), more=False)


def _read_raw(call: Call, session_id: str, **params: Any) -> Part:
    answer: Answer = call.api.request("GET", f"/api/sessions/{session_id}/output", params=params, accept=BYTES)
    start, end = (int(answer.headers.get(f"maestro-output-{side}", 0)) for side in ("start", "end"))
    more, ended = (f"maestro-output-{word}" in answer.headers for word in ("next", "ended"))
    return Part(answer.body, start, end, more=more, ended=ended)
