"""Names that tell things of one kind apart."""

from collections.abc import Collection

__all__ = ["free_name"]


def free_name(wanted: str, taken: Collection[str], longest: int) -> str:
    """The name, in at most so many characters; with a number behind it where it is taken: `Checkout 2`."""
    name, number = wanted[:longest].strip(), 2
    while name in taken:
        tail = f" {number}"
        name, number = wanted[: longest - len(tail)].strip() + tail, number + 1
    return name
