"""What a model refuses, in words that say what would be right."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from maestro_tui.domain.errors import Invalid

__all__ = ["in_words", "invalid"]

MOST_DETAILS = 20


def invalid(error: ValidationError) -> Invalid:
    """What a model refused, as one sentence and a detail per field."""
    details = [
        {"path": _path(entry), "message": _sentence(dict(entry))}
        for entry in error.errors(include_url=False)[:MOST_DETAILS]
    ]
    return Invalid(in_words(error), details=details)


def in_words(error: ValidationError, *, of: str = "body") -> str:
    """The first thing a model refused, and how many more there are. of: what to call the whole."""
    first, others = error.errors(include_url=False)[0], error.error_count() - 1
    more = f" (and {others} more)" if others else ""
    return f"{_path(first) or of}: {_sentence(dict(first))}{more}"


def _path(entry: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in entry["loc"])


def _sentence(entry: dict[str, Any]) -> str:
    kind: str = entry["type"]
    context: dict[str, Any] = entry.get("ctx", {})
    match kind:
        case "missing":
            return "is required"
        case "string_type":
            return "must be a string"
        case "int_type" | "int_from_float":
            return "must be a whole number"
        case "bool_type":
            return "must be true or false"
        case "tuple_type" | "list_type":
            return "must be an array"
        case "dict_type" | "model_type" | "model_attributes_type":
            return "must be an object"
        case "enum" | "literal_error":
            return f"must be {context['expected']}"
        case "string_too_short" | "too_short":
            least = context["min_length"]
            return "must not be empty" if least == 1 else f"is shorter than {least}"
        case "string_too_long" | "too_long":
            unit = "characters" if isinstance(entry["input"], str) else "entries"
            return f"must be at most {context['max_length']} {unit}"
        case "string_pattern_mismatch":
            return "must be 1 to 128 letters, digits, '-' or '_'"
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case _:
            return str(entry["msg"]).removeprefix("Value error, ")
