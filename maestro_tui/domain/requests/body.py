"""What a body is, and the types of the fields that several bodies have.

Every text passes the gate of `domain.text` on its way in. In an update a field may be
absent (leave it), null (clear it) or a value: `changes()` holds only what was given.
"""

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from maestro_tui.domain.ids import ID_PATTERN
from maestro_tui.domain.text import clean_line, clean_text

__all__ = [
    "Body",
    "Description",
    "Directory",
    "Fence",
    "Id",
    "Ids",
    "Line",
    "Message",
    "Name",
    "Summary",
    "Text",
    "Title",
    "Word",
    "on_strings",
]


def on_strings(function: Callable[[str], Any]) -> BeforeValidator:
    """Apply function to strings; whatever it cannot read goes on to the field's own check."""

    def apply(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return function(value)
        except ValueError:
            return value

    return BeforeValidator(apply)


def _placed(directory: str) -> str:
    """Who asks and who runs the agent stand in different places: a relative directory would mean neither's."""
    if directory and not directory.startswith(("/", "~/")) and directory != "~":
        raise ValueError("must be an absolute path, or begin with ~/")
    return directory


Line = Annotated[str, on_strings(clean_line)]
Text = Annotated[str, on_strings(clean_text)]

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
Ids = Annotated[tuple[Id, ...], Field(max_length=500)]
Name = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
Title = Annotated[Line, StringConstraints(min_length=1, max_length=500)]
Word = Annotated[Line, StringConstraints(min_length=1, max_length=100)]
Directory = Annotated[Line, StringConstraints(max_length=4096), AfterValidator(_placed)]
Summary = Annotated[Text, StringConstraints(max_length=2000)]
Message = Annotated[Text, StringConstraints(min_length=1, max_length=8192)]
Description = Annotated[Text, StringConstraints(max_length=65536)]
Fence = Annotated[int, Field(ge=0)]
"""The number of a claim; 0 for a session that nobody ever claimed."""


class Body(BaseModel):
    """A request's body: camelCase, strict, tolerant of keys it does not know."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="ignore",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )

    def changes(self) -> dict[str, Any]:
        """The fields that were given, by their Python names."""
        return {name: getattr(self, name) for name in self.model_fields_set}
