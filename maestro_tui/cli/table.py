"""Every command and flag, as data: parsing, help, completion and the reference come from here."""

from __future__ import annotations

from maestro_tui.cli.activities import ACTIVITY_COMMANDS
from maestro_tui.cli.grammar import Argument, Command, Flag
from maestro_tui.cli.recordings import OWN_SESSION, RECORDING_COMMANDS
from maestro_tui.cli.skills import SKILL_COMMANDS

__all__ = ["COMMANDS", "GLOBAL_FLAGS", "GROUPS"]

GLOBAL_FLAGS = (
    Flag("--json", "exactly one JSON document on standard output"),
    Flag("--jsonl", "one JSON document per line, for commands that stream"),
    Flag("--quiet -q", "ids only, one per line"),
    Flag("--full", "all of a long answer, which is cut otherwise"),
    Flag("--server", "the server's address, instead of MAESTRO_API_URL", value="URL"),
    Flag("--project --project-id", "the project, instead of MAESTRO_PROJECT_ID", value="ID", offers="project"),
    Flag("--help -h", "what a command does"),
    Flag("--version -V", "the version"),
)

GROUPS = {
    "project": "Projects: a name for a body of work and the directory it is done in",
    "task": "Tasks: pieces of work, nested as deep as needed",
    "subtask": "Subtasks: the steps of one task",
    "session": "Sessions: one run of an agent each",
    "report": "Reports: what you want people to know about your work",
    "skill": "Skills: what agents can be taught",
    "worker": "For a worker's start",
    "orchestrator": "For an orchestrator's start",
}

_STATUSES = "todo in_progress in_review blocked completed cancelled"
_PRIORITIES = "low medium high"
_OWN_TASK = "by default the one task in MAESTRO_TASK_IDS"

_TASK = Argument(
    "task", f"the task; {_OWN_TASK}", also=("--id", "--task", "--task-id"), required=False, offers="task"
)
_ITS_TASK = Argument("task", f"its task; {_OWN_TASK}", also=("--task", "--task-id"), required=False, offers="task")
_SUBTASK = Argument("subtask", "the subtask", also=("--id", "--subtask"), offers="subtask")
_SESSION = Argument("session", "the session", also=("--id", "--session"), offers="session")
_PROJECT = Argument("id", "the project", also=("--id", "--name"), offers="project")
_MESSAGE = Argument("message", "the text; `-` reads it from standard input", also=("--message", "-m"))
_TASKS = Flag("--task --tasks", "these tasks instead of your own", value="IDS", many=True, offers="task")
_FILE = Flag("--file -f --desc-file --description-file", "read the description from a file", value="PATH")
_PRIORITY = Flag("--priority -p", "low, medium or high", value="PRIORITY", offers=_PRIORITIES)
_DESC = Flag("--desc --description -d", "the description; `-` reads it from standard input", value="TEXT")
_LIMIT = Flag("--limit", "at most so many rows; 0 for all", value="N")
_ALL = Flag("--all --all-projects", "of all projects")

_OLDER_SPAWN_FLAGS = (
    Flag("--subject", "a heading for --message, as older skills give it", value="TEXT", hidden=True),
    Flag("--include-related", "what a task depends on is always in the brief", hidden=True),
    *(
        Flag(f"--{name}", "for other servers; our agents' options are in config.toml", value="X", hidden=True)
        for name in ("launch-config", "reasoning-effort", "permission-mode", "team-member-id")
    ),
)
"""Accepted because skills in use give them; what they ask for is always so, or set elsewhere."""

