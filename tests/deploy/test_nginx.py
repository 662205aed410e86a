"""deploy/nginx.conf in a real nginx, before a real server: HTTP and WebSocket through TLS and back."""

import asyncio
import json
import re
import shutil
import socket
import ssl
import subprocess
from pathlib import Path

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver

from maestro_tui.config.settings import Settings
from maestro_tui.paths import Home
from maestro_tui.server.serving import serve
from maestro_tui.store.memory import MemoryStore
from tests.ports import own_port

EXAMPLE = Path(__file__).parents[2] / "deploy" / "nginx.conf"
NAME = "maestro.example.org"
TOKEN = "a-token-of-my-own-with-many-letters"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(NGINX is None or shutil.which("openssl") is None, reason="needs nginx and openssl")


class Here(AbstractResolver):
    """The example's name is this machine."""

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0}]

    async def close(self):
        """Nothing is open."""


def certificate(place):
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    make += ["-days", "1", "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"]
    make += ["-keyout", str(place / "key.pem"), "-out", str(place / "cert.pem")]
    subprocess.run(make, check=True, capture_output=True)


def configuration(place, upstream, secure, plain):
    """The example as an operator would adapt it: its ports, its certificate, the server's address."""
    text = re.sub(r"^\s*listen \[::\].*\n", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    for old, new in (
        ("listen 443 ", f"listen 127.0.0.1:{secure} "),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("http://127.0.0.1:4567", upstream),
        ("/etc/ssl/maestro", str(place)),
    ):
        assert old in text, old
        text = text.replace(old, new)
    temporary = "".join(
        f"{kind}_temp_path {place}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = place / "nginx.conf"
    path.write_text(
        f"daemon off; master_process off; pid {place}/pid; error_log {place}/error.log;\n"
        f"events {{}}\nhttp {{\n{temporary}{text}}}\n"
    )
    return path


@pytest.fixture
async def proxied(tmp_path):
    """A server behind nginx. Its url, and a client that finds and believes it."""
    certificate(tmp_path)
    settings = Settings.model_validate({"server": {"port": 0, "behindProxy": True, "allowedHosts": [NAME]}})
    home = Home.from_environment({"HOME": str(tmp_path), "MAESTRO_HOME": str(tmp_path / "m")})
    secure, plain = own_port(), own_port()
    async with serve(home, settings, token=TOKEN, store=MemoryStore()) as info:
        path = configuration(tmp_path, info.url, secure, plain)
        nginx = await asyncio.create_subprocess_exec(NGINX, "-c", str(path), "-p", str(tmp_path))
        trusting = ssl.create_default_context(cafile=tmp_path / "cert.pem")
        connector = aiohttp.TCPConnector(resolver=Here(), ssl=trusting)
        async with aiohttp.ClientSession(connector=connector) as client:
            try:
                async with asyncio.timeout(30):
                    while True:
                        try:
                            await client.get(f"https://{NAME}:{secure}/health")
                            break
                        except aiohttp.ClientConnectorError:
                            assert nginx.returncode is None, (tmp_path / "error.log").read_text()
                            await asyncio.sleep(0.05)  # only an attempt tells whether it listens
                yield client, f"https://{NAME}:{secure}", f"http://{NAME}:{plain}", home
            finally:
                if nginx.returncode is None:
                    nginx.terminate()
                await nginx.wait()


async def test_the_example_passes_on_requests_sockets_and_who_asks(proxied):
    client, secure, plain, home = proxied
    owner = {"Authorization": f"Bearer {TOKEN}"}
    async with client.get(f"{plain}/api/projects", allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/api/projects")
    async with client.get(f"{secure}/api/projects") as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, "UNAUTHORIZED")
    async with client.get(f"{secure}/api/projects", headers=owner | {"Host": "evil.example"}) as answer:
        assert answer.status == 421
    async with client.get(f"{secure}/api/projects", headers=owner | {"Origin": "https://evil.example"}) as answer:
        assert answer.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError, match="401"):
        await client.ws_connect(f"{secure}/ws")
    async with client.ws_connect(f"{secure}/ws?since=0", headers=owner) as events:
        assert (await events.receive_json(timeout=30))["type"] == "hello"
        async with client.post(f"{secure}/api/projects", headers=owner, json={"name": "through"}) as answer:
            assert answer.status == 201
        async with asyncio.timeout(30):
            while (event := await events.receive_json())["type"] != "project:created":
                continue
        assert event["data"]["name"] == "through"
    async with client.ws_connect(f"{secure}/ws?token={TOKEN}") as events:
        await events.send_json({"type": "ping"})
        assert (await events.receive_json(timeout=30))["type"] == "pong"
    forged = owner | {"X-Forwarded-For": "203.0.113.9"}
    async with client.post(f"{secure}/api/projects", headers=forged, json={"name": "forged"}) as answer:
        assert answer.status == 201
    async with asyncio.timeout(30):
        while (text := (home.logs / "audit.jsonl").read_text()).count('"201"') < 2:  # noqa: ASYNC110 - a thread's
            await asyncio.sleep(0.05)
    assert {json.loads(line)["peer"] for line in text.splitlines()} == {"127.0.0.1"}
