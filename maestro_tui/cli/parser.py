"""From argv to an invocation: which command, with which values.

Flags stand anywhere; `--` ends them; `--flag=value` works. A positional may be given by a
flag of its own name. With fewer words than arguments, the optional ones go without first.
"""

from __future__ import annotations

from maestro_tui.cli.diagnostics import Failure, nearest
from maestro_tui.cli.grammar import Argument, Command, Flag
from maestro_tui.cli.table import COMMANDS, GLOBAL_FLAGS, GROUPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Value = str | list[str] | bool

__all__ = ["Invocation", "find", "parse"]


class Invocation:
    """What was typed. command is None when only help or the version was asked for.

    topic: the words help is asked about.
    """

    def __init__(self, command: Command | None, values: dict[str, Value], topic: Sequence[str] = ()) -> None:
        self.command = command
        self.values = values
        self.topic = tuple(topic)

    def text(self, key: str) -> str | None:
        """The value of a flag or an argument; None when it was not given."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def texts(self, key: str) -> list[str]:
        """All values of one that may be repeated; commas separate too."""
        value = self.values.get(key, [])
        given = value if isinstance(value, list) else [value] if isinstance(value, str) else []
        return [part for word in given for part in (raw.strip() for raw in word.split(",")) if part]

    def words(self, key: str) -> list[str]:
        """All words of an argument that takes the rest, as they were typed."""
        value = self.values.get(key, [])
        return value if isinstance(value, list) else []

    def has(self, key: str) -> bool:
        """Whether a flag was given at all."""
        return key in self.values


def parse(argv: Sequence[str]) -> Invocation:
    """Raises Failure, with the nearest known words where something is unknown."""
    return _Parser(argv).parse()


def find(path: Sequence[str]) -> Command | None:
    """The command of a path, by its name or an alias."""
    wanted = " ".join(path)
    return next((command for command in COMMANDS if wanted == command.path or wanted in command.aliases), None)


class _Parser:
    def __init__(self, argv: Sequence[str]) -> None:
        self.rest = list(argv)
        self.path: list[str] = []
        self.command: Command | None = None
        self.values: dict[str, Value] = {}
        self.words: list[str] = []
        self.by_flag: dict[str, Argument] = {}
        self.flags: dict[str, Flag] = {}
        self._know(GLOBAL_FLAGS)

    def parse(self) -> Invocation:
        while self.rest:
            word = self.rest.pop(0)
            if word == "--":
                self._take_words(self.rest)
                break
            if _is_flag(word):
                self._take_flag(word)
            else:
                self._take_words([word])
        if self.values.get("help") or self.values.get("version") or not self.path:
            return Invocation(self.command, self.values, self.path)
        if self.path[0] == "help":
            return Invocation(None, {**self.values, "help": True}, [*self.path[1:], *self.words])
        if self.command is None:
            raise _incomplete(self.path)
        self._place_words(self.command)
        return Invocation(self.command, self.values)

    def _know(self, flags: Sequence[Flag]) -> None:
        self.flags.update((name, flag) for flag in flags for name in flag.names)

    def _take_words(self, words: Sequence[str]) -> None:
        for word in words:
            if self.command is not None or self.path[:1] == ["help"]:
                self.words.append(word)
            else:
                self._walk(word)

    def _walk(self, word: str) -> None:
        """One step further towards a command."""
        self.path.append(word)
        self.command = find(self.path)
        if self.command is not None:
            for argument in self.command.arguments:
                own = f"--{argument.key.replace('_', '-')}"
                self.by_flag.update(dict.fromkeys((own, *argument.also), argument))
            self._know(self.command.flags)
        elif self.path != ["help"] and not any(_continues(self.path, path) for path in _paths()):
            raise _unknown(self.path)

    def _take_flag(self, word: str) -> None:
        name, _, attached = word.partition("=")
        name = name.replace("_", "-") if name.startswith("--") else name
        value = attached if "=" in word else None
        if (flag := self.flags.get(name)) is not None:
            self._set(flag.key, name, value, switch=not flag.value, many=flag.many)
        elif (argument := self.by_flag.get(name)) is not None:
            self._set(argument.key, name, value, switch=False, many=argument.many)
        else:
            raise self._unknown_flag(name)

    def _set(self, key: str, name: str, value: str | None, *, switch: bool, many: bool) -> None:
        if switch:
            if value is not None:
                raise Failure("invalid_request", f"{name} takes no value", suggestion=f"leave out '={value}'")
            self.values[key] = True
            return
        value = self._next_value(name) if value is None else value
        if many:
            earlier = self.values.get(key)
            self.values[key] = [*(earlier if isinstance(earlier, list) else []), value]
        else:
            self.values[key] = value

    def _next_value(self, name: str) -> str:
        if self.rest and self.rest[0] not in self.flags and self.rest[0] not in self.by_flag:
            return self.rest.pop(0)
        suggestion = _help_line(self.command)
        raise Failure("missing_required_field", f"{name} needs a value", suggestion=suggestion)

    def _place_words(self, command: Command) -> None:
        """Give the words to the arguments: to required ones first, in order."""
        open_arguments = [argument for argument in command.arguments if argument.key not in self.values]
        spare = len(self.words) - sum(argument.required and not argument.flag_first for argument in open_arguments)
        words = list(self.words)
        for argument in open_arguments:
            if not argument.required and spare <= 0:
                continue
            if not words:
                raise _missing(command, argument)
            spare -= not argument.required
            if argument.many:
                self.values[argument.key], words = words, []
            else:
                self.values[argument.key] = words.pop(0)
        if words:
            raise _too_many(command, words)

    def _unknown_flag(self, name: str) -> Failure:
        known = [*self.flags, *self.by_flag]
        close = [flag for flag in nearest(name, known) if flag.startswith("--")]
        where = f"maestro {self.command.path}" if self.command else "maestro"
        message = f"{where} has no flag {name}"
        if close:
            message += f"; did you mean {' or '.join(close)}?"
        return Failure("invalid_request", message, suggestion=_help_line(self.command), details={"nearest": close})


def _is_flag(word: str) -> bool:
    """A text of several words is none, even when it begins like one: `- first, …`."""
    return word.startswith("-") and word != "-" and not any(part.isspace() for part in word.partition("=")[0])


def _paths() -> Iterator[tuple[str, ...]]:
    for command in COMMANDS:
        for path in (command.path, *command.aliases):
            yield tuple(path.split())


def _continues(path: Sequence[str], longer: Sequence[str]) -> bool:
    return len(longer) > len(path) and list(longer[: len(path)]) == list(path)


def _shown(group: str) -> list[str]:
    return [command.path for command in COMMANDS if command.path.startswith(f"{group} ") and not command.hidden]


def _help_line(command: Command | None) -> str:
    return f"maestro {command.path} --help" if command else "maestro --help"


def _unknown(path: Sequence[str]) -> Failure:
    typed = " ".join(path)
    known = [" ".join(candidate) for candidate in _paths() if not candidate[0].startswith("__")]
    if len(path) == 1:  # `task-list`, `create`: a group or a command may have been meant
        close = nearest(typed.replace("-", " "), [*known, *GROUPS])
        close += [candidate for candidate in known if candidate.split()[-1] == typed and candidate not in close]
    else:
        close = nearest(typed, known)
    message = f"There is no command 'maestro {typed}'"
    if close:
        message += f"; did you mean {' or '.join(f'maestro {word}' for word in close[:3])}?"
    suggestion = f"maestro {close[0]} --help" if close else "maestro commands"
    return Failure("unknown_command", message, suggestion=suggestion, details={"nearest": close[:3]})


def _incomplete(path: Sequence[str]) -> Failure:
    typed = " ".join(path)
    shown = _shown(typed)
    verbs = ", ".join(name.removeprefix(f"{typed} ") for name in shown)
    message = f"'maestro {typed}' needs one of: {verbs}"
    return Failure("unknown_command", message, suggestion=f"maestro {typed} --help", details={"nearest": shown})


def _missing(command: Command, argument: Argument) -> Failure:
    code = "missing_task_id" if argument.key == "task" else "missing_required_field"
    return Failure(code, f"{argument.label} is missing: {argument.help}", suggestion=command.usage)


def _too_many(command: Command, words: Sequence[str]) -> Failure:
    message = f"'{words[0]}' is one word too many for maestro {command.path}; quote a text of several words"
    return Failure("invalid_request", message, suggestion=command.usage)
