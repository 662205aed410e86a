"""The story of a task, a subtask or a session, as text to read. Pure.

Outside text enters through `tui.text` alone; colours are theme variables.
"""

from collections.abc import Iterable, Sequence

from textual.content import Content

from maestro_tui.domain.session import Session
from maestro_tui.domain.status import Priority, SessionStatus, TaskStatus
from maestro_tui.domain.task import Subtask, Task, TimelineEntry
from maestro_tui.tui.glyphs import PRIORITY_MARKS, SUBTASK_MARKS, TASK_MARKS, Mark, session_mark
from maestro_tui.tui.ports import Documents
from maestro_tui.tui.rows import Row
from maestro_tui.tui.text import hanging, line, paragraphs
from maestro_tui.tui.times import ago, when

__all__ = ["describe"]

NEWEST = 50
"""How many timeline entries are told."""

MOST_CHILDREN = 8
"""How many of the sessions that one started are told of."""

_LOUD_ENTRIES = {
    "blocked": "warning",
    "error": "error",
    "failed": "error",
    "needs_input": "accent",
    "needs-input": "accent",
    "complete": "success",
    "completed": "success",
    "session_started": "primary",
}


def describe(documents: Documents, row: Row, now: int, width: int = 80) -> Content:
    """Everything about a row, most important first. now: Unix milliseconds. width: cells to fold to."""
    if row.kind == "session":
        session = documents.sessions.get(row.id)
        return _session(documents, session, now, width) if session else _gone("session")
    task = documents.tasks.get(row.task_id)
    if task is None:
        return _gone("task")
    if row.kind == "task":
        return _task(documents, task, now, width)
    subtask = next((one for one in task.subtasks if one.id == row.id), None)
    return _subtask(task, subtask, now) if subtask else _gone("subtask")


def _task(documents: Documents, task: Task, now: int, width: int) -> Content:
    facts = [_mark(TASK_MARKS[task.status])]
    if task.priority is not Priority.MEDIUM:
        facts.append(Content.styled(f"{task.priority} priority", f"${PRIORITY_MARKS[task.priority].colour}"))
    if task.subtasks:
        done = sum(subtask.completed for subtask in task.subtasks)
        facts.append(Content.styled(f"{done} of {len(task.subtasks)}", "$muted"))
    facts.append(Content.styled(when(task.updated_at, now), "$muted"))
    return _sections(
        [
            _lines([line(task.title, "bold"), _dotted(facts)]),
            _reason(task),
            paragraphs(task.description),
            _dependencies(documents, task),
            _lines([_session_line(one, now) for one in _newest_first(documents.sessions_of(task.id))]),
            _timeline(documents, task.timeline, now, width),
            _lines([_check(SUBTASK_MARKS[one.completed], one) for one in sorted(task.subtasks, key=_place)]),
        ]
    )


def _subtask(task: Task, subtask: Subtask, now: int) -> Content:
    facts = [_mark(SUBTASK_MARKS[subtask.completed])]
    changed_at = subtask.completed_at or subtask.updated_at
    facts.append(Content.styled(when(changed_at, now), "$muted"))
    return _sections(
        [
            _lines([line(subtask.title, "bold"), _dotted(facts)]),
            paragraphs(subtask.description),
            Content.assemble(Content.styled("part of ", "$muted"), line(task.title)),
        ]
    )


def _session(documents: Documents, session: Session, now: int, width: int) -> Content:
    facts = [_mark(session_mark(session))]
    if session.agent:
        facts.append(line(session.agent))
    facts += [line(session.role, "$muted"), Content.styled(_span(session, now), "$muted")]
    return _sections(
        [
            _lines([line(session.name, "bold"), _dotted(facts)]),
            _asking(session, now),
            line(session.reason, "$error" if session.status is SessionStatus.FAILED else "")
            if session.reason
            else Content(""),
            _lines(_works_on(documents, session)),
            _lines(_started_sessions(documents, session, now)),
            _timeline(documents, session.timeline, now, width, name_sessions=False),
            _lines([Content.styled("last output", "$muted"), paragraphs(session.output_tail)])
            if session.output_tail and not session.is_live
            else Content(""),
        ]
    )


def _reason(task: Task) -> Content:
    if not task.reason or task.status not in (TaskStatus.BLOCKED, TaskStatus.CANCELLED):
        return Content("")
    mark = TASK_MARKS[task.status]
    return Content.assemble(
        Content.styled(f"{mark.glyph} ", f"${mark.colour}"), paragraphs(task.reason, f"${mark.colour}")
    )


