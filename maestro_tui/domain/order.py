"""Orders: what somebody asks of a running session, on its way to the runner that holds it."""

from enum import StrEnum

from maestro_tui.domain.document import Part

__all__ = ["Order", "OrderKind"]


class OrderKind(StrEnum):
    INPUT = "input"
    STOP = "stop"


class Order(Part):
    """One thing a runner is to do with a session, once; it may be told of it more often.

    fence: the session's when the order was given; the runner's answer carries it. text, keys,
    enter: what an input types, in this order. expires_at: Unix ms after which it must not be
    begun any more; None for one that waits as long as the session lives.
    """

    order_id: str
    session_id: str
    fence: int
    kind: OrderKind
    text: str = ""
    keys: tuple[str, ...] = ()
    enter: bool = False
    expires_at: int | None = None
