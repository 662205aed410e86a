import json
from pathlib import Path

import pytest

from maestro_tui.domain.status import Role
from maestro_tui.skills.manifest import Audience, BadSkill, SkillType, parse_manifest

FILE = Path("skills/x/manifest.json")
GOOD = {"name": "x", "version": "1.0.0", "description": "An x"}


def parse(**changes):
    return parse_manifest(json.dumps(GOOD | changes).encode(), FILE)


def test_a_minimal_manifest_has_defaults():
    manifest = parse()
    assert manifest.type is SkillType.CUSTOM
    assert manifest.assign_to == ()
    assert not manifest.is_for(Role.WORKER)


def test_assigned_roles():
    assert parse(assignTo=["worker"]).is_for(Role.WORKER)
    assert not parse(assignTo=["worker"]).is_for(Role.ORCHESTRATOR)
    assert parse(assignTo=["all"]).is_for(Role.ORCHESTRATOR)
    assert parse(assignTo=["all"]).assign_to == (Audience.ALL,)


def test_unknown_fields_survive():
    assert parse(homepage="https://example.org").to_wire()["homepage"] == "https://example.org"


@pytest.mark.parametrize("version", ["0.0.0", "1.2.3-rc.1+build.5", "10.20.30"])
def test_semantic_versions(version):
    assert parse(version=version).version == version


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "../x"}, "name"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"version": "1.0"}, "version"),
        ({"version": "01.0.0"}, "version"),
        ({"version": 1}, "version"),
        ({"description": ""}, "description"),
        ({"type": "other"}, "type"),
        ({"assignTo": "all"}, "assignTo"),
        ({"assignTo": ["everyone"]}, "assignTo.0"),
        ({"priority": "high"}, "priority"),
        ({"dependencies": ["a", "b c"]}, "dependencies.1"),
        ({"config": []}, "config"),
    ],
)
def test_a_wrong_field_is_named_with_its_file(changes, field):
    with pytest.raises(BadSkill) as caught:
        parse(**changes)
    assert [(finding.file, finding.field) for finding in caught.value.findings] == [(FILE, field)]
    assert str(FILE) in str(caught.value)


def test_every_wrong_field_is_named():
    with pytest.raises(BadSkill) as caught:
        parse_manifest(b'{"name": "x"}', FILE)
    assert {finding.field for finding in caught.value.findings} == {"version", "description"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"{}x"])
def test_what_is_not_a_json_object_is_a_finding(content):
    with pytest.raises(BadSkill):
        parse_manifest(content, FILE)


def test_messages_speak_of_what_is_allowed():
    with pytest.raises(BadSkill, match=r"version: must be a semantic version such as 1\.0\.0"):
        parse(version="one")
    with pytest.raises(BadSkill, match="name: must be 1 to 128 letters"):
        parse(name="a b")
