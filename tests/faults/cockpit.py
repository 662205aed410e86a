"""A cockpit without a screen that gives numbered commands until it is killed.

Arguments: the home, the address it knew last, its token, the project, the first number, and
`give` or `drain`. Lines on stdout, flushed: `given <number>` once a command was carried out or
is safely queued, `refused <message>`, and `drained` when nothing waits any more.
"""

import asyncio
import sys
from pathlib import Path

from maestro_tui.backoff import full_jitter
from maestro_tui.client.address import discovered
from maestro_tui.client.events import Timing
from maestro_tui.client.feed import Feed
from maestro_tui.paths import Home


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def main() -> None:
    root, url, token, project, first, verb = sys.argv[1:]
    home = Home.from_environment({"HOME": root, "MAESTRO_HOME": str(Path(root) / ".maestro")})
    feed = Feed(
        url,
        token,
        state=home.state,
        locate=discovered(home),
        delays=lambda: full_jitter(base=0.05, cap=0.3),
        timing=Timing(look=0.05),
    )
    feed.watch_refusals(lambda refusal: say(f"refused {refusal.message}"))
    async with feed:
        if verb == "drain":
            await feed.until(lambda feed: feed.connection.is_online and not feed.outbox.commands, 30)
            say("drained")
            return
        number = int(first)
        while True:
            body = {"projectId": project, "title": str(number)}
            await feed.submit("POST", "/api/tasks", body, label=f"create {number}")
            say(f"given {number}")
            number += 1
            await asyncio.sleep(0.02)  # as fast as a person with a script


asyncio.run(main())
