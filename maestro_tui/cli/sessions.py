"""The commands on sessions, as data: a part of the table."""

from __future__ import annotations

from maestro_tui.cli.arguments import ALL, LIMIT, OWN_TASK, SESSION
from maestro_tui.cli.grammar import Argument, Command, Flag
from maestro_tui.cli.recordings import OWN_SESSION

__all__ = ["SESSION_COMMANDS"]

_OLDER_SPAWN_FLAGS = (
    Flag("--subject", "a heading for --message, as older skills give it", value="TEXT", hidden=True),
    Flag("--include-related", "what a task depends on is always in the brief", hidden=True),
    *(
        Flag(f"--{name}", "for other servers; our agents' options are in config.toml", value="X", hidden=True)
        for name in ("launch-config", "reasoning-effort", "permission-mode")
    ),
    Flag("--team-member-id", "whom of the project's team its agent is", value="ID", hidden=True),
)
"""Accepted because skills in use give them; what some of them ask for is always so, or set elsewhere."""


SESSION_COMMANDS = (
    Command(
        "session spawn",
        "spawn:spawn",
        "start an agent on a task; prints the session's id first",
        Argument(
            "task",
            f"the task; {OWN_TASK}",
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
            ALL,
            LIMIT,
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
        SESSION,
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
        SESSION,
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
        SESSION,
        details="Each try in a row that ends within 10 s of running doubles the time the next has to wait.",
    ),
    Command("session approve", "spawning:approve", "let a spawn start that waits for a person", SESSION),
    Command(
        "session deny",
        "spawning:deny",
        "do not let it start",
        SESSION,
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
