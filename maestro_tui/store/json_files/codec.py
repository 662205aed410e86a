"""A document as bytes: readable, indented JSON with a line feed at the end.

Decoding is strict where a lenient reader would lose or invent data (NaN, byte order marks,
trailing bytes), upgrades documents of earlier versions, and keeps every field it does not
know. A document of a later version is read as far as it can be and marked as foreign.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import orjson
from pydantic import ValidationError

from maestro_tui.domain.document import SCHEMA_VERSION, Document
from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.project import Project
from maestro_tui.domain.refusals import in_words
from maestro_tui.domain.session import Session
from maestro_tui.domain.task import Task
from maestro_tui.store.json_files.layout import DocumentKey, Kind
from maestro_tui.store.json_files.upgrades import UPGRADES

__all__ = ["MODELS", "Damaged", "Decoded", "Entity", "decode", "decode_trusted", "encode"]

Entity = Project | Task | Session
MODELS: Mapping[Kind, type[Project] | type[Task] | type[Session]] = {
    Kind.PROJECT: Project,
    Kind.TASK: Task,
    Kind.SESSION: Session,
}
_READABLE = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_DERIVED: Mapping[Kind, str] = {Kind.TASK: "sessionIds"}


class Damaged(ValueError):
    """The bytes are no document of the kind and id their path promises. The message says why, for a person.

    torn: they look like a part of something, as a file does while an editor writes it.
    """

    def __init__(self, message: str, *, torn: bool = False) -> None:
        super().__init__(message)
        self.torn = torn


class Decoded(NamedTuple):
    """entity; foreign: written by a later version of this program, so it must not be rewritten.

    current: `decode_trusted` understands the bytes as they are: nothing was upgraded or left out.
    """

    entity: Entity
    foreign: bool
    current: bool


def encode(kind: Kind, entity: Document) -> bytes:
    """The file's content. Raises Invalid when a value cannot be written as JSON."""
    data = entity.to_wire()
    if derived := _DERIVED.get(kind):
        data.pop(derived, None)
    try:
        return orjson.dumps(data, option=_READABLE)
    except TypeError as error:
        raise Invalid(f"{kind.capitalize()} '{entity.id}' cannot be written as JSON: {error}") from error


def decode(key: DocumentKey, content: bytes) -> Decoded:
    """The document in content, which was found where key says. Raises Damaged."""
    data = _parse(content)
    version = data.get("schemaVersion", 0)
    if type(version) is not int or version < 0:
        raise Damaged("schemaVersion must be a whole number")
    current = version == SCHEMA_VERSION and _DERIVED.get(key.kind) not in data
    entity = _validate(key.kind, _upgraded(key.kind, data, version))
    _check_place(key, entity)
    return Decoded(entity, version > SCHEMA_VERSION, current)


def decode_trusted(kind: Kind, content: bytes) -> Entity:
    """A document in bytes that `encode` made, or in those of a file that is `current`."""
    return MODELS[kind].model_validate_json(content)


def _parse(content: bytes) -> dict[str, Any]:
    if not content.strip():
        raise Damaged("the file is empty", torn=True)
    try:
        data = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Damaged(
            f"not valid JSON at line {error.lineno}, column {error.colno}: {error.msg}", torn=True
        ) from error
    if not isinstance(data, dict):
        raise Damaged("must hold one JSON object")
    return data


def _upgraded(kind: Kind, data: dict[str, Any], version: int) -> dict[str, Any]:
    for step in range(version, SCHEMA_VERSION):
        upgrade: Callable[[dict[str, Any]], dict[str, Any]] = UPGRADES[step][kind]
        data = upgrade(data) | {"schemaVersion": step + 1}
    return data


def _validate(kind: Kind, data: dict[str, Any]) -> Entity:
    if derived := _DERIVED.get(kind):
        data.pop(derived, None)
    try:
        return MODELS[kind].model_validate(data)
    except ValidationError as error:
        raise Damaged(in_words(error, of="document")) from error


def _check_place(key: DocumentKey, entity: Entity) -> None:
    if entity.id != key.id:
        raise Damaged(f"id is '{entity.id}', but the file is named for '{key.id}'; one of them must change")
    if isinstance(entity, Task) and entity.project_id != key.project_id:
        raise Damaged(
            f"projectId is '{entity.project_id}', but the file lies in the directory of '{key.project_id}'"
        )
