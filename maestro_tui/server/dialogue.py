"""What a client may say on the socket, and what it is told. Pure: text in, one answer out."""

from typing import Any

import orjson

from maestro_tui.domain.errors import Invalid
from maestro_tui.domain.ids import is_id
from maestro_tui.server.hub import Channel, Subscription

__all__ = ["answer"]

MOST_IDS = 500
MOST_SUBSCRIPTIONS = 100
LONGEST_PING_ID = 128


def answer(text: str | None, channel: Channel, now_ms: int) -> dict[str, Any]:
    """The answer to one message; whatever is not understood gets an error, and the connection lives.

    text: the message, None when it was binary. channel: whose subscriptions the message may change.
    """
    try:
        message = _parse(text)
        match message.get("type"):
            case "ping":
                return _pong(message, now_ms)
            case "subscribe":
                return _subscribe(message, channel)
            case "unsubscribe":
                return _unsubscribe(message, channel)
        raise Invalid.field("type", "must be one of: ping, subscribe, unsubscribe")
    except Invalid as error:
        return {"type": "error", "code": error.code, "message": error.message}


def _pong(message: dict[str, Any], now_ms: int) -> dict[str, Any]:
    pong: dict[str, Any] = {"type": "pong", "timestamp": now_ms}
    identifier = message.get("id")
    if isinstance(identifier, str | int) and len(str(identifier)) <= LONGEST_PING_ID:
        pong["id"] = identifier
    return pong


def _subscribe(message: dict[str, Any], channel: Channel) -> dict[str, Any]:
    wish = _subscription(message)
    if wish not in channel.subscriptions:
        if len(channel.subscriptions) >= MOST_SUBSCRIPTIONS:
            raise Invalid(f"At most {MOST_SUBSCRIPTIONS} subscriptions at once; unsubscribe from some")
        channel.subscriptions.append(wish)
    return {"type": "subscribed", **_written(wish)}


def _unsubscribe(message: dict[str, Any], channel: Channel) -> dict[str, Any]:
    wish = _subscription(message)
    if wish == Subscription():
        channel.subscriptions.clear()
    elif wish in channel.subscriptions:
        channel.subscriptions.remove(wish)
    return {"type": "unsubscribed", **_written(wish)}


def _parse(text: str | None) -> dict[str, Any]:
    if text is None:
        raise Invalid("Messages must be text: one JSON object each")
    try:
        message = orjson.loads(text)
    except ValueError:
        raise Invalid("The message is not valid JSON") from None
    if not isinstance(message, dict):
        raise Invalid("The message must be a JSON object")
    return message


def _subscription(message: dict[str, Any]) -> Subscription:
    project_id = message.get("projectId")
    if project_id is not None and not is_id(project_id):
        raise Invalid.field("projectId", "must be an id")
    return Subscription(project_id, _ids(message, "taskIds"), _ids(message, "sessionIds"))


def _ids(message: dict[str, Any], name: str) -> frozenset[str]:
    values = message.get(name) or []
    if not isinstance(values, list) or len(values) > MOST_IDS or not all(is_id(value) for value in values):
        raise Invalid.field(name, f"must be an array of at most {MOST_IDS} ids")
    return frozenset(values)


def _written(wish: Subscription) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "projectId": wish.project_id,
        "taskIds": sorted(wish.task_ids),
        "sessionIds": sorted(wish.session_ids),
    }
    return {name: value for name, value in parts.items() if value}
