"""Listening beyond loopback: refused until it is safe, and then reached as it was said."""

import asyncio
import os
import shutil
import ssl
import subprocess
import sys

import aiohttp
import pytest

from maestro_tui.config.settings import Settings
from maestro_tui.domain.errors import Invalid
from maestro_tui.server.exposure import UnsafeAddress, exposure_of
from maestro_tui.server.owner import given_token
from maestro_tui.server.serving import serve

TOKEN = "a-token-of-my-own-with-many-letters"
WILD = ["0.0.0.0", "::", "0", "0x0", "::ffff:0.0.0.0", "192.0.2.1", "*", "my.host"]


def server(**fields):
    return Settings.model_validate({"server": {"port": 0, **fields}})


@pytest.fixture
def certificate(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    make += ["-days", "1", "-subj", "/CN=maestro.test", "-addext", "subjectAltName=DNS:maestro.test,DNS:localhost"]
    subprocess.run([*make, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    return {"tlsCert": str(cert), "tlsKey": str(key)}


@pytest.mark.attack(19)
@pytest.mark.parametrize("bind", WILD)
def test_an_address_of_others_is_refused_until_it_is_safe(bind):
    names = {"allowedHosts": ["maestro.test"]}
    with pytest.raises(UnsafeAddress, match="other machines"):
        exposure_of(server(bind=bind, behindProxy=True, **names).server, None)
    with pytest.raises(UnsafeAddress, match="without TLS"):
        exposure_of(server(bind=bind, **names).server, TOKEN)
    if bind != "192.0.2.1":
        with pytest.raises(UnsafeAddress, match="the names under which"):
            exposure_of(server(bind=bind, behindProxy=True).server, TOKEN)
    assert exposure_of(server(bind=bind, behindProxy=True, **names).server, TOKEN).address == bind


@pytest.mark.attack(19)
@pytest.mark.parametrize("bind", ["0.0.0.0", "::", "0x0"])
def test_the_command_says_so_in_one_line_and_exits_with_2(tmp_path, bind):
    environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "MAESTRO_PORT": "0"}
    command = [sys.executable, "-m", "maestro_tui", "serve", "--bind", bind]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == 2
    assert f"Listening on {bind} lets other machines in" in done.stderr
    assert "--token-file" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / ".maestro" / "server.json").exists()


@pytest.mark.parametrize("bind", ["", "127.0.0.1", "::1", "localhost", "127.0.0.2"])
def test_loopback_needs_nothing_more(bind):
    assert exposure_of(server(bind=bind).server, None).address == ""
    with pytest.raises(UnsafeAddress, match="nothing would be encrypted"):
        exposure_of(server(bind=bind, tlsCert="cert.pem", tlsKey="key.pem").server, TOKEN)


@pytest.mark.parametrize(
    ("bind", "beside"),
    [
        ("", ""),
        ("localhost", ""),
        ("127.0.0.1", ""),
        ("::ffff:127.0.0.1", ""),
        ("::1", "::1"),
        ("127.0.0.2", "127.0.0.2"),
    ],
)
def test_another_address_of_loopback_is_listened_on_too(bind, beside):
    assert exposure_of(server(bind=bind).server, None).beside == beside


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere loopback has one address until told otherwise")
async def test_another_address_of_loopback_answers_at_the_same_port(home):
    async with serve(home, server(bind="127.0.0.2"), token=TOKEN) as info, aiohttp.ClientSession() as http:
        port = info.url.rpartition(":")[2]
        for address in ("127.0.0.1", "127.0.0.2"):
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with http.get(f"http://{address}:{port}/api/projects", headers=headers) as answer:
                assert answer.status == 200, address


def test_half_a_certificate_and_one_that_is_none_are_named(tmp_path):
    (tmp_path / "x.pem").write_text("x")
    with pytest.raises(Invalid, match="belong together"):
        exposure_of(server(bind="192.0.2.1", tlsCert="x").server, TOKEN)
    broken = str(tmp_path / "x.pem")
    with pytest.raises(Invalid, match="cannot be used"):
        exposure_of(server(bind="192.0.2.1", tlsCert=broken, tlsKey=broken).server, TOKEN)


async def test_tls_outside_and_plain_loopback_beside_it(home, certificate):
    """The outside address has the names it was given; agents and the cockpit stay on loopback."""
    names = {"allowedHosts": ["maestro.test"]}
    trust = ssl.create_default_context(cafile=certificate["tlsCert"])
    secure = {"ssl": trust, "server_hostname": "maestro.test"}
    async with serve(home, server(bind="0.0.0.0", **names, **certificate), token=TOKEN) as info:
        runner_port = int(info.url.rpartition(":")[2])
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with aiohttp.ClientSession(headers=headers) as http:
            async with http.get(f"{info.url}/api/projects") as answer:
                assert answer.status == 200
            outside = await outside_port(http, trust, runner_port)
            url = f"https://127.0.0.1:{outside}/api/projects"
            for host, status in (("maestro.test", 200), ("evil.test", 421)):
                async with http.get(
                    url, headers={"Host": host}, ssl=trust, server_hostname="maestro.test"
                ) as answer:
                    assert answer.status == status, host
            async with http.get(
                url, headers={"Host": "maestro.test", "Authorization": "Bearer x"}, **secure
            ) as answer:
                assert answer.status == 401


async def outside_port(http, trust, loopback_port):
    """The outside listener took its port first, so it is one of those just below."""
    for port in range(loopback_port - 1, loopback_port - 30, -1):
        try:
            url = f"https://127.0.0.1:{port}/health"
            async with http.get(url, headers={"Host": "maestro.test"}, ssl=trust, server_hostname="maestro.test"):
                return port
        except aiohttp.ClientError:
            continue
    raise AssertionError("no listener with TLS")


async def test_the_command_asks_for_trust_in_a_certificate_it_does_not_know(home, certificate, tmp_path):
    """And comes through as soon as it has it, with the token over TLS alone."""
    settings = server(bind="0.0.0.0", allowedHosts=["maestro.test", "localhost"], **certificate)
    async with serve(home, settings, token=TOKEN) as info, aiohttp.ClientSession() as http:
        trust = ssl.create_default_context(cafile=certificate["tlsCert"])
        port = await outside_port(http, trust, int(info.url.rpartition(":")[2]))
        environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "MAESTRO_TOKEN": TOKEN}
        command = [sys.executable, "-m", "maestro_tui.cli", "--server", f"https://localhost:{port}"]
        command += ["project", "create", "over TLS", "--quiet"]

        def create(**more):
            return subprocess.run(command, env=environment | more, capture_output=True, text=True, timeout=60)

        refused = await asyncio.to_thread(create)
        assert refused.returncode == 3
        assert "certificate that is not trusted" in refused.stderr
        assert "SSL_CERT_FILE" in refused.stderr
        known = await asyncio.to_thread(create, SSL_CERT_FILE=certificate["tlsCert"])
        assert known.returncode == 0, known.stderr
        assert known.stdout.startswith("proj_")


