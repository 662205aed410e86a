"""Orders: given, carried, answered, taken back."""

import asyncio

import pytest

from maestro_tui.domain.actor import OWNER, Actor
from maestro_tui.domain.errors import (
    BusinessRuleBroken,
    Conflict,
    Forbidden,
    LimitReached,
    NotFound,
    PreconditionFailed,
    Unavailable,
)
from maestro_tui.domain.requests.claims import ClaimSession, ReleaseSession
from maestro_tui.domain.requests.orders import AnswerOrder, SendInput, StopSession
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.session import NeedsInput
from maestro_tui.domain.status import SessionStatus

HELLO = SendInput(text="hello", enter=True)


class Runner:
    """A runner as the orders see it: it holds sessions, hears of orders and answers them."""

    def __init__(self, house, name="r1"):
        self.name = name
        self._house = house
        self._news = asyncio.Event()
        house.services.orders.book.subscribe(lambda runner_id: self._news.set() if runner_id == name else None)

    @property
    def waiting(self):
        return self._house.services.orders.book.waiting_for(self.name)

    async def claim(self, session):
        body = ClaimSession(runner_id=self.name, lease_ms=60_000)
        return await self._house.services.claims.claim(session.id, body, OWNER)

    async def next(self, count=1):
        """The oldest order, once so many wait."""
        async with asyncio.timeout(5):
            while len(self.waiting) < count:
                self._news.clear()
                await self._news.wait()
        return self.waiting[0]

    async def answer(self, order, *, done=True, error="", fence=None, actor=OWNER):
        body = AnswerOrder(fence=fence or order.fence, done=done, error=error)
        await self._house.services.orders.answer(order.session_id, order.order_id, body, actor)


@pytest.fixture
def orders(house):
    return house.services.orders


@pytest.fixture
def runner(house):
    return Runner(house)


@pytest.fixture
async def session(house, runner):
    """One that runs, held by the runner."""
    session = await house.session(await house.project(), status=SessionStatus.SPAWNING)
    await runner.claim(session)
    running = UpdateSession(status=SessionStatus.RUNNING, fence=1)
    return await house.services.sessions.update(session.id, running, OWNER)


async def test_a_text_is_delivered_when_the_runner_says_so(house, orders, runner, session):
    sending = asyncio.create_task(orders.send(session.id, HELLO, OWNER))
    order = await runner.next()
    assert (order.kind, order.text, order.enter, order.fence) == ("input", "hello", True, 1)
    assert order.expires_at == house.clock.now + 10_000
    assert not sending.done()
    await runner.answer(order)
    receipt = await sending
    assert (receipt.order_id, receipt.session_id, receipt.delivered) == (order.order_id, session.id, True)
    assert runner.waiting == []
    before = house.names()
    assert before.count("session:updated") == 2, "an input is no event"


async def test_a_refusal_reaches_whoever_asked(orders, runner, session):
    sending = asyncio.create_task(orders.send(session.id, HELLO, OWNER))
    await runner.answer(await runner.next(), done=False, error="it has no terminal yet")
    with pytest.raises(BusinessRuleBroken, match="no terminal yet"):
        await sending


async def test_an_order_nobody_answers_is_taken_back(orders, runner, session):
    orders.patience_seconds = 0.02
    with pytest.raises(Unavailable, match="did not answer within") as refusal:
        await orders.send(session.id, HELLO, OWNER)
    assert refusal.value.details["delivered"] is False
    assert runner.waiting == []


async def test_an_order_may_wait_for_its_runner(house, orders, runner, session, clock):
    clock.pass_seconds(61)
    await house.services.claims.expire_leases()
    with pytest.raises(Unavailable, match="No cockpit or runner holds") as refusal:
        await orders.send(session.id, HELLO, OWNER)
    assert "maestro-tui" in refusal.value.suggestion
    receipt = await orders.send(session.id, HELLO, OWNER, wait=False)
    assert receipt.delivered is False
    other = Runner(house, "r2")
    body = ClaimSession(runner_id="r2", lease_ms=10_000, fence=1)
    await house.services.claims.renew(session.id, body, OWNER)
    order = await other.next()
    assert (order.order_id, order.expires_at) == (receipt.order_id, None)
    await other.answer(order)
    assert other.waiting == []