_TASK_COMMANDS = (
    Command(
        "task list",
        "task:list_tasks",
        "list tasks",
        Argument("task", "only this task and its children", also=("--id",), required=False, offers="task"),
        flags=(
            Flag("--status", "only these statuses", value="STATUS", many=True, offers=_STATUSES),
            _PRIORITY,
            _ALL,
            _LIMIT,
        ),
        examples=("maestro task list --status todo,blocked",),
    ),
    Command(
        "task create",
        "task:create",
        "create a task; prints its id first",
        Argument("title", "the title", also=("--title", "-t", "--name"), required=False),
        flags=(
            _DESC,
            _FILE,
            _PRIORITY,
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
    Command("task get", "task:get", "show a task with its subtasks and timeline", _TASK, aliases=("task show",)),
    Command(
        "task update",
        "task:update",
        "change a task",
        _TASK,
        flags=(
            Flag("--status", "the new status", value="STATUS", offers=_STATUSES),
            _PRIORITY,
            Flag("--title -t", "the new title", value="TITLE"),
            _DESC,
            _FILE,
            Flag("--parent", "the new parent; `none` makes it a root", value="TASK", offers="task"),
            Flag("--reason", "why, where the status is blocked or cancelled", value="TEXT"),
        ),
        aliases=("task edit",),
        examples=("maestro task update TASK --status in_review",),
    ),
    Command("task start", "task:start", "you begin: the task is in_progress", _TASK),
    Command("task complete", "task:complete", "all of it is done and checked", _TASK, aliases=("task done",)),
    Command(
        "task block",
        "task:block_task",
        "you cannot go on, and why",
        _TASK,
        Argument(
            "reason",
            "what is missing, and who has it; `-` reads it from standard input",
            also=("--reason", "-r"),
            flag_first=True,
        ),
        details="The reason is required. It is shown wherever the task is.",
        examples=('maestro task block TASK --reason "The staging database refuses my password"',),
    ),
    Command("task unblock", "task:unblock", "you can go on: the task is in_progress again", _TASK),
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
        _TASK,
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
                offers=_STATUSES,
            ),
        ),
    ),
)

_SUBTASK_COMMANDS = (
    Command(
        "subtask create",
        "subtask:create",
        "add a step to a task; prints its id first",
        _ITS_TASK,
        Argument("title", "the title", also=("--title", "-t", "--name")),
        flags=(_DESC, _FILE),
        aliases=("subtask add",),
        examples=('maestro subtask create TASK "Parse the header"',),
    ),
    Command("subtask list", "subtask:list_subtasks", "list the steps of a task, with their ids", _ITS_TASK),
    Command(
        "subtask complete", "subtask:complete", "tick off a step", _ITS_TASK, _SUBTASK, aliases=("subtask done",)
    ),
    Command("subtask reopen", "subtask:reopen", "a step was not done after all", _ITS_TASK, _SUBTASK),
    Command("subtask delete", "subtask:delete", "remove a step", _ITS_TASK, _SUBTASK, aliases=("subtask rm",)),
)

_PROJECT_COMMANDS = (
    Command("project list", "project:list_projects", "list projects", flags=(_LIMIT,)),
    Command(
        "project create",
        "project:create",
        "create a project; prints its id first",
        Argument("name", "the name", also=("--name", "-n")),
        flags=(
            Flag(
                "--dir -d --working-dir", "where its work is done; by default the current directory", value="DIR"
            ),
            Flag("--desc --description", "the description", value="TEXT"),
        ),
        examples=("maestro project create webshop -d ~/src/webshop",),
    ),
    Command("project get", "project:get", "show a project", _PROJECT, aliases=("project show",)),
    Command("project delete", "project:delete", "delete a project without tasks and sessions", _PROJECT),
    Command(
        "project use",
        "project:use",
        "make a project the default of this user",
        _PROJECT,
        details="Writes MAESTRO_PROJECT_ID to the `config` file of MAESTRO_HOME. The environment goes first.",
    ),
)

