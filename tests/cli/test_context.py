"""Where the command's context comes from, and which source wins."""

import json
import os

import pytest

from maestro_tui.cli.context import Context, Server, read_config
from maestro_tui.cli.diagnostics import Failure
from maestro_tui.discovery import process_start_time
from maestro_tui.paths import Home


@pytest.fixture
def home(tmp_path):
    root = tmp_path / ".maestro"
    root.mkdir(mode=0o700)
    return Home.from_environment({"HOME": str(tmp_path)})


@pytest.fixture
def env(tmp_path):
    return {"HOME": str(tmp_path)}


def publish(home, url, *, token="owner"):
    document = {"url": url, "token": token, "pid": os.getpid(), "epoch": "e", "version": "1"}
    document["startTime"] = process_start_time(os.getpid())
    home.discovery.write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("address", "url", "token"),
    [
        ("http://127.0.0.1:4567", "http://127.0.0.1:4567", None),
        ("http://127.0.0.1:4567/", "http://127.0.0.1:4567", None),
        ("http://127.0.0.1:4567/api", "http://127.0.0.1:4567", None),
        ("http://127.0.0.1:4567/~tok.en", "http://127.0.0.1:4567", "tok.en"),
        ("http://127.0.0.1:4567/~tok.en/", "http://127.0.0.1:4567", "tok.en"),
        ("http://host/base/~t/", "http://host:80/base", "t"),
        ("https://host", "https://host:443", None),
        ("http://[::1]:99", "http://[::1]:99", None),
    ],
)
def test_addresses(address, url, token):
    server = Server(address, "here")
    assert (server.url, server.token) == (url, token)


@pytest.mark.parametrize("address", ["", "localhost:4567", "ftp://x", "http://", "http://x:99999", "http://a b"])
def test_what_is_no_address_is_refused_with_its_source(address):
    with pytest.raises(Failure, match="--server"):
        Server(address, "--server")


def test_the_order_of_sources_for_the_server(home, env):
    assert Context(env).server().url == "http://127.0.0.1:4567"
    publish(home, "http://127.0.0.1:5001")
    assert Context(env).server().url == "http://127.0.0.1:5001"
    home.cli_config.write_text("MAESTRO_SERVER_URL=http://127.0.0.1:5002\n")
    assert Context(env).server().url == "http://127.0.0.1:5002"
    env["MAESTRO_SERVER_URL"] = "http://127.0.0.1:5003"
    assert Context(env).server().url == "http://127.0.0.1:5003"
    env["MAESTRO_API_URL"] = "http://127.0.0.1:5004"
    assert Context(env).server().url == "http://127.0.0.1:5004"
    flag = Context(env, server="http://127.0.0.1:5005").server()
    assert (flag.url, flag.source) == ("http://127.0.0.1:5005", "--server")


def test_the_owners_token_goes_only_to_the_server_that_published_it(home, env):
    publish(home, "http://127.0.0.1:5001")
    assert Context(env).server().token == "owner"
    assert Context(env, server="http://localhost:5001").server().token == "owner"
    assert Context(env, server="http://127.0.0.1:5002").server().token is None
    assert Context({**env, "MAESTRO_TOKEN": "mine"}).server().token == "mine"
    assert Context(env, server="http://127.0.0.1:5001/~capability").server().token == "capability"


def test_a_server_that_moved_is_looked_for_where_it_published_itself(home, env):
    told = {**env, "MAESTRO_API_URL": "http://127.0.0.1:1/~session.token"}
    context = Context(told)
    assert context.moved(context.server()) is None  # nobody has published anything
    publish(home, "http://localhost:4711")
    there = context.moved(context.server())
    assert (there.url, there.token) == ("http://localhost:4711", "session.token")
    assert context.moved(there) is None  # there is no third place
    plain = Context({**env, "MAESTRO_API_URL": "http://127.0.0.1:1"})
    assert plain.moved(plain.server()) is None  # without a token of one's own the address is all there is
    flag = Context(told, server="http://127.0.0.1:1")
    assert flag.moved(flag.server()) is None  # a person's own word is not second-guessed
    far = Context({**env, "MAESTRO_API_URL": "http://build.example:1"})
    assert far.moved(far.server()) is None


def test_the_config_file_never_overrides_the_environment(home, env):
    home.cli_config.write_text(
        "# mine\nexport MAESTRO_PROJECT_ID='proj_file'\n\nnonsense\nMAESTRO_TASK_IDS=a, b\n"
    )
    assert read_config(home) == {"MAESTRO_PROJECT_ID": "proj_file", "MAESTRO_TASK_IDS": "a, b"}
    assert Context(env).project().value == "proj_file"
    assert str(home.cli_config) in Context(env).project().source
    assert Context({**env, "MAESTRO_PROJECT_ID": "proj_env"}).project().value == "proj_env"
    assert Context(env, project="proj_flag").project().value == "proj_flag"
    assert Context(env).task_ids == ["a", "b"]


def test_a_config_file_that_cannot_be_read_is_named(home, env):
    home.cli_config.mkdir()
    with pytest.raises(Failure, match=r"config cannot be read: Is a directory"):
        Context(env).project()


def test_a_task_is_the_one_given_or_the_only_one_of_ours(env):
    assert Context(env).require_task("t1") == "t1"
    assert Context({**env, "MAESTRO_TASK_IDS": "t1"}).require_task() == "t1"
    with pytest.raises(Failure, match="holds 2 tasks") as caught:
        Context({**env, "MAESTRO_TASK_IDS": "t1,t2"}).require_task()
    assert caught.value.code == "missing_task_id"
    with pytest.raises(Failure, match="MAESTRO_TASK_IDS is not set"):
        Context(env).require_task()
    with pytest.raises(Failure) as caught:
        Context(env).require_task("../etc/passwd")
    assert caught.value.code == "invalid_task_id"


def test_a_session_is_named_by_its_variable(env):
    with pytest.raises(Failure, match="MAESTRO_SESSION_ID is not set"):
        Context(env).require_session()
    assert Context({**env, "MAESTRO_SESSION_ID": "s1"}).require_session() == "s1"
