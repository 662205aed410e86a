"""A person's word on a spawn that policy does not allow without it."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.widgets import Input, Static

from maestro_tui.domain.session import Session
from maestro_tui.domain.text import clean_line
from maestro_tui.tui.mutations import Mutations
from maestro_tui.tui.ports import Documents
from maestro_tui.tui.screens.dialog import Dialog, Field
from maestro_tui.tui.text import line, paragraphs
from maestro_tui.tui.widgets.footer import Hint

__all__ = ["Approval", "DenySpawn"]


class Approval(Dialog[str]):
    """Says what wants to start and at whose wish. Answers with `approve`, once that is done, or with `deny`."""

    BINDINGS = [Binding("y", "submit", "Approve", show=False), Binding("n", "deny", "Deny", show=False)]

    def __init__(self, documents: Documents, mutations: Mutations, session: Session) -> None:
        super().__init__()
        self._documents = documents
        self._mutations = mutations
        self._session = session

    @property
    def heading(self) -> str:
        return f"May {self._session.name} start?"

    def fields(self) -> ComposeResult:
        yield Static(_facts(self._documents, self._session), markup=False, classes="said")

    def hints(self) -> Sequence[Hint]:
        return (
            Hint("y", "approve", "screen.submit"),
            Hint("n", "deny", "screen.deny"),
            Hint("esc", "decide later", "screen.cancel"),
        )

    async def send(self) -> str:
        await self._mutations.approve_session(f"Approve “{self._session.name}”", self._session.id)
        return "approve"

    def action_deny(self) -> None:
        """Go on to the reason."""
        self.dismiss("deny")


class DenySpawn(Dialog[bool]):
    """Denies a spawn, with a reason where the person gives one. Answers True when it was done."""

    VERB = "deny"

    def __init__(self, mutations: Mutations, session: Session) -> None:
        super().__init__()
        self._mutations = mutations
        self._session = session

    @property
    def heading(self) -> str:
        return f"Deny {self._session.name}"

    def fields(self) -> ComposeResult:
        yield Field("Reason", Input(id="reason", placeholder="optional: told to whoever asked", max_length=8192))

    async def send(self) -> bool:
        reason = self.query_one("#reason", Input).value.strip()
        await self._mutations.deny_session(f"Deny “{self._session.name}”", self._session.id, reason)
        return True


def _facts(documents: Documents, session: Session) -> Content:
    parent = documents.sessions.get(session.parent_session_id or "")
    tasks = [documents.tasks[one].title for one in session.task_ids if one in documents.tasks]
    reason = session.metadata.get("spawnReason")
    facts = [
        ("asked for by", parent.name if parent else "a session"),
        ("role", session.role.value),
        ("agent", " ".join(filter(None, (session.agent or "the first one installed", session.model)))),
        ("works on", ", ".join(tasks) or "no task"),
        ("in", session.cwd or "the home directory"),
        ("depth", str(session.depth) if session.depth is not None else ""),
    ]
    rows = [Content.assemble(Content.styled(f"{name:<14}", "$muted"), line(said)) for name, said in facts if said]
    why = paragraphs(str(reason)) if reason and clean_line(str(reason)) else Content("")
    return Content("\n").join([*rows, *([Content(""), why] if why.plain else [])])
