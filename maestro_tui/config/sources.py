"""Settings from their sources: defaults, `config.toml`, the environment, flags; the later wins.

A wrong value or an unknown key becomes a finding that names file and line; everything else
in the file still counts. Nothing here raises because of what a file says.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from maestro_tui.config.settings import Settings
from maestro_tui.config.toml_lines import decode_error_line, line_of
from maestro_tui.config.variables import ENVIRONMENT, KeyPath, parsed
from maestro_tui.domain.text import clean_text

__all__ = ["ConfigFinding", "LoadedSettings", "load_settings"]


@dataclass(frozen=True, slots=True)
class ConfigFinding:
    """Something in a source that does not count. line: from 1, where it is known."""

    source: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        return f"{place}: {self.message}"


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """Settings, what was wrong with their sources, and where each given value came from."""

    settings: Settings
    findings: tuple[ConfigFinding, ...] = ()
    origins: Mapping[KeyPath, str] = field(default_factory=dict)


def load_settings(
    config: Path, environ: Mapping[str, str] = os.environ, flags: Mapping[KeyPath, Any] | None = None
) -> LoadedSettings:
    """Read all sources. config: the path of `config.toml`, which need not exist."""
    text, values, findings = _read(config)
    origins: dict[KeyPath, str] = dict.fromkeys(_leaves(values), str(config))
    given = [(path, parsed(path, environ[name]), name) for name, path in ENVIRONMENT.items() if environ.get(name)]
    given += [(path, value, "flag") for path, value in (flags or {}).items() if value is not None]
    for path, value, origin in given:
        _put(values, path, value)
        origins[path] = origin
    settings, refused = _validate(values)
    for path, message in refused:
        origin = origins.pop(path, str(config))
        line = line_of(text, path) if origin == str(config) else None
        findings.append(ConfigFinding(origin, f"{'.'.join(path)}: {message}", line))
    return LoadedSettings(settings, tuple(findings), origins)


def _read(config: Path) -> tuple[str, dict[str, Any], list[ConfigFinding]]:
    try:
        text = config.read_text(encoding="utf-8")
        return text, tomllib.loads(text), []
    except FileNotFoundError:
        return "", {}, []
    except tomllib.TOMLDecodeError as error:
        return "", {}, [ConfigFinding(str(config), clean_text(str(error)), decode_error_line(error))]
    except (OSError, UnicodeDecodeError) as error:
        return "", {}, [ConfigFinding(str(config), clean_text(str(error)))]


def _validate(values: dict[str, Any]) -> tuple[Settings, list[tuple[KeyPath, str]]]:
    """Settings from the values that are right, and a message for each that is not."""
    refused: list[tuple[KeyPath, str]] = []
    while True:
        try:
            return Settings.model_validate(values), refused
        except ValidationError as error:
            gone: set[KeyPath] = set()
            for problem in error.errors():
                location = tuple(str(part) for part in problem["loc"])
                if any(location[: len(path)] == path for path in gone):
                    continue  # a second fault of a value that is out already
                if (path := _remove(values, location)) is not None:
                    gone.add(path)
                    refused.append((path, _sentence(problem["type"], problem["msg"], path)))


def _sentence(kind: str, message: str, path: KeyPath) -> str:
    if kind != "extra_forbidden":
        return message[0].lower() + message[1:]
    known = _known_keys(path[:-1])
    near = difflib.get_close_matches(path[-1], known, n=1)
    return "unknown key" + (f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(known)}")


def _known_keys(table: KeyPath) -> list[str]:
    model: type[BaseModel] = Settings
    for part in table:
        found = next((f for f in model.model_fields.values() if f.alias == part), None)
        inner = found.annotation if found else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return [f.alias or name for name, f in model.model_fields.items()]


def _remove(values: dict[str, Any], location: Sequence[str]) -> KeyPath | None:
    """Take the deepest table entry on the way to location out; None when it is gone already."""
    table, path = values, []
    for part in location:
        path.append(part)
        inner = table.get(part)
        if isinstance(inner, dict) and len(path) < len(location) and location[len(path)] in inner:
            table = inner
            continue
        if part not in table:
            return None
        del table[part]
        return tuple(path)
    return None


def _put(values: dict[str, Any], path: KeyPath, value: Any) -> None:
    for part in path[:-1]:
        inner = values.get(part)
        if not isinstance(inner, dict):
            inner = values[part] = {}
        values = inner
    values[path[-1]] = value


def _leaves(values: Mapping[str, Any], prefix: KeyPath = ()) -> Iterator[KeyPath]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*prefix, key))
        else:
            yield (*prefix, key)
