"""What the soak decides by, on series that are made up; and one minute's schedule of faults."""

import asyncio
import random

import pytest

from maestro_tui.client.address import Address
from maestro_tui.client.api import ApiClient
from maestro_tui.config.settings import Settings
from maestro_tui.server.serving import serve
from maestro_tui.store.memory import MemoryStore
from tests.homes import private_home
from tools.soak.clients import Worker
from tools.soak.faults import MEAN_SECONDS, SERVER_RESTARTS, schedule
from tools.soak.verdict import LONG_LIFE, RULES, WARM_UP, compare, compare_lives


def series(value, seconds=3600, every=10):
    return [(float(at), value(at)) for at in range(0, seconds, every)]


@pytest.mark.parametrize("figure", RULES)
def test_a_figure_that_stays_is_flat(figure):
    assert compare("it", figure, series(lambda at: 70.0)).is_flat


def test_one_that_grows_all_the_time_is_not():
    leaking = compare("it", "PSS", series(lambda at: 70 + at / 3600 * 20))
    assert (leaking.first, leaking.last) == (pytest.approx(72.5, abs=0.5), pytest.approx(87.5, abs=0.5))
    assert not leaking.is_flat


def test_a_peak_in_the_middle_is_told_and_forgiven():
    found = compare("it", "PSS", series(lambda at: 300.0 if at == 1800 else 70.0))
    assert (found.highest, found.is_flat) == (300.0, True)


def test_a_descriptor_more_in_each_minute_is_a_leak():
    assert not compare("it", "descriptors", series(lambda at: 30 + at // 60)).is_flat
    assert compare("it", "descriptors", series(lambda at: 30 + at % 40 // 10)).is_flat


def test_restarts_do_not_hide_a_process_that_grows():
    starts = (0, 1200, 2400)
    lives = [[(start + at, value) for at, value in series(lambda at: 70 + at / 30, 1200)] for start in starts]
    assert compare("it", "PSS", [sample for life in lives for sample in life]).is_flat
    assert [one.is_flat for one in compare_lives("it", "PSS", lives)] == [False, False, False]


def test_a_short_life_and_the_first_minutes_of_a_long_one_do_not_count():
    assert compare_lives("it", "PSS", [series(lambda at: at, seconds=int(LONG_LIFE) - 10)]) == []
    warming = series(lambda at: min(at, WARM_UP), seconds=2 * int(LONG_LIFE))
    assert [one.is_flat for one in compare_lives("it", "PSS", [warming])] == [True]


def test_too_few_samples_say_nothing():
    assert compare("it", "PSS", [(0.0, 1.0)] * 7) is None


def test_a_schedule_holds_every_fault_and_ends_before_the_run():
    faults = schedule(3600, random.Random(1))
    kinds = [fault.kind for fault in faults]
    assert set(MEAN_SECONDS) < set(kinds)
    assert sum("server" in kind for kind in kinds) == SERVER_RESTARTS
    assert faults == sorted(faults) == schedule(3600, random.Random(1))
    assert faults[-1].at < 3600 * 0.95


async def test_a_client_takes_the_token_of_the_next_server(tmp_path):
    async with serve(private_home(tmp_path), Settings(), port=0, store=MemoryStore()) as info:
        api = ApiClient(info.url, info.token)
        project = (await api.request("POST", "/api/projects", {"name": "webshop"}))["id"]
        await api.aclose()
        known = iter([Address(info.url, "that of an earlier server")])
        worker = Worker(lambda: next(known, Address(info.url, info.token)), project, 1)
        work = asyncio.create_task(worker.run())
        async with asyncio.timeout(30):
            while not worker.outcomes["done"]:  # noqa: ASYNC110 - the worker tells nobody
                await asyncio.sleep(0.05)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert worker.outcomes["refused 401"] == 1
