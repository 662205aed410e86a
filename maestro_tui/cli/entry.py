"""The `maestro` command: parse, do, print, end with a code that says how it went."""

from __future__ import annotations

import os
import sys

from maestro_tui.cli.diagnostics import Exit, Failure
from maestro_tui.cli.output import Output
from maestro_tui.cli.parser import Invocation, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

    from maestro_tui.cli.output import Result

__all__ = ["main", "run"]


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run and exit."""
    sys.exit(run(sys.argv[1:] if argv is None else argv, os.environ))


def run(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what argv says and return the exit code. Prints to sys.stdout and sys.stderr."""
    output = Output(json="--json" in argv, environ=environ)
    try:
        invocation = parse(argv)
        output = Output(
            json=invocation.has("json"),
            jsonl=invocation.has("jsonl"),
            quiet=invocation.has("quiet"),
            environ=environ,
        )
        return _answer(invocation, environ, output)
    except Failure as failure:
        output.failure(failure)
        return failure.exit_code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return _reader_has_gone()
    except Exception as error:
        if environ.get("MAESTRO_DEBUG"):
            raise
        output.failure(_unexpected(error))
        return Exit.INVALID


def _answer(invocation: Invocation, environ: Mapping[str, str], output: Output) -> int:
    if invocation.has("help") or (invocation.command is None and not invocation.has("version")):
        from maestro_tui.cli.help import help_for

        output.lines([help_for(invocation.topic)])
        output.flush()
        return Exit.DONE
    if invocation.command is None:
        from maestro_tui.version import __version__

        output.lines([f"maestro {__version__}"])
        output.flush()
        return Exit.DONE
    result = _run_command(invocation, environ, output)
    if result is None:
        return Exit.DONE
    output.result(result)
    output.flush()
    return result.exit_code


def _run_command(invocation: Invocation, environ: Mapping[str, str], output: Output) -> Result | None:
    """The command's result; None from one that has printed all it had to say, or stays silent."""
    from importlib import import_module

    from maestro_tui.cli.call import Call

    assert invocation.command is not None
    module, _, function = invocation.command.handler.partition(":")
    call = Call(invocation, environ, output)
    try:
        handler = getattr(import_module(f"maestro_tui.cli.commands.{module}"), function)
        result: Result | None = handler(call)
        return result
    except Failure as failure:
        if not invocation.command.silent:
            raise
        call.debug(f"{invocation.command.path}: {failure.message}")
        return None
    finally:
        call.close()


def _reader_has_gone() -> int:
    """Whoever read our output has closed the pipe: stop without a word, as other filters do."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + 13


def _unexpected(error: Exception) -> Failure:
    message = f"This should not have happened: {type(error).__name__}: {error}"
    return Failure(
        "invalid_request", message, suggestion="run it again with MAESTRO_DEBUG=true and report the trace"
    )
