"""The whole vocabulary of an existing client, request by request, as it was seen on the wire.

A line of the file is one request: which command sends it, with whose address (`agent`: the one in a
pane; `owner`: the one in a plain shell), and what the client relies on in the answer. In `shape`, the
words str, int, bool and object stand for any such value, a list of one element for a list of such.
"""

import json
import re
from pathlib import Path

RECORD = Path(__file__).with_name("existing_client.jsonl")
TYPES = {"str": str, "int": int, "bool": bool, "object": dict}


def filled(value, known):
    """Words like ${task} become what they stand for, in keys too."""
    if isinstance(value, str):
        return re.sub(r"\$\{(\w+)\}", lambda found: known[found[1]], value)
    if isinstance(value, list):
        return [filled(one, known) for one in value]
    if isinstance(value, dict):
        return {filled(key, known): filled(one, known) for key, one in value.items()}
    return value


def differences(shape, found, at="$"):
    """Where the answer is not what the client relies on."""
    if isinstance(shape, str) and shape in TYPES:
        fits = isinstance(found, TYPES[shape]) and not (shape == "int" and isinstance(found, bool))
        return [] if fits else [f"{at}: {found!r} is no {shape}"]
    if isinstance(shape, dict):
        if not isinstance(found, dict):
            return [f"{at}: {found!r} is no object"]
        missing = [f"{at}.{key} is missing" for key in shape if key not in found]
        return missing + [
            one for key in shape.keys() & found for one in differences(shape[key], found[key], f"{at}.{key}")
        ]
    if isinstance(shape, list) and shape:
        if not isinstance(found, list) or (isinstance(shape[0], dict) and not found):
            return [f"{at}: {found!r} is no list with something in it"]
        return [one for number, item in enumerate(found) for one in differences(shape[0], item, f"{at}[{number}]")]
    return [] if found == shape else [f"{at}: {found!r} is not {shape!r}"]


def test_a_client_that_knows_nothing_of_ours_can_say_everything(http, agent):
    pane, session = agent
    known = {"project": session["projectId"], "task": session["taskIds"][0], "session": session["id"]}
    wrong = []
    for number, line in enumerate(RECORD.read_text().splitlines(), 1):
        told = json.loads(line)
        client = http if told["as"] == "owner" else pane
        path, body = filled(told["path"], known), filled(told.get("body"), known)
        answer = client(told["method"], path, body, Content_Type="application/json")
        problems = [] if answer.status == told["status"] else [f"status {answer.status}, not {told['status']}"]
        problems += differences(filled(told["shape"], known), answer.json)
        wrong += [f"{number} {told['command']} ({told['method']} {path}): {one}" for one in problems]
        known |= {name: answer.json[field] for name, field in told.get("keep", {}).items() if field in answer.json}
    assert not wrong, "\n".join(wrong)


def test_a_team_member_is_who_the_brief_says(http, project, task):
    member = http.make(
        "/api/team-members",
        {
            "projectId": project["id"],
            "name": "Reviewer",
            "mode": "coordinate",
            "permissionMode": "acceptEdits",
            "identity": "Be strict.\n# Not a heading",
        },
    )
    notes = {"projectId": project["id"], "entries": ["tests are in t/"]}
    http.make(f"/api/team-members/{member['id']}/memory", notes)
    spawn = {"projectId": project["id"], "taskIds": [task["id"]], "teamMemberId": member["id"]}
    spawned = http.make(
        "/api/sessions/spawn", spawn | {"initialDirective": {"subject": "Begin", "message": "now"}}
    )
    assert spawned["session"]["role"] == "orchestrator"
    assert spawned["session"]["permissions"] == "edits"
    brief = http.get(f"/api/sessions/{spawned['sessionId']}/brief")["brief"]
    for line in (
        "## Who you are in the team: Reviewer",
        "> Be strict.",
        "> # Not a heading",
        "> - tests are in t/",
    ):
        assert f"\n{line}\n" in brief
    assert "> Begin\n>\n> now" in brief
    refused = http("POST", "/api/sessions/spawn", spawn | {"teamMemberId": "tm_none"})
    assert (refused.status, refused.code) == (404, "team_member_not_found")
