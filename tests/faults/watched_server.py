"""A server on files that tells at each durable step where it is: the moments at which a crash hurts.

As a program it kills itself with SIGKILL at one of these steps, or shortly after. Arguments:
the home, the number of the step, and the seconds to wait then. It prints its port when ready.
"""

import asyncio
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from maestro_tui.config.settings import Settings
from maestro_tui.paths import Home
from maestro_tui.server.app import create_app
from maestro_tui.server.dependencies import Dependencies
from maestro_tui.server.owner import OwnerToken
from maestro_tui.services.clock import wall_clock
from maestro_tui.services.idempotency import Answer
from maestro_tui.services.locks import finish_writes
from maestro_tui.services.wiring import build_services
from maestro_tui.skills.loader import SkillLibrary
from maestro_tui.store.json_files.idempotency import SqliteIdempotency
from maestro_tui.store.json_files.store import JsonFileStore
from maestro_tui.store.opening import open_history

TOKEN = "t" * 43
Step = Callable[[str], None]


class Watched:
    """Whatever it stands for, calling step before and after each of the named coroutines."""

    def __init__(self, inner: Any, step: Step, *names: str, **replaced: Any) -> None:
        self._inner, self._step, self._names, self._replaced = inner, step, names, replaced

    def __getattr__(self, name: str) -> Any:
        if name in self._replaced:
            return self._replaced[name]
        found = getattr(self._inner, name)
        return self._around(name, found) if name in self._names else found

    def _around(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        async def watched(*values: Any, **named: Any) -> Any:
            self._step(f"before {name}")
            result = await work(*values, **named)
            self._step(f"after {name}")
            return result

        return watched


@asynccontextmanager
async def watched_app(root: Path, step: Step, *, durable: bool = False) -> AsyncIterator[web.Application]:
    """The application on the files in root, put together as `serve` does."""
    home = Home(root, data=root / "data", sessions=root / "sessions", skill_library=root / "library")
    store = await JsonFileStore.open(home.data, durable=durable, watch=False)
    kept = await open_history(store)
    assert kept is not None
    kinds = {
        name: Watched(getattr(store, name), step, "add", "save") for name in ("projects", "tasks", "sessions")
    }
    settings = Settings.model_validate({"spawn": {"maxLive": 100, "maxPerMinute": 600}})
    services = build_services(
        store=Watched(store, step, **kinds),
        settings=settings,
        home=home,
        journal=Watched(kept.journal, step, "append"),
        idempotency=Watched(SqliteIdempotency(kept.history, Answer, wall_clock), step, "begin", "finish"),
        skills=SkillLibrary([]),
        signing_key=b"k" * 32,
    )
    following = asyncio.create_task(services.external.follow())
    try:
        yield create_app(Dependencies(services, OwnerToken(TOKEN), settings, wall_clock()))
    finally:
        following.cancel()
        await finish_writes()
        await kept.history.close()
        await store.close()


async def main(root: Path, fatal: int, later: float) -> None:
    steps = 0

    def step(_: str) -> None:
        nonlocal steps
        steps += 1
        if steps == fatal and later:
            threading.Timer(later, os.kill, (os.getpid(), signal.SIGKILL)).start()
        elif steps == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    async with watched_app(root, step, durable=True) as app:
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        print(runner.addresses[0][1], flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