def _asking(session: Session, now: int) -> Content:
    if session.needs_person:
        return Content.assemble(
            Content.styled("⚑ ", "$accent"),
            paragraphs(session.question or "waits for you", "$accent"),
            Content.styled(f"  {when(session.waits_since, now)}" if session.waits_since else "", "$muted"),
        )
    known = session.known_activity
    return line(known.because, "$muted") if known is not None else Content("")


def _dependencies(documents: Documents, task: Task) -> Content:
    if not task.dependencies:
        return Content("")
    return _lines([Content.styled("after", "$muted"), *(_dependency(documents, one) for one in task.dependencies)])


def _dependency(documents: Documents, task_id: str) -> Content:
    task = documents.tasks.get(task_id)
    if task is None:
        return Content.assemble(Content.styled("  ? ", "$muted"), line(task_id, "$muted"))
    return Content.assemble("  ", _glyph(TASK_MARKS[task.status]), line(task.title))


def _works_on(documents: Documents, session: Session) -> list[Content]:
    tasks = [documents.tasks[task_id] for task_id in session.task_ids if task_id in documents.tasks]
    parent = documents.sessions.get(session.parent_session_id or "")
    lines = [Content.assemble(_glyph(TASK_MARKS[task.status]), line(task.title)) for task in tasks]
    if parent is not None:
        lines.append(Content.assemble(Content.styled("started by ", "$muted"), line(parent.name)))
    if session.cwd:
        lines.append(Content.assemble(Content.styled("in ", "$muted"), line(session.cwd)))
    return lines


def _started_sessions(documents: Documents, session: Session, now: int) -> list[Content]:
    """The sessions that this one started, the newest few of them."""
    below = [one for one in documents.sessions.values() if one.parent_session_id == session.id]
    lines = [_session_line(one, now) for one in _newest_first(below)[:MOST_CHILDREN]]
    if len(below) > MOST_CHILDREN:
        lines.append(Content.styled(f"and {len(below) - MOST_CHILDREN} more", "$muted"))
    return [Content.styled("started", "$muted"), *lines] if lines else []


def _session_line(session: Session, now: int) -> Content:
    mark = session_mark(session)
    return Content.assemble(
        _glyph(mark),
        line(session.name),
        Content.styled(f"  {mark.word}", f"${mark.colour}"),
        Content.styled(f"  {_span(session, now)}", "$muted"),
    )


def _timeline(
    documents: Documents, timeline: Sequence[TimelineEntry], now: int, width: int, *, name_sessions: bool = True
) -> Content:
    newest = sorted(timeline, key=lambda entry: entry.timestamp, reverse=True)[:NEWEST]
    names = documents.sessions if name_sessions else {}
    return _lines([_entry(names.get(entry.session_id or ""), entry, now, width) for entry in newest])


def _entry(session: Session | None, entry: TimelineEntry, now: int, width: int) -> Content:
    """When, who and what; what is folded stays right of the time."""
    colour = _LOUD_ENTRIES.get(entry.type)
    message = entry.message.removeprefix(f"{session.name} ") if session else entry.message  # it stands before it
    said = Content.assemble(
        Content.assemble(line(session.name, "$primary"), "  ") if session else "",
        paragraphs(message or entry.type.replace("_", " "), f"${colour}" if colour else ""),
    )
    time = Content.styled(f"{ago(entry.timestamp, now):>4}  ", "$muted")
    return hanging(time, said, width)


def _span(session: Session, now: int) -> str:
    if session.completed_at:
        return f"ended {when(session.completed_at, now)}"
    return f"for {ago(session.started_at, now)}" if now - session.started_at >= 10_000 else "just started"


def _check(mark: Mark, subtask: Subtask) -> Content:
    return Content.assemble(_glyph(mark), line(subtask.title, "$muted" if subtask.completed else ""))


def _mark(mark: Mark) -> Content:
    return Content.styled(f"{mark.glyph} {mark.word}", f"${mark.colour}")


def _glyph(mark: Mark) -> Content:
    return Content.styled(f"{mark.glyph} ", f"${mark.colour}")


def _gone(kind: str) -> Content:
    return Content.styled(f"This {kind} was deleted.", "$muted")


def _place(subtask: Subtask) -> tuple[int, int, str]:
    return subtask.order, subtask.created_at, subtask.id


def _newest_first(sessions: Iterable[Session]) -> list[Session]:
    return sorted(sessions, key=lambda session: (not session.is_live, -session.started_at))


def _dotted(parts: Sequence[Content]) -> Content:
    return Content.styled(" · ", "$muted").join(parts)


def _lines(parts: Sequence[Content]) -> Content:
    return Content("\n").join([part for part in parts if part.plain])


def _sections(parts: Sequence[Content]) -> Content:
    return Content("\n\n").join([part for part in parts if part.plain])
