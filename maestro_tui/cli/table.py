"""Every command and flag, as data: parsing, help, completion and the reference come from here."""

from __future__ import annotations

from maestro_tui.cli.activities import ACTIVITY_COMMANDS
from maestro_tui.cli.dialects import OLDER_COMMANDS
from maestro_tui.cli.grammar import Argument, Command, Flag
from maestro_tui.cli.recordings import RECORDING_COMMANDS
from maestro_tui.cli.reports import REPORT_COMMANDS
from maestro_tui.cli.sessions import SESSION_COMMANDS
from maestro_tui.cli.skills import SKILL_COMMANDS
from maestro_tui.cli.tasks import PROJECT_COMMANDS, SUBTASK_COMMANDS, TASK_COMMANDS

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
    *PROJECT_COMMANDS,
    *TASK_COMMANDS,
    *SUBTASK_COMMANDS,
    *SESSION_COMMANDS,
    *RECORDING_COMMANDS,
    *ACTIVITY_COMMANDS,
    *REPORT_COMMANDS,
    *_OTHER_COMMANDS,
    *OLDER_COMMANDS,
)
