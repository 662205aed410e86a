"""`maestro session wait` and `maestro session watch`: until something happens, and what happens.

Nobody polls: the server answers when there is news of the sessions that are waited for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from maestro_tui.cli.call import Call
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.cli.layout import line
from maestro_tui.cli.lookup import with_id
from maestro_tui.cli.output import Result
from maestro_tui.cli.words import session_word
from maestro_tui.domain.status import LIVE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Event = dict[str, Any]

__all__ = ["News", "wait", "watch"]

LONGEST_WAIT = 20.0
"""Seconds the server is asked to wait with its answer; it may be less."""
SHORTEST_PAUSE = 0.25
"""Between two answers without news, from a server that does not know how to wait."""
CONDITIONS = ("ended", "live", "needs_input")
"""What can be waited for beside a status."""
PATIENCE_SECONDS = 60.0
"""How long a server may be away, as when it is started anew."""


def wait(call: Call) -> Result:
    """Data: the session; an array of those that are there when several were named."""
    words = [_condition_word(word, call.typed) for word in call.invocation.texts("until") or ["ended"]]
    timeout = call.seconds("timeout")
    given = call.invocation.texts("sessions")
    news = News(call, timeout)
    sessions = {one["id"]: one for one in (with_id(call, "session", name, partial(_read, call)) for name in given)}
    waiting = list(sessions)
    for events in news.about(sessions):
        if events or news.resync:
            fresh = {one: news.patiently(partial(_read, call, one)) for one in waiting}
            _tell_changes(call, sessions, fresh)
            sessions |= fresh
        waiting = [one for one in waiting if not _is_there(sessions[one], words)]
        if not waiting or (call.invocation.has("any") and len(waiting) < len(sessions)):
            found = [session for one, session in sessions.items() if one not in waiting]
            data = found[0] if len(given) == 1 else found
            return Result(data, [_shown(one) for one in found], [one["id"] for one in found])
    first = sessions[waiting[0]]
    raise Failure(
        "limit_reached",
        f"After {timeout:g} s session {first['id']} is still {first['status']}"
        + (f", and {len(waiting) - 1} more" if len(waiting) > 1 else ""),
        suggestion=f"maestro session logs {first['id']} --tail 60",
        details={"sessions": [{"id": one, "status": sessions[one]["status"]} for one in waiting]},
    )


def _tell_changes(call: Call, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Whoever waits long sees that something happens: on stderr, or as JSON lines."""
    for session_id, session in after.items():
        if _shown(session) == _shown(before[session_id]):
            continue
        if call.output.jsonl:
            event = {"sessionId": session_id, "status": session["status"], "needsInput": _asks(session)}
            call.output.document(event)
            call.output.flush()
        else:
            call.output.note(
                f"{time.strftime('%H:%M:%S')}  {line(session.get('name') or session_id)}  {_shown(session)}"
            )


def watch(call: Call) -> Result | None:
    news = News(call, call.seconds("timeout"))
    sessions = _watched(call)
    if not sessions:
        raise Failure("resource_not_found", "There is no live session to watch", suggestion="maestro session list")
    call.output.note(f"watching {', '.join(line(one['name']) for one in sessions)}")
    watching = _Watching(call, sessions)
    for events in news.about(watching.watched):
        watching.look(events, resync=news.resync)
        if not watching.live:
            break
    return Result(watching.seen) if call.output.json and not call.output.jsonl else None


