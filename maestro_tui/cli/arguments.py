"""Arguments and flags that several commands share."""

from __future__ import annotations

from maestro_tui.cli.grammar import Argument, Flag

__all__ = [
    "ALL",
    "DESC",
    "FILE",
    "ITS_TASK",
    "LIMIT",
    "MESSAGE",
    "OWN_TASK",
    "PRIORITIES",
    "PRIORITY",
    "PROJECT",
    "SESSION",
    "STATUSES",
    "SUBTASK",
    "TASK",
    "TASKS",
]

STATUSES = "todo in_progress in_review blocked completed cancelled"
PRIORITIES = "low medium high"
OWN_TASK = "by default the one task in MAESTRO_TASK_IDS"

TASK = Argument(
    "task", f"the task; {OWN_TASK}", also=("--id", "--task", "--task-id"), required=False, offers="task"
)
ITS_TASK = Argument("task", f"its task; {OWN_TASK}", also=("--task", "--task-id"), required=False, offers="task")
SUBTASK = Argument("subtask", "the subtask", also=("--id", "--subtask"), offers="subtask")
SESSION = Argument("session", "the session", also=("--id", "--session"), offers="session")
PROJECT = Argument("id", "the project", also=("--id", "--name"), offers="project")
MESSAGE = Argument("message", "the text; `-` reads it from standard input", also=("--message", "-m"))
TASKS = Flag("--task --tasks", "these tasks instead of your own", value="IDS", many=True, offers="task")
FILE = Flag("--file -f --desc-file --description-file", "read the description from a file", value="PATH")
PRIORITY = Flag("--priority -p", "low, medium or high", value="PRIORITY", offers=PRIORITIES)
DESC = Flag("--desc --description -d", "the description; `-` reads it from standard input", value="TEXT")
LIMIT = Flag("--limit", "at most so many rows; 0 for all", value="N")
ALL = Flag("--all --all-projects", "of all projects")
