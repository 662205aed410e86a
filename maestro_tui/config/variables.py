"""Every key that holds one value, and the environment variable that sets it for one start.

The name is `MAESTRO_` and the words of the key: `spawn.maxLive` is `MAESTRO_SPAWN_MAX_LIVE`.
Four that are used every day are shorter.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from maestro_tui.config.settings import Settings

__all__ = ["ENVIRONMENT", "KEYS", "KeyPath", "example", "key_path", "parsed"]

KeyPath = tuple[str, ...]

_SHORT: Mapping[KeyPath, str] = {
    ("agent",): "MAESTRO_AGENT",
    ("server", "port"): "MAESTRO_PORT",
    ("ui", "prefix"): "MAESTRO_PREFIX",
    ("ui", "theme"): "MAESTRO_THEME",
}
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _leaves(model: type[BaseModel], prefix: KeyPath = ()) -> Iterator[tuple[KeyPath, FieldInfo]]:
    for name, field in model.model_fields.items():
        path = (*prefix, field.alias or name)
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _leaves(field.annotation, path)
        elif get_origin(field.annotation) is not dict:
            yield path, field


KEYS: Mapping[KeyPath, FieldInfo] = dict(_leaves(Settings))
"""All but the tables that are open: `agents` and `keys`."""


def _variable(path: KeyPath) -> str:
    return _SHORT.get(path) or "_".join(["MAESTRO", *(_HUMP.sub("_", word).upper() for word in path)])


ENVIRONMENT: Mapping[str, KeyPath] = {_variable(path): path for path in KEYS}
"""Variable to key."""


_OTHERS: Mapping[str, tuple[str, str]] = {
    "MAESTRO_HOME": ("~/.maestro", "Where everything is kept."),
    "DATA_DIR": ("", "The documents; by default data in the home."),
    "SESSION_DIR": ("", "The directories of sessions; by default sessions in the home."),
    "SKILLS_DIR": ("~/.agents-ui/maestro-skills", "A skill library shared with other tools."),
    "MAESTRO_OWNER_TOKEN": ("", "The owner's token, at least 32 characters; by default a new one at every start."),
    "MAESTRO_RETRIES": ("3", "The maestro command: how often a request is tried again."),
    "MAESTRO_RETRY_DELAY": ("1000", "The maestro command: the first delay at most, in milliseconds."),
    "MAESTRO_DEBUG": ("", "The maestro command: true explains each attempt."),
    "NO_COLOR": ("", "The maestro command: anything switches colours off."),
}
"""Variables that set no key, their default and meaning."""


def example() -> str:
    """An environment file with every variable a person may set, each with its default and switched off."""
    rows = [(name, default, text) for name, (default, text) in _OTHERS.items()]
    rows += [(name, _written(KEYS[path]), KEYS[path].description or "") for name, path in ENVIRONMENT.items()]
    return _HEAD + "\n".join(f"# {text}\n#{name}={default}\n" for name, default, text in rows)


_HEAD = """\
# Every variable of maestro-tui, with its default. Take away the # in front of those to change.
# A flag wins over a variable, a variable over config.toml: maestro-tui config show --origin

"""


def _written(field: FieldInfo) -> str:
    default = field.default
    if default is None:
        return ""
    if isinstance(default, tuple):
        return ",".join(map(str, default))
    return str(default).lower() if isinstance(default, bool) else str(default)


def parsed(path: KeyPath, text: str) -> Any:
    """A value given as text: a list's parts stand between commas, all else is for the settings to read."""
    annotation = KEYS[path].annotation if path in KEYS else None
    kinds = (annotation, *get_args(annotation))
    if any(get_origin(kind) is tuple for kind in kinds):
        return [part for part in (one.strip() for one in text.split(",")) if part]
    return text


def key_path(dotted: str) -> KeyPath:
    """`server.port` as a path. Only the first dots count where the rest is a name: `keys."task.new"`."""
    head, _, rest = dotted.partition(".")
    return (head, rest.strip('"')) if head == "keys" else tuple(dotted.split("."))
