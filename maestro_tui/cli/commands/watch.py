"""`maestro session wait` and `maestro session watch`: until something happens, and what happens."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.layout import line
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result
from maestro_tui.cli.words import session_word
from maestro_tui.domain.status import LIVE

__all__ = ["wait", "watch"]

SHORTEST_PAUSE = 0.2
LONGEST_PAUSE = 2.0
GROWTH = 1.3

Event = dict[str, Any]


def wait(call: Call) -> Result:
    given = call.context.require_session(call.invocation.text("session"))
    words = [_condition_word(word, call.typed) for word in call.invocation.texts("until") or ["ended"]]
    timeout = call.seconds("timeout")
    session = with_id(call, "session", given, lambda one: call.api.get(f"/api/sessions/{one}"))
    for _ in _pauses(timeout):
        if any(_holds(word, session) for word in words):
            shown = f"{session['id']} {session['status']}" + (" needs input" if _asks(session) else "")
            return Result(session, [shown], [session["id"]])
        if session["status"] not in LIVE:
            raise _never(session, words)
        session = call.api.get(f"/api/sessions/{session['id']}")
    raise Failure(
        "limit_reached",
        f"After {timeout:g} s session {session['id']} is still {session['status']}",
        suggestion=f"maestro session logs {session['id']} --tail 60",
        details={"sessionId": session["id"], "status": session["status"]},
    )


def watch(call: Call) -> Result | None:
    timeout = call.seconds("timeout")
    position = call.api.get("/api/events", limit=1)["next"]
    live = {one["id"]: one for one in _watched(call)}
    if not live:
        raise Failure("resource_not_found", "There is no live session to watch", suggestion="maestro session list")
    call.output.note(f"watching {', '.join(line(one['name']) for one in live.values())}")
    watched, seen = set(live), list[Event]()
    live = {one: session for one, session in live.items() if session["status"] in LIVE}
    for _ in _pauses(timeout, steady=True):
        answer = call.api.get("/api/events", since=position)
        position = answer["next"]
        for event in (one for one in answer["events"] if _subject(one) in watched):
            _tell(call, event, seen)
            if event["type"] == "session:deleted" or (
                event["type"] == "session:updated" and event["data"].get("status") not in LIVE
            ):
                live.pop(_subject(event) or "", None)
        if answer.get("resync"):
            live = {one["id"]: one for one in _known(call, live) if one["status"] in LIVE}
        if not live:
            break
    if call.output.json and not call.output.jsonl:
        return Result(seen)
    return None


def _condition_word(word: str, command: str) -> str:
    plain = word.strip().lower().replace("-", "_")
    return plain if plain in ("ended", "live", "needs_input") else session_word(word, command)


def _holds(word: str, session: dict[str, Any]) -> bool:
    if word == "ended":
        return session["status"] not in LIVE
    if word == "live":
        return session["status"] in LIVE and session["status"] != "spawning"
    return _asks(session) if word == "needs_input" else session["status"] == word


def _asks(session: dict[str, Any]) -> bool:
    return bool((session.get("needsInput") or {}).get("active"))


def _never(session: dict[str, Any], words: list[str]) -> Failure:
    reason = f": {line(session['reason'])}" if session.get("reason") else ""
    return Failure(
        "conflict",
        f"Session {session['id']} has ended as {session['status']}{reason}; it will never be {' or '.join(words)}",
        suggestion=f"maestro session info {session['id']}",
        details={"sessionId": session["id"], "status": session["status"]},
    )


def _pauses(timeout: float | None, *, steady: bool = False) -> Iterator[None]:
    """Come round at once and then after pauses that grow, until the time is over; once more at its end."""
    deadline = None if timeout is None else time.monotonic() + timeout
    pause = SHORTEST_PAUSE
    yield
    while deadline is None or time.monotonic() < deadline:
        left = pause if deadline is None else max(0.0, deadline - time.monotonic())
        time.sleep(min(pause, left))
        yield
        if not steady:
            pause = min(pause * GROWTH, LONGEST_PAUSE)


def _watched(call: Call) -> list[dict[str, Any]]:
    given = call.invocation.texts("sessions")
    if not given:
        sessions: list[dict[str, Any]] = call.api.get("/api/sessions", projectId=call.project_id(), active="true")
        return sessions
    read: Callable[[str], Any] = lambda one: call.api.get(f"/api/sessions/{one}")  # noqa: E731
    return [with_id(call, "session", one, read) for one in given]


def _known(call: Call, live: dict[str, Any]) -> list[dict[str, Any]]:
    ids = set(live)
    return [one for one in call.api.get("/api/sessions", active="true") if one["id"] in ids]


def _subject(event: Event) -> str | None:
    """The session an event is about."""
    data = event.get("data") or {}
    subject = data.get("id") if event["type"].startswith("session:") else None
    return subject or data.get("sessionId")


def _tell(call: Call, event: Event, seen: list[Event]) -> None:
    if call.output.jsonl:
        call.output.document(event)
    elif call.output.json:
        seen.append(event)
    else:
        call.output.lines([_in_words(event)])
    call.output.flush()


def _in_words(event: Event) -> str:
    data = event["data"]
    clock = time.strftime("%H:%M:%S", time.localtime(event["timestamp"] / 1000))
    name = line(data.get("name")) or _subject(event)
    words = [clock, str(name), event["type"]]
    if status := data.get("status"):
        words.append(line(status))
    if (data.get("needsInput") or {}).get("active"):
        words.append(f"needs input: {line(data['needsInput'].get('message'))}")
    entries = data.get("timeline") or []
    if message := data.get("message") or (entries[-1].get("message") if entries else None):
        words.append(line(message))
    return "  ".join(words)
