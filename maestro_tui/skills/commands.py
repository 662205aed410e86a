"""The commands an agent needs, with the ids of its own tasks filled in."""

from collections.abc import Sequence

from maestro_tui.domain.status import Role

__all__ = ["command_table"]

_WORK = (
    ("maestro task start {task}", "you begin"),
    ("maestro subtask complete {task} SUBTASK", "a step is finished"),
    ('maestro update "what you just did"', "there is progress"),
    ('maestro task block {task} --reason "what is missing"', "you cannot go on"),
    ("maestro task unblock {task}", "you can go on"),
    ('maestro report needs-input "your question"', "you wait for a person"),
    ("maestro session resume-working", "you have the answer"),
    ("maestro task complete {task}", "all of it is done and checked"),
    ('maestro report complete "what you changed and how you checked it"', "you are finished"),
)

_ORCHESTRATION = (
    ('maestro subtask create {task} "a step"', "you plan a step of your own"),
    ('maestro task create "a piece" --parent {task} --desc "all a worker needs"', "you plan a worker's piece"),
    ('maestro session spawn --task TASK --name "short name" --reason "why"', "a worker should start"),
    ("maestro session list --children", "you want to see your workers"),
    ("maestro session wait SESSION --until ended,idle,needs_input --timeout 600", "you need a worker's result"),
    ("maestro session logs SESSION --tail 60", "you want to see what a worker sees"),
    ('maestro session send SESSION "your answer"', "a worker waits for you"),
    ("maestro session restart SESSION", "it failed, and its brief was right"),
    ("maestro session stop SESSION", "its piece is completed and checked"),
)


def command_table(role: Role, task_ids: Sequence[str]) -> str:
    """The section of a brief that lists commands; with several tasks, TASK stands for each id."""
    task = task_ids[0] if len(task_ids) == 1 else "TASK"
    rows = (*_ORCHESTRATION, *_WORK) if role is Role.ORCHESTRATOR else _WORK
    lines = [f"| `{command.format(task=task)}` | {moment} |" for command, moment in rows]
    return "\n".join(("## Commands", "", "| run | when |", "|---|---|", *lines, "", _CLOSING))


_CLOSING = "`maestro commands` lists all others. Add `--json` to any of them for output a program can read."
