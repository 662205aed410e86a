"""Work that is given up before it has begun, as when the cockpit is left in that moment."""

import gc
import warnings

import pytest

from maestro_tui.config.settings import AttentionSettings, Settings


def complete(app):
    app.board.choose(("task", "", "task_3"))
    app.board.action_task_complete()


def stop(app):
    app.board.ask_stop("sess_gone")


def call(app):
    sessions, now = app.context.documents.sessions.values(), app.context.clock()
    app.attention.follow((), now)  # the clock may have called for them already
    app.attention.follow(sessions, now)
    app._call_person()


@pytest.mark.parametrize("begin", [complete, stop, call])
async def test_it_leaves_nothing_behind(sample, cockpit, begin):
    app = cockpit(sample, settings=Settings(attention=AttentionSettings(desktop="osc9", after_seconds=0)))
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        known = len(app.workers)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            begin(app)
            assert len(app.workers) > known
            app.workers.cancel_all()
            await pilot.pause()
            gc.collect()
        assert [str(one.message) for one in said if one.category is RuntimeWarning] == []
    assert [path for method, path, _ in sample.sent if method != "GET"] == []