async def test_a_lease_that_ran_out_is_no_refusal_while_a_runner_is_there(house, orders, runner, session, clock):
    clock.pass_seconds(61)
    orders.book.arrive(runner.name)
    for let_go in (lambda: asyncio.sleep(0), house.services.claims.expire_leases):
        await let_go()
        stopping = asyncio.create_task(orders.stop(session.id, StopSession(), OWNER))
        await asyncio.sleep(0)
        if (await house.services.sessions.get(session.id, OWNER)).lease is None:
            body = ClaimSession(runner_id=runner.name, lease_ms=1000, fence=1)
            await house.services.claims.renew(session.id, body, OWNER)
        await runner.answer(await runner.next())
        assert (await stopping).delivered
        clock.pass_seconds(61)
    orders.book.leave(runner.name)
    with pytest.raises(Unavailable, match="No cockpit or runner holds"):
        await orders.stop(session.id, StopSession(), OWNER)


async def test_what_became_of_a_message_nobody_waits_for_is_told(house, orders, runner, session):
    for text in ("first", "second " * 40, "third"):
        await orders.send(session.id, SendInput(text=text, enter=True), OWNER, wait=False)
    assert [one["status"] for one in await orders.of(session.id, OWNER)] == ["waiting"] * 3
    await runner.answer(await runner.next())
    await runner.answer(await runner.next(), done=False, error="its terminal takes nothing")
    await house.services.sessions.update(session.id, UpdateSession(status=SessionStatus.COMPLETED), OWNER)
    async with asyncio.timeout(5):
        while len(told := await orders.of(session.id, OWNER)) < 3:  # noqa: ASYNC110 - told by a task of its own
            await asyncio.sleep(0)
    assert [(one["status"], one.get("reason")) for one in told] == [
        ("delivered", None),
        ("refused", "its terminal takes nothing"),
        ("dropped", "the session ended before"),
    ]
    timeline = (await house.services.sessions.get(session.id, OWNER)).timeline
    said = [entry.message for entry in timeline if entry.type.startswith("message_")]
    assert said[0] == "“first” was typed"
    assert said[1].startswith("“second second")
    assert said[1].endswith("…” was not typed: its terminal takes nothing")
    assert said[2] == "“third” was not typed: the session ended before"


async def test_only_the_runner_that_has_the_session_may_answer(orders, runner, session):
    sending = asyncio.create_task(orders.send(session.id, HELLO, OWNER))
    order = await runner.next()
    with pytest.raises(PreconditionFailed):
        await runner.answer(order, fence=2)
    agent = Actor(session_id=session.id, project_id=session.project_id)
    with pytest.raises(Forbidden):
        await runner.answer(order, actor=agent)
    assert runner.waiting == [order]
    await runner.answer(order)
    await sending
    with pytest.raises(NotFound):
        await runner.answer(order)


async def test_the_same_key_is_the_same_order(orders, runner, session):
    ids = []
    for body in (HELLO, HELLO, SendInput(text="other")):
        sending = asyncio.create_task(orders.send(session.id, body, OWNER, key="k1"))
        order = await runner.next()
        ids.append(order.order_id)
        await runner.answer(order)
        await sending
    assert ids[0] == ids[1] != ids[2]


async def test_the_end_of_a_session_ends_its_orders(house, orders, runner, session):
    sending = asyncio.create_task(orders.send(session.id, HELLO, OWNER))
    stopping = asyncio.create_task(orders.stop(session.id, StopSession(), OWNER))
    await runner.next(2)
    ended = UpdateSession(status=SessionStatus.STOPPED, fence=1)
    await house.services.sessions.update(session.id, ended, OWNER)
    with pytest.raises(Conflict, match="is stopped"):
        await sending
    assert (await stopping).delivered
    for ask in (orders.send(session.id, HELLO, OWNER), orders.stop(session.id, StopSession(), OWNER)):
        with pytest.raises(Conflict, match="no program runs in it"):
            await ask