_SESSION_COMMANDS = (
    Command(
        "session spawn",
        "spawn:spawn",
        "start an agent on a task; prints the session's id first",
        Argument(
            "task",
            f"the task; {_OWN_TASK}",
            also=("--task", "--tasks", "--task-id", "--task-ids"),
            required=False,
            many=True,
            flag_first=True,
            offers="task",
        ),
        flags=(
            Flag("--name -n", "what the session is called: short, and about the work", value="NAME"),
            Flag("--skill --skills", "a skill more than its role brings", value="NAME", many=True, offers="skill"),
            Flag("--agent --agent-tool", "the program to start", value="NAME"),
            Flag("--reason --message", "why, for the agent and for people; `-` reads it", value="TEXT"),
            Flag("--role", "worker or orchestrator", value="ROLE", offers="worker orchestrator"),
            Flag("--model", "the model the agent shall use", value="NAME"),
            Flag("--cwd", "where the agent works; by default the project's directory", value="DIR"),
            Flag("--wait", "until the agent runs; exit code 5 when it cannot be started"),
            Flag("--dry-run", "print the brief it would be given, and start nothing"),
            Flag("--brief-file", "a brief of your own, for people only; `-` reads standard input", value="PATH"),
            *_OLDER_SPAWN_FLAGS,
        ),
        details="In a session, that session becomes the parent. The project is the task's own.",
        examples=('maestro session spawn --task TASK --name "API Worker" --skill maestro-worker',),
    ),
    Command(
        "session list",
        "session:list_sessions",
        "list sessions",
        Argument(
            "session",
            "only those below it, as a tree; with --children by default MAESTRO_SESSION_ID",
            also=("--id", "--session"),
            required=False,
            offers="session",
        ),
        flags=(
            Flag("--task", "those that work on a task", value="TASK", offers="task"),
            Flag("--active", "only live ones"),
            Flag("--children --my-workers", "those that a session started, as a tree"),
            _ALL,
            _LIMIT,
        ),
    ),
    Command(
        "session siblings",
        "session:siblings",
        "the live sessions that your parent started",
        hidden=True,
    ),
    Command(
        "session info",
        "session:info",
        "show a session",
        OWN_SESSION,
        flags=(Flag("--brief", "the brief it was started with instead"),),
        aliases=("session get", "session show"),
    ),
    Command(
        "session send",
        "session:send",
        "type a text into a session and press Enter",
        _SESSION,
        Argument(
            "text",
            "the text; `-` reads it from standard input",
            also=("--text", "--message", "-m"),
            required=False,
        ),
        flags=(
            Flag("--no-enter", "do not press Enter"),
            Flag("--mode", "`paste`: do not press Enter, as older skills say it", value="WORD", hidden=True),
            Flag("--no-wait", "do not wait: it is kept until the session's terminal takes it"),
            Flag("--key --keys", "press a key after the text: escape, up, ctrl+c, y", value="KEY", many=True),
        ),
        aliases=("session prompt",),
        details="Answered when the text is in the session's terminal. Several lines are pasted as one.\n"
        "With --no-wait it outlives a restart of the server, and is dropped when the session ends.",
        examples=(
            'maestro session send SESSION "Use A, because B is gone"',
            "maestro session send SESSION --key escape",
        ),
    ),
    Command(
        "session stop",
        "session_tree:stop",
        "end a session: politely first, then firmly",
        _SESSION,
        flags=(
            Flag("--reason", "why", value="TEXT"),
            Flag(
                "--children",
                "what becomes of the live sessions below it: stop or keep",
                value="WORD",
                offers="stop keep",
            ),
        ),
    ),
    Command(
        "session restart",
        "spawning:restart",
        "start one that has ended again, with the same brief; prints the new session's id first",
        _SESSION,
        details="Each try in a row that ends within 10 s of running doubles the time the next has to wait.",
    ),
    Command("session approve", "spawning:approve", "let a spawn start that waits for a person", _SESSION),
    Command(
        "session deny",
        "spawning:deny",
        "do not let it start",
        _SESSION,
        flags=(Flag("--reason", "why, for whoever asked", value="TEXT"),),
    ),
    Command("session limits", "spawning:limits", "the limits on spawning, and how close the project is to them"),
    Command(
        "session pause-spawning",
        "spawning:pause",
        "let no new session start anywhere until resume-spawning; those at work go on",
        flags=(Flag("--reason", "why, for whoever is refused", value="TEXT"),),
    ),
    Command("session resume-spawning", "spawning:resume", "let new sessions start again"),
    Command(
        "session watch",
        "watch:watch",
        "print what happens to sessions, as it happens, until all have ended",
        Argument(
            "sessions",
            "the sessions; by default all live ones of the project",
            also=("--session", "--sessions"),
            required=False,
            many=True,
            offers="session",
        ),
        flags=(Flag("--timeout", "stop after so many seconds", value="SECONDS"),),
    ),
    Command(
        "session wait",
        "watch:wait",
        "wait until sessions have ended, or are in a status",
        Argument(
            "sessions", "the sessions", also=("--session", "--sessions", "--id"), many=True, offers="session"
        ),
        flags=(
            Flag(
                "--until",
                "a session status, `ended`, `live` or `needs_input`; several with commas",
                value="STATUS",
                many=True,
                offers="ended live needs_input running idle completed failed stopped lost",
            ),
            Flag("--any", "until one of them is, not all"),
            Flag("--timeout", "give up after so many seconds, with exit code 6", value="SECONDS"),
        ),
        details="Without --until it ends with 0 however the sessions ended; their statuses are printed.",
        examples=(
            "maestro session wait SESSION SESSION --any --timeout 1800",
            "maestro session wait SESSION --until needs_input",
        ),
    ),
)


