import hashlib
import hmac

import pytest

from maestro_tui.domain.actor import OWNER, Actor
from maestro_tui.domain.requests.sessions import UpdateSession
from maestro_tui.domain.status import ENDED, LIVE, Role
from maestro_tui.services.revocations import Revocations
from maestro_tui.services.tokens import Tokens

OWNERS = "owner-token"


@pytest.fixture
async def session(house):
    return await house.session(await house.project())


async def test_a_token_says_whose_it_is(house, session):
    tokens = house.services.tokens
    token = tokens.for_session(session.id)
    assert token == f"mst_{session.id}." + hmac.new(b"k" * 32, session.id.encode(), hashlib.sha256).hexdigest()
    assert await tokens.resolve(token, OWNERS) == Actor(session.id, session.project_id, Role.WORKER)
    assert await tokens.resolve(OWNERS, OWNERS) is OWNER


async def test_a_token_outlives_the_server_with_its_key_only(house, session):
    token = house.services.tokens.for_session(session.id)
    assert (
        await Tokens(house.services.store, b"k" * 32, Revocations(house.home.revoked_tokens)).resolve(
            token, OWNERS
        )
        is not None
    )
    assert (
        await Tokens(house.services.store, b"x" * 32, Revocations(house.home.revoked_tokens)).resolve(
            token, OWNERS
        )
        is None
    )


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "mst_",
        "mst_.",
        "owner-token ",
        "mst_{id}.",
        "mst_{id}.00",
        "{good}0",
        "{good} ",
        "X{good}",
        "\udcff",
    ],
)
async def test_anything_else_is_nobodys(house, session, token):
    tokens = house.services.tokens
    forged = token.replace("{good}", tokens.for_session(session.id)).replace("{id}", session.id)
    assert await tokens.resolve(forged, OWNERS) is None
    assert await tokens.resolve(forged, "") is None


@pytest.mark.parametrize("session_id", ["sess_unknown", "../x"])
async def test_a_genuine_token_of_no_session_is_nobodys(house, session_id):
    tokens = house.services.tokens
    assert await tokens.resolve(tokens.for_session(session_id), OWNERS) is None


@pytest.mark.parametrize("status", sorted(ENDED))
async def test_an_ended_session_has_no_voice(house, session, status):
    await house.services.sessions.update(session.id, UpdateSession(status=status), OWNER)
    assert await house.services.tokens.resolve(house.services.tokens.for_session(session.id), OWNERS) is None


@pytest.mark.parametrize("status", sorted(LIVE))
async def test_a_live_session_has_one(house, status):
    session = await house.session(await house.project(), status=status)
    assert await house.services.tokens.resolve(house.services.tokens.for_session(session.id), OWNERS)
