"""The OpenAPI document says what the router does."""

import inspect
import json
import re

from aiohttp.web import RouteDef

from maestro_tui.server.app import ROUTES
from maestro_tui.server.openapi import ANSWERS, BODIES, LISTS

READS = re.compile(r"(?:read_model|read_model_or_nothing|parse)\([^)]*?,\s*(?:\w+\.)?(\w+)\)")


def routes():
    return [route for table in ROUTES for route in table if isinstance(route, RouteDef)]


async def test_it_names_every_route_and_no_other(api):
    told = await api.call("GET", "/api/openapi.json")
    named = {(method.upper(), path) for path, item in told["paths"].items() for method in item}
    assert named == {(one.method, one.path) for one in routes()} - {("GET", "/"), ("GET", "/ws")}
    assert told["paths"]["/health"]["get"]["security"] == [{}]


def test_a_body_is_the_model_its_handler_reads():
    sources = {(one.method, one.path): inspect.getsource(one.handler) for one in routes()}
    read = {key: found[0] for key, source in sources.items() if (found := READS.findall(source))}
    assert {key: model.__name__ for key, model in BODIES.items()} == read


def test_every_route_that_answers_with_a_document_is_known():
    sources = {(one.method, one.path): inspect.getsource(one.handler) for one in routes()}
    assert set(ANSWERS) == {key for key, source in sources.items() if re.search(r"\b(?:entity|created)\(", source)}
    lists = {path for (_, path), source in sources.items() if "listing(" in source and "wire=" not in source}
    assert set(LISTS) == lists


async def test_operations_have_names_of_their_own(api):
    told = (await api.call("GET", "/api/openapi.json"))["paths"]
    names = [operation["operationId"] for item in told.values() for operation in item.values()]
    assert len(names) == len(set(names))


async def test_every_reference_leads_somewhere_and_fields_are_camel_case(api):
    told = await api.call("GET", "/api/openapi.json")
    schemas = told["components"]["schemas"]
    references = set(re.findall(r'"#/components/schemas/([\w-]+)"', json.dumps(told)))
    assert references <= set(schemas)
    assert "workingDir" in schemas["CreateProject"]["properties"]
    assert schemas["CreateTask"]["required"] == ["projectId", "title"]


async def test_it_needs_a_token(api):
    async with api.client.get("/api/openapi.json") as answer:
        assert answer.status == 401


async def test_it_says_which_bodies_and_queries_are_needed(api):
    told = (await api.call("GET", "/api/openapi.json"))["paths"]
    sources = {(one.method, one.path): inspect.getsource(one.handler) for one in routes()}
    for (method, path), source in sources.items():
        body = told.get(path, {}).get(method.lower(), {}).get("requestBody")
        if "read_model_or_nothing(" in source:
            assert body["required"] is False, path
        elif "read_model(" in source or "read_object(" in source:
            assert body["required"] is True, path
    [query] = [one for one in told["/api/tasks/tree"]["get"]["parameters"] if one["in"] == "query"]
    assert (query["name"], query["required"]) == ("projectId", True)
    await api.call("GET", "/api/tasks/tree", status=400)
    [role] = told["/api/skills/role/{role}"]["get"]["parameters"]
    assert role["schema"] == {"enum": ["worker", "orchestrator"]}
