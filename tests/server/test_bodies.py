"""Whatever bytes come in: a model, or a refusal in words."""

import asyncio
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.requests import claims, orders, projects, sessions, spawning, tasks, teams
from maestro_tui.domain.requests.tasks import CreateTask
from maestro_tui.server import bodies

SUBJECTS = (claims, orders, projects, sessions, spawning, tasks, teams)
MODELS = [getattr(subject, name) for subject in SUBJECTS for name in subject.__all__]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def refusal_of(raw, model):
    """The refusal, or None when the bytes are a good body."""
    try:
        bodies.parse(raw, model)
    except Invalid as error:
        return error
    return None


def is_in_words(refusal):
    return refusal.message and all({"path", "message"} == set(detail) for detail in refusal.details)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
@pytest.mark.attack(45)
def test_wrong_types_in_any_field_are_refused_in_words(model, data):
    fields = [field.alias for field in model.model_fields.values()]
    document = data.draw(st.dictionaries(st.sampled_from(fields), json_values))
    refusal = refusal_of(json.dumps(document).encode(), model)
    assert refusal is None or is_in_words(refusal)


@given(raw=st.binary(max_size=200))
def test_no_bytes_are_an_error_of_ours(raw):
    refusal = refusal_of(raw, CreateTask)
    assert refusal is None or is_in_words(refusal)


def test_every_wrong_field_is_named_once_and_in_words():
    body = {
        "projectId": "../x",
        "title": "",
        "description": "x" * 70_000,
        "priority": "urgent",
        "skillIds": "a",
        "dependencies": ["a"] * 501,
        "parentId": 7,
    }
    with pytest.raises(Invalid) as refused:
        bodies.parse(json.dumps(body).encode(), CreateTask)
    assert {detail["path"]: detail["message"] for detail in refused.value.details} == {
        "projectId": "must be 1 to 128 letters, digits, '-' or '_'",
        "title": "must not be empty",
        "description": "must be at most 65536 characters",
        "priority": "must be 'low', 'medium' or 'high'",
        "skillIds": "must be an array",
        "dependencies": "must be at most 500 entries",
        "parentId": "must be a string",
    }
    assert refused.value.message.endswith("(and 6 more)")


@pytest.mark.attack(50)
async def test_a_body_that_does_not_come_is_not_waited_for_long(api, monkeypatch):
    monkeypatch.setattr(bodies, "READ_SECONDS", 0.05)

    async def endless():
        yield b'{"name": '
        yield await asyncio.get_running_loop().create_future()

    async with api.client.post(
        "/api/projects", data=endless(), headers=api.headers | {"Content-Type": "application/json"}
    ) as answer:
        assert answer.status == 408
        assert (await answer.json())["code"] == "REQUEST_TIMEOUT"
