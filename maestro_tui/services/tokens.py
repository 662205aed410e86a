"""Who speaks: the owner's token, and one for each session.

A session's token is a keyed digest of its id (HMAC-SHA-256, RFC 2104), so nothing is stored
and the tokens of running agents stay good when the server starts again with the same key.
"""

import asyncio
import hashlib
import hmac

from maestro_tui.domain.actor import OWNER, Actor
from maestro_tui.domain.errors import NotFound
from maestro_tui.domain.ids import is_id
from maestro_tui.domain.status import ENDED
from maestro_tui.services.permissions import require_owner
from maestro_tui.services.revocations import Revocations
from maestro_tui.store.base import Store

__all__ = ["Tokens"]

PREFIX = "mst_"


class Tokens:
    """Makes and recognises the tokens of sessions."""

    def __init__(self, store: Store, signing_key: bytes, revocations: Revocations) -> None:
        self._store = store
        self._signing_key = signing_key
        self._revocations = revocations

    def for_session(self, session_id: str) -> str:
        """`mst_<sessionId>.<hex digest>`."""
        digest = hmac.new(
            self._signing_key, session_id.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hexdigest()
        return f"{PREFIX}{session_id}.{digest}"

    async def resolve(self, token: str, owner_token: str) -> Actor | None:
        """Whose token it is; None for nobody's, and for that of a session that ended, is gone or was refused it.

        How long the answer takes does not tell how much of a token was right.
        """
        if owner_token and hmac.compare_digest(
            token.encode("utf-8", "surrogatepass"), owner_token.encode("utf-8", "surrogatepass")
        ):
            return OWNER
        session_id = token.removeprefix(PREFIX).rpartition(".")[0]
        genuine = hmac.compare_digest(
            token.encode("utf-8", "surrogatepass"), self.for_session(session_id).encode("utf-8", "surrogatepass")
        )
        if not genuine or not is_id(session_id) or session_id in self._revocations:
            return None
        return await self._session(session_id)

    async def revoke(self, session_id: str, actor: Actor) -> None:
        """Refuse the token of a session from now on. Raises NotFound, and Forbidden to all but the owner."""
        require_owner(actor, "revoke a token")
        await self._store.sessions.get(session_id)
        await asyncio.to_thread(self._revocations.add, session_id)

    async def _session(self, session_id: str) -> Actor | None:
        try:
            session = await self._store.sessions.get(session_id)
        except NotFound:
            return None
        if session.status in ENDED:
            return None
        return Actor(session_id=session.id, project_id=session.project_id, role=session.role)
