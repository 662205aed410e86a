"""What `maestro-tui attach` understands; imported whichever command is meant."""

import argparse

from maestro_tui.attach.keys import DEFAULT_KEY

__all__ = ["add_arguments"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command understands."""
    parser.add_argument("session", metavar="SESSION", help="a session's id, or the beginning of one")
    parser.add_argument(
        "--detach-key",
        default=DEFAULT_KEY,
        metavar="KEY",
        help=f"leaves the session running (default {DEFAULT_KEY})",
    )
    parser.add_argument("--replay", action="store_true", help="play what is recorded, with its times")
    parser.add_argument(
        "--since", type=int, metavar="OFFSET", help="with --replay: from this byte of its output on"
    )
    parser.add_argument(
        "--speed", type=float, default=1.0, help="with --replay: how many times as fast (default 1)"
    )
