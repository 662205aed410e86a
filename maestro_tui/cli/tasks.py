"""The commands on projects, tasks and their steps, as data: a part of the table."""

from __future__ import annotations

from maestro_tui.cli.arguments import ALL, DESC, FILE, ITS_TASK, LIMIT, PRIORITY, PROJECT, STATUSES, SUBTASK, TASK
from maestro_tui.cli.grammar import Argument, Command, Flag

__all__ = ["PROJECT_COMMANDS", "SUBTASK_COMMANDS", "TASK_COMMANDS"]

PROJECT_COMMANDS = (
    Command("project list", "project:list_projects", "list projects", flags=(LIMIT,)),
    Command(
        "project create",
        "project:create",
        "create a project; prints its id first",
        Argument("name", "the name", also=("--name", "-n")),
        flags=(
            Flag(
                "--dir -d --working-dir", "where its work is done; by default the current directory", value="DIR"
            ),
            Flag("--desc --description", "the description; `-` reads it from standard input", value="TEXT"),
            FILE,
        ),
        examples=("maestro project create webshop -d ~/src/webshop",),
    ),
    Command("project get", "project:get", "show a project", PROJECT, aliases=("project show",)),
    Command("project delete", "project:delete", "delete a project without tasks and sessions", PROJECT),
    Command(
        "project use",
        "project:use",
        "make a project the default of this user",
        PROJECT,
        details="Writes MAESTRO_PROJECT_ID to the `config` file of MAESTRO_HOME. The environment goes first.",
    ),
)

TASK_COMMANDS = (
    Command(
        "task list",
        "task:list_tasks",
        "list tasks",
        Argument("task", "only this task and its children", also=("--id",), required=False, offers="task"),
        flags=(
            Flag("--status", "only these statuses", value="STATUS", many=True, offers=STATUSES),
            PRIORITY,
            ALL,
            LIMIT,
        ),
        examples=("maestro task list --status todo,blocked",),
    ),
    Command(
        "task create",
        "task:create",
        "create a task; prints its id first",
        Argument("title", "the title", also=("--title", "-t", "--name"), required=False),
        flags=(
            DESC,
            FILE,
            PRIORITY,
            Flag("--parent", "the task it is part of", value="TASK", offers="task"),
            Flag("--skill --skills", "skills its agent needs", value="NAMES", many=True, offers="skill"),
            Flag(
                "--depends-on --dependencies",
                "tasks that come before it",
                value="TASKS",
                many=True,
                offers="task",
            ),
        ),
        examples=(
            'maestro task create "Implement feature X" --desc "Build API endpoint" --priority high',
            'maestro task create "Token endpoint" --parent TASK --file token.md',
        ),
    ),
    Command("task get", "task:get", "show a task with its subtasks and timeline", TASK, aliases=("task show",)),
    Command(
        "task update",
        "task:update",
        "change a task",
        TASK,
        flags=(
            Flag("--status", "the new status", value="STATUS", offers=STATUSES),
            PRIORITY,
            Flag("--title -t", "the new title", value="TITLE"),
            DESC,
            FILE,
            Flag("--parent", "the new parent; `none` makes it a root", value="TASK", offers="task"),
            Flag("--reason", "why, where the status is blocked or cancelled", value="TEXT"),
        ),
        aliases=("task edit",),
        examples=("maestro task update TASK --status in_review",),
    ),
    Command("task start", "task:start", "you begin: the task is in_progress", TASK),
    Command("task complete", "task:complete", "all of it is done and checked", TASK, aliases=("task done",)),
    Command(
        "task block",
        "task:block_task",
        "you cannot go on, and why",
        TASK,
        Argument(
            "reason",
            "what is missing, and who has it; `-` reads it from standard input",
            also=("--reason", "-r"),
            flag_first=True,
        ),
        details="The reason is required. It is shown wherever the task is.",
        examples=('maestro task block TASK --reason "The staging database refuses my password"',),
    ),
    Command("task unblock", "task:unblock", "you can go on: the task is in_progress again", TASK),
    Command(
        "task delete",
        "task:delete",
        "delete a task and everything below it",
        Argument("task", "the task", also=("--id", "--task"), offers="task"),
        flags=(Flag("--cascade", "what is below it too; this is always so", hidden=True),),
        aliases=("task rm",),
    ),
    Command(
        "task children",
        "task_tree:children",
        "list the tasks below a task",
        TASK,
        flags=(Flag("--recursive -r", "all levels, not only the first"),),
    ),
    Command(
        "task tree",
        "task_tree:tree",
        "the project's tasks as a tree, with subtasks and live sessions",
        flags=(
            Flag("--root", "only this task and what is below it", value="TASK", offers="task"),
            Flag("--depth", "so many levels", value="N"),
            Flag(
                "--status",
                "only these statuses, and the parents above them",
                value="STATUS",
                many=True,
                offers=STATUSES,
            ),
        ),
    ),
)

SUBTASK_COMMANDS = (
    Command(
        "subtask create",
        "subtask:create",
        "add a step to a task; prints its id first",
        ITS_TASK,
        Argument("title", "the title", also=("--title", "-t", "--name")),
        flags=(DESC, FILE),
        aliases=("subtask add",),
        examples=('maestro subtask create TASK "Parse the header"',),
    ),
    Command("subtask list", "subtask:list_subtasks", "list the steps of a task, with their ids", ITS_TASK),
    Command(
        "subtask complete", "subtask:complete", "tick off a step", ITS_TASK, SUBTASK, aliases=("subtask done",)
    ),
    Command("subtask reopen", "subtask:reopen", "a step was not done after all", ITS_TASK, SUBTASK),
    Command("subtask delete", "subtask:delete", "remove a step", ITS_TASK, SUBTASK, aliases=("subtask rm",)),
)
