"""Bytes no proper client sends: the server answers or hangs up, and goes on serving the others."""

import asyncio

import pytest


async def head_of_answer(api, raw):
    """The lines before the body of the answer to these bytes; none when the server hangs up without one."""
    reader, writer = await asyncio.open_connection(api.client.host, api.client.port)
    try:
        writer.write(raw)
        lines = []
        async with asyncio.timeout(5):
            while line := (await reader.readline()).rstrip():
                lines.append(line.decode())
        return lines
    finally:
        writer.close()
        await writer.wait_closed()


async def exchange(api, raw):
    """The status the server answers these bytes with; 0 when it hangs up without one."""
    lines = await head_of_answer(api, raw)
    return int(lines[0].split()[1]) if lines else 0


def request(*headers, line="GET /api/projects HTTP/1.1", host="Host: localhost"):
    lines = [
        line,
        *([host] if host else []),
        "Authorization: Bearer {token}",
        "Connection: close",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines)


POST = "POST /api/projects HTTP/1.1"
JSON = "Content-Type: application/json"


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        (request(), {200}),
        (request(host=""), {400, 421}),
        (request("Host: evil.example"), {400, 421}),
        (request(host="Host: lo\u00e9"), {400, 421}),
        (request(host="Host: " + "x" * 9000), {400, 431}),
        (request(line="CONNECT /api/projects HTTP/1.1"), {400, 404, 405}),
        (request(line="BREW /api/projects HTTP/1.1"), {400, 405}),
        (request(line="GET http://evil.example/api/projects HTTP/1.1"), {200, 400, 421}),
        (request(line="GET //evil.example/api/projects HTTP/1.1"), {400, 404}),
        (request(line="GET /~{token}//evil.example/x HTTP/1.1"), {400, 404}),
        (request(line="GET /~ HTTP/1.1"), {401, 404, 426}),
        (request(line="GET /" + "~a/" * 2000 + " HTTP/1.1"), {400, 401, 404}),
        (request(line="GET /api/projects?limit=1&limit=x HTTP/1.1"), {200}),
        (request(line="GET /api/tasks/.. HTTP/1.1"), {400, 404}),
        (request(line="GET nonsense HTTP/1.1"), {400, 404}),
        (request(line="GET /api/projects HTTP/9.9"), {400, 505}),
        (request(JSON, "Content-Length: 4", "Transfer-Encoding: chunked", line=POST) + "0\r\n\r\n", {400}),
        (request(JSON, "Content-Length: 2", "Content-Length: 3", line=POST) + "{{}}", {400}),
        (request(JSON, "Content-Length: +2", line=POST) + "{{}}", {400}),
        (request(JSON, "Content-Length: 0x2", line=POST) + "{{}}", {400}),
        (request(JSON, "X-Folded: a\r\n b", "Content-Length: 2", line=POST) + "{{}}", {400}),
        (request(JSON, "Content-Encoding: gzip", "Content-Length: 2", line=POST) + "{{}}", {400}),
        ("\x00\x01\x02\r\n\r\n", {0, 400}),
    ],
    ids=lambda value: (
        repr(value.replace("Authorization: Bearer {token}", "")[:60]) if isinstance(value, str) else ""
    ),
)
@pytest.mark.attack(6, 7, 25, 51)
async def test_odd_requests(api, text, allowed):
    assert await exchange(api, text.format(token=api.token).encode()) in allowed
    assert await api.call("GET", "/api/projects") == []


@pytest.mark.parametrize(
    "text",
    [
        request(),
        request(line="GET /health HTTP/1.1"),
        request(line="GET /api/nothing HTTP/1.1"),
        request(host="Host: evil.example"),
        request().replace("{token}", "wrong"),
        "nonsense\r\n\r\n",
    ],
    ids=["fine", "open", "not found", "another host", "no token", "not HTTP"],
)
@pytest.mark.attack(96)
async def test_no_answer_says_what_the_server_runs_on(api, text):
    head = await head_of_answer(api, text.format(token=api.token).encode())
    assert [line for line in head if line.startswith("Server:")] == ["Server: maestro-tui"]
