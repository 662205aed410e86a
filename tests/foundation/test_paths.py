"""Where things live."""

from pathlib import Path

import pytest

from maestro_tui.paths import Home, bundled


@pytest.mark.parametrize(
    ("environ", "root", "data", "sessions"),
    [
        ({"HOME": "/u"}, "/u/.maestro", "/u/.maestro/data", "/u/.maestro/sessions"),
        ({"HOME": "/u", "MAESTRO_HOME": "/m"}, "/m", "/m/data", "/m/sessions"),
        ({"HOME": "/u", "MAESTRO_HOME": "~/x"}, "/u/x", "/u/x/data", "/u/x/sessions"),
        ({"HOME": "/u", "DATA_DIR": "/d", "SESSION_DIR": "~"}, "/u/.maestro", "/d", "/u"),
        ({"HOME": "/u", "MAESTRO_HOME": ""}, "/u/.maestro", "/u/.maestro/data", "/u/.maestro/sessions"),
    ],
)
def test_home_from_the_environment(environ, root, data, sessions):
    home = Home.from_environment(environ)
    assert (home.root, home.data, home.sessions) == (Path(root), Path(data), Path(sessions))


def test_names_inside_a_home():
    home = Home.from_environment({"HOME": "/u"})
    assert home.session("sess_1") == Path("/u/.maestro/sessions/sess_1")
    assert home.discovery.name == "server.json"


@pytest.mark.attack(94)
def test_two_homes_never_share_a_runtime_directory_and_sockets_fit():
    one, two = (Home.from_environment({"HOME": name}) for name in ("/one", "/two"))
    environ = {"XDG_RUNTIME_DIR": "/run/user/1000"}
    assert one.runtime(environ) != two.runtime(environ)
    assert one.runtime(environ) == one.runtime(environ)
    assert len(str(one.runtime({}) / "sess_1700000000000_abcdefghi.sock")) < 107


def test_bundled_data_is_named():
    assert bundled("skills").name == "skills"
