"""`doctor --report`: everything a bug report needs and nothing that is a secret."""

import stat
import tarfile

from maestro_tui.paths import Home

CANARY = "sk-canary-0123456789"


def test_a_bundle_without_secrets(board, server, tmp_path):
    home = Home.from_environment({"HOME": str(tmp_path)})
    home.root.mkdir()
    (home.root / "config.toml").write_text(
        f'agent = "mine"\napiToken = "{CANARY}"\n[agents.mine]\ncommand = ["x"]\nenv = {{ ANY = "{CANARY}" }}\n'
        f'[agents.mine.env]\nTHING = "{CANARY}"\n'
    )
    home.logs.mkdir(exist_ok=True)
    token = server.info.token
    (home.logs / "cockpit.log").write_text(
        f"INFO said {CANARY} and {token}\nGET /~{token}/api mst_sess_1.{'ab' * 32} at {home.root}\n"
    )
    file = tmp_path / "report.tar.gz"
    env = {"OPENAI_API_KEY": CANARY, "MAESTRO_TOKEN": token}
    said = board.run("doctor", "--report", str(file), env=env).out
    assert "have a look inside" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with tarfile.open(file) as bundle:
        parts = {member.name: bundle.extractfile(member).read().decode() for member in bundle}
    for name in ("doctor.json", "versions.json", "environment.txt", "home.txt", "config.toml", "metrics.txt"):
        assert f"maestro-report/{name}" in parts
    assert "maestro_uptime_seconds" in parts["maestro-report/metrics.txt"]
    assert 'agent = "mine"' in parts["maestro-report/config.toml"]
    assert "INFO said [hidden]" in parts["maestro-report/logs/cockpit.log"]
    everything = "".join(parts.values())
    for secret in (CANARY, token, "abab", str(home.root)):
        assert secret not in everything
    assert "choose a file that does not exist" in board.run("doctor", "--report", str(file), env=env, code=1).err