class News:
    """What is told of some sessions from now on, until the time is over. Make it before they are read.

    timeout: seconds; None for ever. resync: whether events were missed, so that documents are to be read anew.
    """

    def __init__(self, call: Call, timeout: float | None) -> None:
        self._call = call
        self._deadline = None if timeout is None else time.monotonic() + timeout
        self._position = str(call.api.get("/api/events", limit=1)["next"])
        self.resync = False

    def about(self, session_ids: Iterable[str]) -> Iterator[list[Event]]:
        """At once without any, then whenever there is something new or to be read anew; once more at the end."""
        wanted = ",".join(session_ids)
        yield []
        while (left := self._left()) > 0:
            asked = time.monotonic()
            wait_ms = math.ceil(min(LONGEST_WAIT, left) * 1000)
            params = {"since": self._position, "sessionIds": wanted, "waitMs": wait_ms}
            answer = self.patiently(partial(self._call.api.get, "/api/events", **params))
            self._position, self.resync = str(answer["next"]), bool(answer.get("resync"))
            if answer["events"] or self.resync:
                yield answer["events"]
            elif time.monotonic() - asked < SHORTEST_PAUSE:
                time.sleep(min(SHORTEST_PAUSE, max(0.0, self._left())))
        yield []

    def patiently(self, ask: Callable[[], Any]) -> Any:
        """An answer, also from a server that is started anew meanwhile. Raises Failure when it stays away."""
        gone_at = None
        while True:
            try:
                return ask()
            except Failure as failure:
                gone_at = gone_at or time.monotonic()
                is_away = failure.code in ("connection_refused", "network_error")
                if not is_away or time.monotonic() - gone_at > PATIENCE_SECONDS or self._left() <= 0:
                    raise
                time.sleep(SHORTEST_PAUSE)

    def _left(self) -> float:
        return LONGEST_WAIT if self._deadline is None else self._deadline - time.monotonic()


class _Watching:
    """The sessions that are watched, which of them are still live, and the events seen so far."""

    def __init__(self, call: Call, sessions: list[dict[str, Any]]) -> None:
        self._call = call
        self.watched = {one["id"] for one in sessions}
        self.live = {one["id"] for one in sessions if one["status"] in LIVE}
        self.seen: list[Event] = []

    def look(self, events: list[Event], *, resync: bool) -> None:
        """Tell what has happened. resync: some of it is not among the events."""
        for event in events:
            if _subject(event) in self.watched:
                self._tell(event)
                if _ends_session(event):
                    self.live.discard(_subject(event))
        if resync:  # the journal no longer reaches back to where we were
            known = self._call.api.get("/api/sessions", active="true")
            self.live &= {one["id"] for one in known}

    def _tell(self, event: Event) -> None:
        if self._call.output.jsonl:
            self._call.output.document(event)
        elif self._call.output.json:
            self.seen.append(event)
        else:
            self._call.output.lines([_in_words(event)])
        self._call.output.flush()


def _ends_session(event: Event) -> bool:
    ended = event["type"] == "session:updated" and event["data"].get("status") not in LIVE
    return ended or event["type"] == "session:deleted"


def _condition_word(word: str, command: str) -> str:
    plain = word.strip().lower().replace("-", "_")
    return plain if plain in CONDITIONS else session_word(word, f"{command} --until", also=CONDITIONS)


def _is_there(session: dict[str, Any], words: list[str]) -> bool:
    """Whether what is waited for holds. Raises Failure when it never will."""
    if any(_holds(word, session) for word in words):
        return True
    if session["status"] not in LIVE:
        raise _never(session, words)
    return False


def _shown(session: dict[str, Any]) -> str:
    return f"{session['id']} {session['status']}" + (" needs input" if _asks(session) else "")


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


def _watched(call: Call) -> list[dict[str, Any]]:
    given = call.invocation.texts("sessions")
    if not given:
        sessions: list[dict[str, Any]] = call.api.get("/api/sessions", projectId=call.project_id(), active="true")
        return sessions
    return [with_id(call, "session", one, partial(_read, call)) for one in given]


def _read(call: Call, session_id: str) -> dict[str, Any]:
    session: dict[str, Any] = call.api.get(f"/api/sessions/{session_id}")
    return session


def _subject(event: Event) -> str | None:
    """The session an event is about."""
    data = event.get("data") or {}
    subject = data.get("id") if event["type"].startswith("session:") else None
    return subject or data.get("sessionId")


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
