"""How an error looks on screen: what went wrong and what to do next, never a traceback."""

from textual.content import Content

from maestro_tui.domain.errors import MaestroError
from maestro_tui.tui.text import line

__all__ = ["PROBLEMS", "explain", "sentence"]

PROBLEMS = (MaestroError, OSError, TimeoutError)
"""What a command to the server may fail with."""


def sentence(error: BaseException) -> str:
    """An error and its suggestion on one line."""
    message, suggestion = _parts(error)
    return f"{message} → {suggestion}" if suggestion else message


def explain(error: BaseException) -> Content:
    """An error in the colour of errors, its suggestion quietly below."""
    message, suggestion = _parts(error)
    text = line(message, "$error")
    return Content("\n").join([text, line(suggestion, "$muted")]) if suggestion else text


def _parts(error: BaseException) -> tuple[str, str]:
    if isinstance(error, MaestroError):
        return error.message, error.suggestion or ""
    if isinstance(error, TimeoutError):
        return "the server did not answer in time", "try again; what was typed is still here"
    return str(error) or type(error).__name__, ""