def _report(kind: str, summary: str, details: str) -> Command:
    return Command(
        f"report {kind}",
        f"report:{kind.replace('-', '_')}",
        summary,
        _MESSAGE,
        flags=(_TASKS,),
        aliases=(f"session report {kind}",),
        details=details,
    )


def _task_report(kind: str) -> Command:
    return Command(
        f"task report {kind}",
        f"report:{kind.replace('-', '_')}",
        f"the same as `report {kind}`, for one task",
        Argument("task", "the task", also=("--task",), required=False, offers="task"),
        _MESSAGE,
        hidden=True,
    )


_REPORT_COMMANDS = (
    Command(
        "update",
        "report:progress",
        "one line of progress, on your session's timeline and its tasks'",
        _MESSAGE,
        flags=(_TASKS,),
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

_OTHER_COMMANDS = (
    Command("status", "status:status", "counts, live sessions, who needs input, the server's health"),
    Command("whoami", "whoami:whoami", "your session, role, project and tasks, and where each comes from"),
    Command("commands", "commands:commands", "every command"),
    *SKILL_COMMANDS,
    Command(
        "track-file",
        "hooks:track_file",
        "for hooks: a file was changed",
        Argument("path", "the file", also=("--path", "--file"), required=False),
        silent=True,
    ),
    *(
        Command(
            f"{role} init",
            f"init:{role}_init",
            "print the brief: task, subtasks, skills, commands",
            Argument("command", "the agent's command, after `--`", required=False, many=True),
            flags=(Flag("--exec", "become the agent, which gets the brief as its last argument"),),
            details="`{brief}` and `{brief_file}` in the command say where the brief goes instead.",
            examples=(f"maestro {role} init --exec -- claude --model opus",),
        )
        for role in ("worker", "orchestrator")
    ),
    Command(
        "doctor",
        "doctor:doctor",
        "check PATH, server, token, agents and terminal; one line each, and what to do",
        flags=(Flag("--report", "also write a bundle for a bug report, without secrets", value="FILE"),),
    ),
    Command(
        "completion",
        "completion:script",
        "the completion script of a shell",
        Argument("shell", "bash, zsh or fish", also=("--shell",), offers="bash zsh fish"),
        examples=('eval "$(maestro completion bash)"', "maestro completion fish | source"),
    ),
    Command("version", "version:version", "the version"),
    Command(
        "__complete",
        "offers:offers",
        "what completion offers",
        Argument("words", "what is typed so far", required=False, many=True),
        hidden=True,
    ),
)

COMMANDS = (
    *_PROJECT_COMMANDS,
    *_TASK_COMMANDS,
    *_SUBTASK_COMMANDS,
    *_SESSION_COMMANDS,
    *RECORDING_COMMANDS,
    *ACTIVITY_COMMANDS,
    *_REPORT_COMMANDS,
    *_OTHER_COMMANDS,
)
