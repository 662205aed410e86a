"""The `maestro` command: parse, do, print, end with a code that says how it went."""

from __future__ import annotations

import gc
import os
import sys

from maestro_tui.cli.diagnostics import Exit, Failure
from maestro_tui.cli.output import Output, Result
from maestro_tui.cli.parser import Invocation, parse
from maestro_tui.environment import TRACEPARENT, TRACES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn

__all__ = ["main", "run"]

YOUNG_OBJECTS = 50_000
YES = ("1", "true", "yes", "on")


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run and exit. What the streams' encoding cannot hold is printed as an escape, never as a failure."""
    # A command lives for milliseconds: most of what the collector would look for is still in use.
    gc.set_threshold(YOUNG_OBJECTS)
    _prepare_streams()
    code = run(sys.argv[1:] if argv is None else argv, os.environ)
    sys.stderr.flush()
    # The interpreter's own way out takes all modules apart, a tenth of a whole command.
    os._exit(code)


def run(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Do what argv says and return the exit code. Prints to sys.stdout and sys.stderr, and flushes both."""
    try:
        return _attempt(argv, environ)
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return _reader_has_gone()
    except OSError as error:  # the answer could not be written: a full disk, a closed terminal
        sys.stderr.write(f"error: the answer cannot be written: {error.strerror}\n")
        return Exit.INVALID


def _attempt(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    output = Output(json="--json" in argv, environ=environ)
    try:
        invocation = parse(argv)
        output = Output(
            json=invocation.has("json"),
            jsonl=invocation.has("jsonl"),
            quiet=invocation.has("quiet"),
            full=any(invocation.has(name) for name in ("full", "limit", "tail", "since")),
            environ=environ,
        )
        return _answer(invocation, environ, output)
    except Failure as failure:
        output.failure(failure)
        return failure.exit_code
    except BrokenPipeError:
        raise
    except Exception as error:
        if environ.get("MAESTRO_DEBUG"):
            sys.excepthook(type(error), error, error.__traceback__)
        output.failure(_unexpected(error))
        return Exit.INVALID
    finally:
        output.flush()


def _answer(invocation: Invocation, environ: Mapping[str, str], output: Output) -> int:
    if invocation.has("help") or (invocation.command is None and not invocation.has("version")):
        from maestro_tui.cli.help import help_for

        text = help_for(invocation.topic)
        output.result(Result({"help": text}, [text], [text], is_whole=True))
        return Exit.DONE
    if invocation.command is None:
        from maestro_tui.cli.commands.version import version

        output.result(version())
        return Exit.DONE
    traced = environ.get(TRACES, "").lower() in YES
    result = (_run_traced if traced else _run_command)(invocation, environ, output)
    if result is None or (invocation.command.silent and not output.json):
        return Exit.DONE
    output.result(result)
    return result.exit_code


def _run_traced(invocation: Invocation, environ: Mapping[str, str], output: Output) -> Result | None:
    """The same as a span, which the requests of the command are part of."""
    from maestro_tui.telemetry import tracing

    if sys.flags.no_site:  # a pane's command starts without the directory that OpenTelemetry is in
        import site

        site.main()
    assert invocation.command is not None
    with (
        tracing.exporting("maestro", wanted=True, at_once=True),
        tracing.span(f"maestro {invocation.command.path}", parent=environ.get(TRACEPARENT), kind="client"),
    ):
        return _run_command(invocation, {**environ, TRACEPARENT: tracing.current() or ""}, output)


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
        if output.json:
            output.failure(failure)
        return None
    finally:
        call.close()


def _prepare_streams() -> None:
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # started with the descriptor closed
            setattr(sys, name, open(os.devnull, "w"))  # noqa: PTH123, SIM115 - pathlib is not worth its price here
        else:
            stream.reconfigure(errors="backslashreplace")


def _reader_has_gone() -> int:
    """Whoever read our output has closed the pipe: stop without a word, as other filters do."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + 13


def _unexpected(error: Exception) -> Failure:
    message = f"This should not have happened: {type(error).__name__}: {error}"
    return Failure(
        "invalid_request", message, suggestion="run it again with MAESTRO_DEBUG=true and report the trace"
    )
