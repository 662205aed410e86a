"""The base of everything that travels: camelCase outside, snake_case inside, frozen."""

from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

__all__ = ["Document", "Part", "evolve"]

SCHEMA_VERSION = 1

M = TypeVar("M", bound="Part")


class Part(BaseModel):
    """A frozen value that is written in camelCase and keeps the fields it does not know."""

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
    )

    def to_wire(self) -> dict[str, Any]:
        """The value as JSON-ready data, camelCase."""
        return self.model_dump(mode="json")


class Document(Part):
    """A document: has an id, a revision that grows by one with every save, and two times (Unix ms)."""

    id: str
    revision: int = 1
    schema_version: int = SCHEMA_VERSION
    created_at: int
    updated_at: int


def evolve(value: M, **changes: Any) -> M:
    """A copy of value with changes, which must already be of the fields' types."""
    return value.model_copy(update=changes)
