"""Writes that were stored but never told of, because the process ended in between."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from maestro_tui.domain.events import JournalEntry
from maestro_tui.store.json_files.codec import MODELS, Entity
from maestro_tui.store.json_files.layout import Kind

__all__ = ["Missed", "missed_changes"]

_DELETED = 2**62
"""Stands for the revision of a document that was told to be gone."""


class Missed(NamedTuple):
    """A document whose last change nobody heard of. last: how it was told of last, if ever."""

    kind: Kind
    id: str
    last: Entity | None


def missed_changes(
    recent: Mapping[tuple[Kind, str], int | None], told: Iterable[JournalEntry]
) -> Iterator[Missed]:
    """recent: the newest revision of each document, None for a removed one. told: the newest events."""
    revisions: dict[tuple[Kind, str], int] = {}
    bodies: dict[tuple[Kind, str], dict[str, object]] = {}
    for entry in told:
        kind, _, verb = entry.event.name.value.partition(":")
        data = entry.event.data
        if kind not in MODELS or not isinstance(data.get("id"), str):
            continue
        key = (Kind(kind), data["id"])
        if verb == "deleted":
            revisions[key] = _DELETED
        elif type(data.get("revision")) is int:
            revisions[key], bodies[key] = data["revision"], data
    for key, revision in recent.items():
        if revisions.get(key, 0) < (_DELETED if revision is None else revision):
            body = bodies.get(key)
            yield Missed(*key, None if body is None else MODELS[key[0]].model_validate(body))
