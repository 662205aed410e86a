"""The commands that read what sessions have written, as data: a part of the table."""

from __future__ import annotations

from maestro_tui.cli.grammar import Argument, Command, Flag

__all__ = ["OWN_SESSION", "RECORDING_COMMANDS"]

OWN_SESSION = Argument(
    "session",
    "the session; by default MAESTRO_SESSION_ID",
    also=("--id", "--session"),
    required=False,
    offers="session",
)

RECORDING_COMMANDS = (
    Command(
        "session logs",
        "output:logs",
        "the recorded output of a session, as text; of several, one after the other",
        Argument(
            "session",
            "the sessions; by default MAESTRO_SESSION_ID",
            also=("--id", "--session", "--sessions"),
            required=False,
            many=True,
            offers="session",
        ),
        flags=(
            Flag("--children --my-workers", "of the live sessions that yours started"),
            Flag("--tail --last", "the last lines; 200 unless told otherwise, 0 for all", value="N"),
            Flag("--since", "from this byte on, as --json names it in `end`", value="OFFSET"),
            Flag("--follow -f", "go on as it is written, until the session ends"),
            Flag("--raw", "the bytes as they were written, escape sequences included"),
        ),
        examples=("maestro session logs SESSION --tail 60", "maestro session logs --children --tail 20"),
    ),
    Command(
        "session export",
        "export:export",
        "write the recording of a session into a file",
        OWN_SESSION,
        flags=(
            Flag("--format", "asciicast, which asciinema plays, or text", value="FORMAT", offers="asciicast text"),
            Flag("--output -o", "where to; standard output unless told otherwise", value="PATH"),
            Flag("--since", "from this byte of its output on", value="OFFSET"),
        ),
        examples=("maestro session export SESSION -o session.cast", "asciinema play session.cast"),
    ),
)