@pytest.fixture
async def at_rest(house, session):
    """One that said itself that it is done, and whose program runs on."""
    for body in (UpdateSession(pid=4711, fence=1), UpdateSession(status=SessionStatus.COMPLETED)):
        session = await house.services.sessions.update(session.id, body, OWNER)
    return session


async def test_a_program_that_outlives_the_report_of_its_end_can_be_stopped(house, orders, runner, at_rest):
    assert at_rest.lease.runner_id == runner.name
    stopping = asyncio.create_task(orders.stop(at_rest.id, StopSession(), OWNER))
    await runner.answer(await runner.next())
    assert (await stopping).delivered
    gone = await house.services.sessions.update(at_rest.id, UpdateSession(exit_code=-1, fence=1), OWNER)
    assert (gone.status, gone.lease) == (SessionStatus.COMPLETED, None)
    with pytest.raises(Conflict, match="no program runs in it"):
        await orders.stop(at_rest.id, StopSession(), OWNER)


async def test_it_takes_no_messages_any_more(orders, at_rest):
    with pytest.raises(Conflict, match="is completed; its program runs on") as refusal:
        await orders.send(at_rest.id, HELLO, OWNER)
    assert refusal.value.suggestion == f"maestro session stop {at_rest.id}"


async def test_a_stop_that_waits_outlasts_the_report_and_ends_with_the_program(house, orders, runner, session):
    await house.services.sessions.update(session.id, UpdateSession(pid=4711, fence=1), OWNER)
    stopping = asyncio.create_task(orders.stop(session.id, StopSession(), OWNER))
    await runner.next()
    await house.services.sessions.update(session.id, UpdateSession(status=SessionStatus.COMPLETED), OWNER)
    assert runner.waiting
    await house.services.sessions.update(session.id, UpdateSession(exit_code=0, fence=1), OWNER)
    assert (await stopping).delivered


async def test_its_runner_holds_on_to_it_until_its_program_is_gone(house, at_rest):
    body = ClaimSession(runner_id="r1", lease_ms=10_000, fence=1)
    assert (await house.services.claims.renew(at_rest.id, body, OWNER)).lease.runner_id == "r1"
    await house.services.sessions.update(at_rest.id, UpdateSession(pid=None, fence=1), OWNER)
    with pytest.raises(Conflict, match="nothing left to hold"):
        await house.services.claims.renew(at_rest.id, body, OWNER)


async def test_a_stop_is_on_the_timeline(house, orders, runner, session):
    stopping = asyncio.create_task(orders.stop(session.id, StopSession(reason="wrong way"), OWNER))
    await runner.answer(await runner.next())
    await stopping
    entry = (await house.services.sessions.get(session.id, OWNER)).timeline[-1]
    assert (entry.type, entry.message) == ("stop_requested", "asked for by the owner: wrong way")


async def test_a_spawn_nobody_took_is_called_off(house, orders):
    session = await house.session(await house.project(), status=SessionStatus.SPAWNING)
    assert (await orders.stop(session.id, StopSession(), OWNER)).delivered
    after = await house.services.sessions.get(session.id, OWNER)
    assert (after.status, after.reason) == ("stopped", "called off, asked for by the owner")


async def test_agents_reach_the_sessions_below_them_and_not_themselves(house, orders, runner, session, agent):
    task = await house.task(await house.services.projects.get(session.project_id, OWNER))
    body = {"projectId": session.project_id, "taskIds": [task.id], "role": "worker"}
    child = await house.services.spawning.spawn(body, agent(session))
    neighbour = await house.session(await house.services.projects.get(session.project_id, OWNER))
    await runner.claim(child)
    for target, by in ((session, session), (session, child), (neighbour, session)):
        with pytest.raises(Forbidden):
            await orders.send(target.id, HELLO, agent(by))
    for target, by in ((session, child), (neighbour, session)):
        with pytest.raises(Forbidden):
            await orders.stop(target.id, StopSession(), agent(by))
    sending = asyncio.create_task(orders.send(child.id, HELLO, agent(session)))
    await runner.answer(await runner.next())
    assert (await sending).delivered


async def test_a_session_keeps_so_many_orders_and_no_more(orders, runner, session):
    for _ in range(100):
        await orders.send(session.id, HELLO, OWNER, wait=False)
    with pytest.raises(LimitReached, match="100 orders wait"):
        await orders.send(session.id, HELLO, OWNER, wait=False)
    assert len(runner.waiting) == 100


