"""Commands of existing skills that have no other word here, as data: a part of the table. Not in help."""

from __future__ import annotations

from maestro_tui.cli.arguments import SESSION, TASK
from maestro_tui.cli.grammar import Argument, Command, Flag

__all__ = ["OLDER_COMMANDS"]

_TITLE = Argument("title", "the document's title", also=("--title",))
_FLAGS = (
    Flag("--file -f", "where the document is", value="PATH"),
    Flag("--content", "what it says; by default what is in the file", value="TEXT"),
)

OLDER_COMMANDS = (
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
