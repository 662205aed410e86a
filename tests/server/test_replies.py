"""How answers are written."""

import json

import pytest

from maestro_tui.domain.project import Project
from maestro_tui.server import replies


@pytest.mark.parametrize("value", [2**70, -(2**70), "\ud800", "é\n\u2028", 1.5, None, [], {"a": [True]}])
def test_whatever_a_document_holds_can_be_written(value):
    assert json.loads(replies.encode({"value": value})) == {"value": value}


def test_the_fast_way_writes_what_the_slow_one_does():
    project = Project.model_validate(
        {"id": "proj_1", "name": "é", "createdAt": 1, "updatedAt": 2, "extraField": [1]}
    )
    assert json.loads(replies.encode_part(project)) == project.to_wire()