async def test_a_server_that_ends_tells_everybody_who_waits(orders, runner, session):
    sending = asyncio.create_task(orders.send(session.id, HELLO, OWNER))
    await runner.next()
    orders.book.take_back_all()
    with pytest.raises(Unavailable, match="is stopping"):
        await sending


async def test_an_order_nobody_waits_for_outlives_the_server(house, orders, runner, session, make_house):
    await house.services.claims.release(session.id, ReleaseSession(runner_id="r1", fence=1), OWNER)
    receipts = [
        await orders.send(session.id, SendInput(text=text), OWNER, wait=False) for text in ("first", "second")
    ]
    (path, _) = sorted(house.home.session(session.id).rglob("ord_*.json"))
    assert path.stat().st_mode & 0o777 == 0o600
    (path.parent / "torn.json").write_text('{"text"')  # it is logged, and keeps no other from being read

    again = make_house(house.services.store)
    await again.services.orders.restore()
    later = Runner(again)
    body = ClaimSession(runner_id="r1", lease_ms=60_000, fence=1)
    await again.services.claims.renew(session.id, body, OWNER)
    first = await later.next(2)
    assert [order.text for order in later.waiting] == ["first", "second"]
    assert [order.order_id for order in later.waiting] == [receipt.order_id for receipt in receipts]
    await later.answer(first)

    third = make_house(house.services.store)
    await third.services.orders.restore()
    assert [order.text for order in third.services.orders.book.waiting_for("r1")] == ["second"]


async def test_what_is_kept_for_a_session_goes_when_it_ends(house, orders, runner, session):
    await orders.send(session.id, HELLO, OWNER, wait=False)
    assert list(house.home.session(session.id).rglob("ord_*.json"))
    ended = UpdateSession(status=SessionStatus.STOPPED, fence=1)
    await house.services.sessions.update(session.id, ended, OWNER)
    async with asyncio.timeout(10):
        while list(house.home.session(session.id).rglob("ord_*.json")):  # noqa: ASYNC110 - the disk sets no event
            await asyncio.sleep(0.01)


async def test_an_order_that_cannot_be_kept_is_refused(house, orders, runner, session):
    directory = house.home.session(session.id)
    directory.mkdir(parents=True)
    (directory / "orders").write_text("in the way")
    with pytest.raises(Unavailable, match="cannot be kept"):
        await orders.send(session.id, HELLO, OWNER, wait=False)
    assert runner.waiting == []


async def test_a_text_answers_the_question_and_an_idle_agent_runs_again(house, orders, runner, session):
    asking = UpdateSession(status=SessionStatus.IDLE, needs_input=NeedsInput(active=True, message="A or B?"))
    await house.services.sessions.update(session.id, asking, OWNER)
    sending = asyncio.create_task(orders.send(session.id, HELLO, OWNER))
    await runner.answer(await runner.next())
    await sending
    after = await house.services.sessions.get(session.id, OWNER)
    assert (after.status, after.needs_input.active) == (SessionStatus.RUNNING, False)


async def test_what_the_agent_said_meanwhile_goes_first(house, orders, runner, session):
    def asks(question):
        told = NeedsInput(active=True, message=question)
        return house.services.sessions.update(session.id, UpdateSession(needs_input=told), OWNER)

    await asks("A or B?")
    sending = asyncio.create_task(orders.send(session.id, HELLO, OWNER))
    order = await runner.next()
    await asks("C or D?")
    await runner.answer(order)
    await sending
    assert (await house.services.sessions.get(session.id, OWNER)).needs_input.message == "C or D?"


async def test_a_key_answers_nothing(house, orders, runner, session):
    asking = UpdateSession(needs_input=NeedsInput(active=True, message="A or B?"))
    await house.services.sessions.update(session.id, asking, OWNER)
    sending = asyncio.create_task(orders.send(session.id, SendInput(keys=("escape",)), OWNER))
    await runner.answer(await runner.next())
    await sending
    assert (await house.services.sessions.get(session.id, OWNER)).needs_input.active
