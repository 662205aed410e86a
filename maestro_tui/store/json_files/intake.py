"""Taking in what other hands did to a document's file.

The hand wins: a valid edit becomes the document's next revision. An edit that was based on
an older version than the one it replaced leaves that one beside the file. A broken edit
changes nothing: the last good version stays in force and the broken bytes are kept too.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from maestro_tui.domain.document import evolve
from maestro_tui.store.base import Change, ChangeKind
from maestro_tui.store.json_files import quarantine
from maestro_tui.store.json_files.codec import Decoded, Entity, encode
from maestro_tui.store.json_files.documents import Documents
from maestro_tui.store.json_files.layout import DocumentKey, Layout
from maestro_tui.store.json_files.quarantine import Quarantine
from maestro_tui.store.json_files.reading import RETRIES, RETRY_SECONDS, FileState, read_document, stamp_at
from maestro_tui.store.json_files.records import Record, record_of
from maestro_tui.store.json_files.sidecar import Item, item
from maestro_tui.store.json_files.writer import Call, Ledger, Writer

__all__ = ["LATER_VERSION", "Intake"]

log = logging.getLogger(__name__)
LATER_VERSION = "was written by a later version; it is shown and never rewritten"


class Intake:
    """Compares files with the documents in force. on_change hears of every change another hand made."""

    def __init__(
        self,
        *,
        layout: Layout,
        documents: Documents,
        writer: Writer,
        ledger: Ledger,
        findings: Quarantine,
        on_change: Callable[[Change], None],
    ) -> None:
        self._layout = layout
        self._documents = documents
        self._writer = writer
        self._ledger = ledger
        self._findings = findings
        self._on_change = on_change

    async def look(self, key: DocumentKey) -> None:
        """Take in the file of key, when nobody of ours is writing it."""
        async with self._documents.exclusive(key.kind, key.id):
            await self.take_in(key)

    async def take_in(self, key: DocumentKey) -> None:
        """Take in the file of key. The caller has the document exclusively."""
        path, known = self._layout.path(key), self._documents.record(key.kind, key.id)
        ours = known if known is not None and known.key == key else None
        stamp = await asyncio.to_thread(stamp_at, path)
        if ours is not None and stamp == ours.stamp:
            return
        state = await self._settled(key, path)
        if state is None:
            await self._vanished(path, ours)
        elif state.decoded is None:
            await self._damaged(key, path, state, ours)
        elif known is not None and ours is None and await self._exists(known):
            self._report(path, key.id, f"the task exists already in project '{known.project_id}'")
        else:
            await self._accept(path, state, state.decoded, known)

    async def _settled(self, key: DocumentKey, path: Path) -> FileState | None:
        """The file, read again while it looks torn: editors truncate and then write."""
        state = await asyncio.to_thread(read_document, key, path)
        for _ in range(RETRIES):
            if state is None or not state.torn:
                break
            await asyncio.sleep(RETRY_SECONDS)
            state = await asyncio.to_thread(read_document, key, path)
        return state

    async def _vanished(self, path: Path, ours: Record | None) -> None:
        self._findings.clear(path)
        if ours is None:
            return
        root = self._layout.roots[ours.kind]
        if not await asyncio.to_thread(root.is_dir):
            self._report(root, None, "the directory is gone; its documents stay in force until it is back")
            return
        self._findings.clear(root)
        entity = await self._documents.bodies.get(ours)
        with contextlib.suppress(OSError):  # the trash is a courtesy
            await asyncio.to_thread(quarantine.keep_deleted, self._layout.trash, path, encode(ours.kind, entity))
        self._documents.drop(ours.kind, ours.id)
        await self._note((), (ours,))
        self._on_change(Change(ChangeKind.DELETED, entity))

    async def _damaged(self, key: DocumentKey, path: Path, state: FileState, ours: Record | None) -> None:
        problem = state.problem or "cannot be read"
        if ours is None:
            self._report(path, key.id, problem)
            return
        kept = None
        if state.content:
            with contextlib.suppress(OSError):
                kept = str(await asyncio.to_thread(quarantine.keep_broken, path, state.content))
        self._report(path, key.id, f"{problem}; the last good version stays in force", kept=kept)
        if kept is not None or not state.content:
            # In memory alone: after a restart the file must be found broken again.
            entity = await self._documents.bodies.get(ours)
            self._documents.put(ours._replace(stamp=state.stamp), entity)

    async def _accept(self, path: Path, state: FileState, decoded: Decoded, known: Record | None) -> None:
        await self._mended(path)
        if decoded.foreign:
            self._report(path, decoded.entity.id, LATER_VERSION)
        if known is None:
            record = record_of(decoded.entity, state.stamp, foreign=decoded.foreign)
            await self._install(record, decoded.entity, ChangeKind.CREATED)
            return
        before = await self._documents.bodies.get(known)
        revision = max(decoded.entity.revision, known.revision + 1)
        if evolve(decoded.entity, revision=known.revision) == before:
            entity, kind = before, None
        else:
            entity, kind = evolve(decoded.entity, revision=revision), ChangeKind.UPDATED
            if decoded.entity.revision < known.disk_revision:
                await self._keep_replaced(path, before, known)
        on_disk = decoded.entity.revision
        record = record_of(entity, state.stamp, disk_revision=on_disk, foreign=decoded.foreign)
        await self._install(record, entity, kind)

    async def _install(self, record: Record, entity: Entity, kind: ChangeKind | None) -> None:
        self._documents.put(record, entity)
        await self._note((item(record, entity),))
        if kind is not None:
            self._on_change(Change(kind, entity))

    async def _mended(self, path: Path) -> None:
        if (finding := self._findings.clear(path)) is not None and finding.kept is not None:
            await asyncio.to_thread(quarantine.forget_broken, finding.kept)

    async def _keep_replaced(self, path: Path, before: Entity, known: Record) -> None:
        content = encode(known.kind, before)
        try:
            kept = await asyncio.to_thread(quarantine.keep_replaced, path, content)
        except OSError as error:
            log.warning("the version of %s that an edit replaced could not be kept: %s", path, error)
            return
        message = f"an edit based on an older version replaced revision {known.revision}, which is kept"
        self._report(kept, known.id, message, kept=str(kept))

    async def _note(self, puts: Sequence[Item], drops: Sequence[Record] = ()) -> None:
        """Let the sidecar know; the files are as they should be already."""
        await self._writer.do(Call(lambda: self._ledger.note(puts, drops)))

    async def _exists(self, record: Record) -> bool:
        return await asyncio.to_thread(stamp_at, self._layout.path(record.key)) is not None

    def _report(self, path: Path, document_id: str | None, message: str, *, kept: str | None = None) -> None:
        known = self._findings.known(path)
        finding = self._findings.report(path, message, document_id=document_id, kept=kept)
        if finding != known:
            log.warning("%s: %s", path, message)
