"""The commands that tell people of one's work, as data: a part of the table."""

from __future__ import annotations

from maestro_tui.cli.arguments import MESSAGE, TASKS
from maestro_tui.cli.grammar import Argument, Command

__all__ = ["REPORT_COMMANDS"]


def _report(kind: str, summary: str, details: str) -> Command:
    return Command(
        f"report {kind}",
        f"report:{kind.replace('-', '_')}",
        summary,
        MESSAGE,
        flags=(TASKS,),
        aliases=(f"session report {kind}",),
        details=details,
    )


def _task_report(kind: str) -> Command:
    return Command(
        f"task report {kind}",
        f"report:{kind.replace('-', '_')}",
        f"the same as `report {kind}`, for one task",
        Argument("task", "the task", also=("--task",), required=False, offers="task"),
        MESSAGE,
        hidden=True,
    )


REPORT_COMMANDS = (
    Command(
        "update",
        "report:progress",
        "one line of progress, on your session's timeline and its tasks'",
        MESSAGE,
        flags=(TASKS,),
        examples=('maestro update "Login endpoint done, 12 tests pass, starting on logout"',),
    ),
    _report("progress", "the same as `update`", "Writes the timelines of your session and its tasks."),
    _report("blocked", "you cannot go on", "Blocks the tasks, with the message as the reason."),
    _report("error", "something failed that is not yours to fix", "Writes the timelines; no status changes."),
    _report("needs-input", "you have a question and wait", "Marks the session until it resumes working."),
    _report(
        "complete",
        "you are finished: what changed, and how you checked it",
        "Writes the timelines, and that this session is done with the tasks. The tasks themselves are\n"
        "completed by `maestro task complete`, so that a review can come in between.",
    ),
    *(_task_report(kind) for kind in ("progress", "blocked", "error", "needs-input", "complete")),
)
