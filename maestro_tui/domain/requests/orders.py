"""Bodies of orders to a running session, and of the answer of the runner that holds it."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from maestro_tui.domain.requests.body import Body, Fence, Text

__all__ = ["AnswerOrder", "SendInput", "StopSession"]

LARGEST_INPUT = 65536

Key = Annotated[str, StringConstraints(pattern=r"^((ctrl|alt|shift|meta|super)\+)*([a-z0-9_]{1,40}|[!-~])$")]


def _typable(text: str) -> str:
    if len(text.encode("utf-8", "replace")) > LARGEST_INPUT:
        raise ValueError(f"must be at most {LARGEST_INPUT} bytes")
    if "\0" in text:
        raise ValueError("must not contain NUL")
    return text


class SendInput(Body):
    """What is typed into a session: text, then keys, then Enter.

    text passes no gate, because a terminal is what it is for. keys: `escape`, `up`, `ctrl+c`, `y`.
    """

    text: Annotated[str, AfterValidator(_typable)] = ""
    keys: Annotated[tuple[Key, ...], Field(max_length=100)] = ()
    enter: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.text or self.keys or self.enter):
            raise ValueError("one of text, keys and enter is required")
        return self


class StopSession(Body):
    """Ends a session: HUP, TERM and KILL with time between; asked again, the next of them at once."""

    reason: Annotated[Text, StringConstraints(max_length=2000)] = ""


class AnswerOrder(Body):
    """What became of an order. error: why it could not be done, as a sentence for whoever gave it."""

    fence: Fence
    done: bool
    error: Annotated[Text, StringConstraints(max_length=2000)] = ""
