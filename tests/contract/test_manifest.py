"""The manifest as existing clients read it: their `worker init` refuses a field more or less.

`existing_manifest.json` says, as a JSON Schema, what they check a file against before they start an agent.
"""

import json
from pathlib import Path

import pytest

SHAPE = json.loads(Path(__file__).with_name("existing_manifest.json").read_text())
SPAWN = "/api/sessions/spawn"
TYPES = {"string": str, "array": list, "object": dict, "boolean": bool, "number": (int, float), "null": type(None)}


def refusals(shape, value, at="manifest"):
    """Why a strict reader refuses the value: the keywords of JSON Schema that the file uses, and no others."""
    assert shape.keys() <= {"type", "enum", "items", "minItems", "required", "properties", "additionalProperties"}
    if "enum" in shape and value not in shape["enum"]:
        return [f"{at}: {value!r} is none of {shape['enum']}"]
    types = shape.get("type", [])
    if types and not isinstance(
        value, tuple(TYPES[one] for one in ([types] if isinstance(types, str) else types))
    ):
        return [f"{at}: {value!r} is no {types}"]
    if isinstance(value, list):
        few = [f"{at}: too few"] if len(value) < shape.get("minItems", 0) else []
        return few + [why for one in value for why in refusals(shape["items"], one, f"{at}[]")]
    if not isinstance(value, dict):
        return []
    known, rest = shape.get("properties", {}), shape.get("additionalProperties", True)
    found = [f"{at}.{name} is missing" for name in shape.get("required", []) if name not in value]
    for name, one in value.items():
        if name in known or isinstance(rest, dict):
            found += refusals(known.get(name, rest), one, f"{at}.{name}")
        elif not rest:
            found.append(f"{at}.{name} is unknown to them")
    return found


@pytest.fixture
def member(http, project):
    return http.make(
        "/api/team-members",
        {
            "projectId": project["id"],
            "name": "Lead",
            "mode": "coordinator",
            "agentTool": "gemini",
            "permissionMode": "readOnly",
            "identity": "Lead well.",
        },
    )


@pytest.mark.parametrize("role", ["worker", "orchestrator"])
def test_init_of_an_existing_client_accepts_it(http, project, task, role):
    above = http.make("/api/tasks", {"projectId": project["id"], "title": "Above"})
    body = {"projectId": project["id"], "title": "Below", "parentId": above["id"], "dependencies": [task["id"]]}
    below = http.make("/api/tasks", body)
    http.make(f"/api/tasks/{below['id']}/subtasks", {"title": "Step"})
    http.make("/api/team-members", {"projectId": project["id"], "name": "Free", "mode": "of its own"})
    spawn = {"projectId": project["id"], "taskIds": [below["id"], task["id"]], "role": role, "reason": "why"}
    parent = http.make(SPAWN, spawn | {"context": {"acceptanceCriteria": ["it runs", None]}})
    child = http.make(SPAWN, spawn | {"parentSessionId": parent["sessionId"], "model": "m", "agent": "codex"})
    for made, prefix in ((parent, ""), (child, "coordinated-")):
        manifest = json.loads(Path(made["manifestPath"]).read_text())
        assert refusals(SHAPE, manifest) == []
        assert manifest["mode"] == prefix + ("worker" if role == "worker" else "coordinator")
        # A coordinator of theirs has to be exactly one somebody.
        assert manifest["teamMemberId"] == made["sessionId"]
        assert manifest["teamMemberIdentity"]
    assert json.loads(Path(parent["manifestPath"]).read_text())["tasks"][0]["acceptanceCriteria"] == ["it runs"]
    assert (manifest["session"]["model"], manifest["agentTool"]) == ("m", "codex")
    assert manifest["coordinatorSessionId"] == manifest["initialDirective"]["fromSessionId"] == parent["sessionId"]
    assert manifest["initialDirective"]["message"] == "why"
    assert [one["name"] for one in manifest.get("availableTeamMembers", [])] == ["Free"] * (role != "worker")
    related = {one["id"]: one["relationship"] for one in manifest["context"]["relatedTasks"]}
    assert related == {above["id"]: "related_to", task["id"]: "depends_on"}


def test_a_team_member_is_in_it(http, project, task, member):
    spawn = {"projectId": project["id"], "taskIds": [task["id"]], "teamMemberId": member["id"]}
    manifest = json.loads(Path(http.make(SPAWN, spawn)["manifestPath"]).read_text())
    assert refusals(SHAPE, manifest) == []
    assert manifest["mode"] == "coordinator"
    assert (manifest["teamMemberId"], manifest["teamMemberIdentity"]) == (member["id"], "Lead well.")
    assert (manifest["agentTool"], manifest["session"]["permissionMode"]) == ("gemini", "readOnly")


def test_a_restart_hands_on_what_they_accept(http, project, task):
    made = http.make(SPAWN, {"projectId": project["id"], "taskIds": [task["id"]], "role": "orchestrator"})
    http.make(f"/api/sessions/{made['sessionId']}/stop", {})
    again = http.make(f"/api/sessions/{made['sessionId']}/restart", {})
    manifest = json.loads(Path(again["manifestPath"]).read_text())
    assert refusals(SHAPE, manifest) == []
    assert made["sessionId"] not in json.dumps({**manifest, "context": None})
    assert manifest["context"]["custom"]["session"]["restartOf"] == made["sessionId"]


def test_a_field_more_or_less_is_refused():
    """The reader above is as strict as theirs."""
    good = {"manifestVersion": "1.0", "mode": "worker", "session": {"model": "m", "permissionMode": "interactive"}}
    task = {"id": "t", "title": "T", "description": "", "projectId": "p", "createdAt": ""}
    assert refusals(SHAPE, good | {"tasks": [task | {"acceptanceCriteria": ["x"]}]}) == []
    for wrong in ([], [task], [task | {"acceptanceCriteria": []}], [task | {"acceptanceCriteria": [1], "x": 1}]):
        assert refusals(SHAPE, good | {"tasks": wrong})
    assert refusals(SHAPE, good | {"tasks": [task | {"acceptanceCriteria": ["x"]}], "role": "worker"})
