"""The man pages of both commands, written from what the commands themselves are made of.

    python -m tools.manpages          writes man/maestro.1 and man/maestro-tui.1

Nothing of a page is typed by hand, and a test compares the pages with what this would write.
"""

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path

from maestro_tui.cli.diagnostics import EXIT_CODES
from maestro_tui.cli.grammar import Command, Flag
from maestro_tui.cli.table import COMMANDS, GLOBAL_FLAGS, GROUPS
from maestro_tui.main import command_line
from maestro_tui.version import __version__

__all__ = ["PAGES", "main"]

DIRECTORY = Path(__file__).resolve().parents[1] / "man"
FILES = (
    ("~/.maestro/config.toml", "settings; MAESTRO_HOME names another directory than ~/.maestro"),
    ("~/.maestro/data", "the documents, as JSON"),
    ("~/.maestro/server.json", "where the running server is, and its owner's token"),
    ("~/.maestro/logs", "what the programs have to say"),
)


def main() -> None:
    DIRECTORY.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (DIRECTORY / name).write_text(page(), encoding="utf-8")


def maestro_page() -> str:
    """maestro(1), from the command table."""
    lines = [*_head("maestro", "tasks, sessions and reports for people and agents")]
    lines += [".SH SYNOPSIS", ".B maestro", r"\fICOMMAND\fR [\fIarguments\fR] [\fIflags\fR]"]
    lines += [
        ".SH DESCRIPTION",
        "Agents and people speak to a running maestro with it. In a pane it knows its session,",
    ]
    lines += ["its project and its tasks, and arguments in brackets may be left out."]
    singles = [command for command in _shown() if command.path.split()[0] not in GROUPS]
    for group, summary in GROUPS.items():
        own = [command for command in _shown() if command.path.split()[0] == group]
        lines += [f".SH {_text(group.upper())} COMMANDS", f"{_text(summary)}.", *_commands(own)] if own else []
    lines += [".SH OTHER COMMANDS", *_commands(singles)]
    lines += [".SH FLAGS OF EVERY COMMAND", *_flags(GLOBAL_FLAGS)]
    lines += [".SH EXIT STATUS", *_exit_status()]
    return "\n".join((*lines, *_tail("maestro-tui(1)"))) + "\n"


def maestro_tui_page() -> str:
    """maestro-tui(1), from the parser of its command line."""
    parser = command_line()
    lines = [*_head("maestro-tui", "the terminal cockpit for people who run several AI coding agents at once")]
    lines += [".SH SYNOPSIS", ".B maestro-tui", r"[\fICOMMAND\fR] [\fIoptions\fR]"]
    lines += [
        ".SH DESCRIPTION",
        "Without a command it is the cockpit: projects and tasks beside the terminals of the agents",
    ]
    lines += ["that work on them, over a server of its own or the one that runs already."]
    lines += [".SH OPTIONS", *_options(parser)]
    lines += [".SH COMMANDS"]
    for path, about, inner in _parsers(parser, ""):
        lines += [f".SS {_text(path)}", f"{_text(about[:1].upper() + about[1:])}.", *_options(inner)]
    return "\n".join((*lines, *_tail("maestro(1)"))) + "\n"


PAGES = {"maestro.1": maestro_page, "maestro-tui.1": maestro_tui_page}
"""What writes each page, by its file's name."""


def _shown() -> Iterator[Command]:
    return (command for command in COMMANDS if not command.hidden)


def _commands(commands: Iterable[Command]) -> Iterator[str]:
    for command in commands:
        yield f".SS {_text(command.usage)}"
        yield f"{_text(command.summary[:1].upper() + command.summary[1:])}."
        yield from (_text(line) for line in command.details.split("\n") if line)
        if command.aliases:
            yield f"Also {_text(', '.join(f'maestro {alias}' for alias in command.aliases))}."
        for argument in command.arguments:
            yield from (".TP", rf"\fI{_text(argument.label)}\fR", _text(argument.help))
        yield from _flags(command.flags)
        for example in command.examples:
            yield from (".PP", ".EX", _text(example), ".EE")


def _flags(flags: Iterable[Flag]) -> Iterator[str]:
    for flag in flags:
        if not flag.hidden:
            names = ", ".join(rf"\fB{_text(name)}\fR" for name in flag.names)
            yield from (".TP", names + (rf" \fI{_text(flag.value)}\fR" if flag.value else ""), _text(flag.help))


def _exit_status() -> Iterator[str]:
    yield from (".TP", "0", "done")
    for code in sorted(set(EXIT_CODES.values())):
        names = ", ".join(name.replace("_", " ") for name, number in EXIT_CODES.items() if number == code)
        yield from (".TP", str(code), _text(names))
    yield from (".TP", "130", "interrupted")


def _parsers(parser: argparse.ArgumentParser, path: str) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Every command below a parser that can be given, with what it does."""
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        about = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for name, inner in action.choices.items():
            whole = f"{path} {name}".strip()
            if not any(isinstance(own, argparse._SubParsersAction) for own in inner._actions):
                yield whole, about.get(name, ""), inner
            yield from _parsers(inner, whole)


def _options(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction) or action.help == argparse.SUPPRESS:
            continue
        value = "" if action.nargs == 0 else rf"\fI{_text(str(action.metavar or action.dest.upper()))}\fR"
        names = ", ".join(rf"\fB{_text(name)}\fR" for name in action.option_strings)
        yield from (".TP", f"{names} {value}".strip(), _text(str(action.help or "")) % {"default": action.default})


def _head(name: str, about: str) -> Iterator[str]:
    yield f'.TH {name.upper()} 1 "" "maestro-tui {__version__}" "User Commands"'
    yield from (".SH NAME", rf"{_text(name)} \- {_text(about)}")


def _tail(other: str) -> Iterator[str]:
    yield ".SH FILES"
    for path, about in FILES:
        yield from (".TP", rf"\fI{_text(path)}\fR", _text(about))
    yield from (".SH SEE ALSO", _text(other))


def _text(text: str) -> str:
    """A text that troff prints as it is, in ASCII alone: not every formatter reads UTF-8."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq").replace("`", r"\(ga")
    escaped = escaped.replace("~", r"\(ti").replace("^", r"\(ha")
    escaped = "".join(letter if letter.isascii() else rf"\[u{ord(letter):04X}]" for letter in escaped)
    return rf"\&{escaped}" if escaped.startswith(".") else escaped


if __name__ == "__main__":
    main()
