"""The whole state as frames: what a client gets that has nothing, or too old a position.

Every frame is `{type: "snapshot", event: "snapshot", data: {part, of, projects, tasks,
sessions}, timestamp, epoch, seq}`: parts count from 1, each holds whole documents, and seq
is the position the state reflects at least. Documents are read after that position was
noted, and everything after it is replayed, so a document may arrive twice and the client
keeps the one with the higher revision.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from maestro_tui.domain.document import Part
from maestro_tui.server.hub import Channel
from maestro_tui.server.queries import Position
from maestro_tui.server.replies import encode, encode_part
from maestro_tui.services.wiring import Services
from maestro_tui.store.base import SessionQuery, TaskQuery

__all__ = ["snapshot_frames"]

CHUNK_BYTES = 262_144
DOCUMENTS_PER_TURN = 200
KINDS = ("projects", "tasks", "sessions")


@dataclass(slots=True)
class _Chunk:
    """Documents, encoded, by kind."""

    size: int = 0
    documents: dict[str, list[bytes]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    def add(self, kind: str, document: bytes) -> None:
        self.documents[kind].append(document)
        self.size += len(document)

    def text(self, part: int, of: int, position: Position, timestamp: int) -> str:
        lists = b",".join(encode(kind) + b":[" + b",".join(self.documents[kind]) + b"]" for kind in KINDS)
        return (
            f'{{"type":"snapshot","event":"snapshot","data":{{"part":{part},"of":{of},{lists.decode()}}},'
            f'"timestamp":{timestamp},"epoch":{encode(position.epoch).decode()},"seq":{position.seq}}}'
        )


async def snapshot_frames(services: Services, channel: Channel, position: Position, timestamp: int) -> list[str]:
    """All documents the channel may and wants to see, in frames of about 256 KiB."""
    chunks = [_Chunk()]
    async for kind, document in _documents(services, channel):
        if chunks[-1].size + len(document) > CHUNK_BYTES and chunks[-1].size:
            chunks.append(_Chunk())
        chunks[-1].add(kind, document)
    return [chunk.text(part, len(chunks), position, timestamp) for part, chunk in enumerate(chunks, start=1)]


async def _documents(services: Services, channel: Channel) -> AsyncIterator[tuple[str, bytes]]:
    actor = channel.actor
    for project_id in _projects_wanted(channel):
        projects = [one for one in await services.projects.list(actor) if project_id in (None, one.id)]
        tasks = await services.tasks.find(TaskQuery(project_id=project_id), actor)
        sessions = await services.sessions.find(SessionQuery(project_id=project_id), actor)
        groups: Iterable[Iterable[Part]] = (projects, tasks.items, sessions.items)
        for kind, documents in zip(KINDS, groups, strict=True):
            for number, document in enumerate(documents, start=1):
                yield kind, encode_part(document)
                if number % DOCUMENTS_PER_TURN == 0:
                    await asyncio.sleep(0)  # a large state must not hold up everybody's keystrokes


def _projects_wanted(channel: Channel) -> list[str | None]:
    """The projects to read; None stands for all of them."""
    wanted: list[str | None] = [wish.project_id for wish in channel.subscriptions] or [channel.actor.project_id]
    return wanted if channel.actor.is_owner else [one for one in wanted if one == channel.actor.project_id]
