"""Commands of existing skills that have no other word here, as data: a part of the table. Not in help."""

from __future__ import annotations

from maestro_tui.cli.arguments import MESSAGE, SESSION, TASK
from maestro_tui.cli.grammar import Argument, Command, Flag

__all__ = ["OLDER_COMMANDS"]

_TITLE = Argument("title", "the document's title", also=("--title",))
_FLAGS = (
    Flag("--file -f", "where the document is", value="PATH"),
    Flag("--content", "what it says; by default what is in the file", value="TEXT"),
)

_MEMBER = Argument("id", "the team member", also=("--id",))

OLDER_COMMANDS = (
    Command("team-member list", "team:list_members", "the project's team members", hidden=True),
    Command("team-member get", "team:show_member", "who a team member is", _MEMBER, hidden=True),
    Command("team-member memory list", "team:memory", "what is noted for a team member", _MEMBER, hidden=True),
    Command(
        "team-member memory append",
        "team:remember",
        "note something for a team member",
        _MEMBER,
        flags=(Flag("--entry", "the note; `-` reads it from standard input", value="TEXT"),),
        hidden=True,
    ),
    Command("team list", "team:list_teams", "the project's teams", hidden=True),
    Command(
        "team get", "team:show_team", "who is in a team", Argument("id", "the team", also=("--id",)), hidden=True
    ),
    Command(
        "announce",
        "report:progress",
        "the same as `update`: nothing is spoken here",
        MESSAGE,
        flags=(Flag("--device", "where it would be spoken", value="NAME", hidden=True),),
        hidden=True,
    ),
    Command(
        "session docs add", "older:add_session_document", "keep a document", _TITLE, flags=_FLAGS, hidden=True
    ),
    Command("session docs list", "older:session_documents", "the documents of your session", hidden=True),
    Command(
        "task docs add",
        "older:add_task_document",
        "keep a document with a task",
        TASK,
        _TITLE,
        flags=_FLAGS,
        hidden=True,
    ),
    Command("task docs list", "older:task_documents", "what all sessions wrote about a task", TASK, hidden=True),
    Command(
        "session notify",
        "older:notify",
        "send a message that is kept and typed into the session",
        SESSION,
        Argument("message", "the message; `-` reads it from standard input", also=("--message", "-m")),
        flags=(Flag("--detail", "what is kept only", value="TEXT"),),
        hidden=True,
    ),
    Command(
        "hook dispatch",
        "hooks:dispatch",
        "for hooks of existing plugins: nothing holds the agent up",
        Argument("event", "which hook it is", required=False, many=True),
        hidden=True,
        silent=True,
    ),
    Command("session mail read", "older:read_mail", "the messages you have not read", hidden=True),
)