async def test_behind_a_proxy_guesses_count_for_whom_it_speaks(home):
    settings = server(bind="127.0.0.1", behindProxy=True)
    async with serve(home, settings) as info, aiohttp.ClientSession() as http:

        async def guess(peer):
            headers = {"Authorization": "Bearer wrong", "X-Forwarded-For": f"198.51.100.7, {peer}"}
            async with http.get(f"{info.url}/api/projects", headers=headers) as answer:
                return answer.status

        assert [await guess("203.0.113.1") for _ in range(22)] == [401] * 20 + [429] * 2
        assert await guess("203.0.113.2") == 401


def test_a_token_of_ones_own(tmp_path):
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    assert given_token(str(file), {}) == TOKEN
    environ = {"MAESTRO_OWNER_TOKEN": TOKEN}
    assert given_token("", environ) == TOKEN
    assert environ == {}, "no program we start may see it"
    assert given_token("", {}) is None
    for bad in ("short", "x" * 31, "with blanks " * 4, "slash/" * 8, "ü" * 40):
        file.write_text(bad)
        with pytest.raises(Invalid, match=r"at least 32|cannot be read"):
            given_token(str(file), {})
    with pytest.raises(Invalid, match="cannot be read"):
        given_token(str(tmp_path / "none"), {})
    file.write_text(TOKEN)
    file.chmod(0o666)
    with pytest.raises(Invalid, match=r"others"):
        given_token(str(file), {})
