"""Record real programs and what tmux shows of them: `python tests/terminal/conformance/record.py`.

Each program runs in a PTY of its own and is sent keys; its output is kept as `<name>.out`, and
the screen tmux makes of these bytes as `<name>.tmux`. Programs that are not installed are left
out. Nothing of the machine gets in: files are made to be shown, htop and top see themselves alone.
"""

import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import ptyprocess

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2]))

from tests.terminal.conformance.references import COLUMNS, ROWS, tmux_screen  # noqa: E402

RECORDINGS = HERE / "recordings"
QUIET_SECONDS = 1.0
LARGEST = 24 * 1024

TEXT = "".join(f"{n:3} The quick brown fox jumps over the lazy dog. Größe 漢字かな.\n" for n in range(1, 80))
PYTHON_BAR = (
    "import time\nfrom rich.progress import track\n"
    "for _ in track(range(8), description='Working'): time.sleep(0.05)\n"
)
VIM_KEYS = ["\x06", "3dd", "Otyped\x1b", ":set nu\r", "/lazy\r", "\x0c"]
TMUX = ["tmux", "-L", "maestro-record", "-f", "/dev/null", "new-session", "sh"]
TMUX_KEYS = ["\x02%", "seq 30\r", '\x02"', "ls\r"]
PYTHON_KEYS = ["1 + 1\r", "print('漢字', 'e\u0301', '\\t|')\r", "[n for n in range(60)]\r"]
PROGRAMS: dict[str, tuple[list[str], list[str]]] = {
    "vim": (["vim", "-u", "NONE", "-i", "NONE", "text.txt"], VIM_KEYS),
    "less": (["less", "-R", "text.txt"], [" ", "j", "/quick\r", "G", "b"]),
    "htop": (["sh", "-c", "exec htop --delay=100 -p $$"], ["\x1b[B", "\x1bOQ"]),
    "top": (["sh", "-c", "exec top -d 9 -p $$"], ["1"]),
    "tmux": (TMUX, TMUX_KEYS),
    "git log": (["git", "-c", "color.ui=always", "log", "--graph", "--oneline", "--stat"], [" "]),
    "python3": (["python3", "-q"], PYTHON_KEYS),
    "rich": ([sys.executable, "-c", PYTHON_BAR], []),
}


def recorded(argv: list[str], keys: list[str], directory: Path) -> bytes:
    """What a program writes until it has been quiet after the last key."""
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(directory), "LANG": "C.UTF-8", "PS1": "$ ",
        "GIT_PAGER": "less -RF", "TERM": "xterm-256color", "COLORTERM": "truecolor", "LESS": "-R",
        "PYTHON_BASIC_REPL": "1",
    }  # fmt: skip
    process = ptyprocess.PtyProcess.spawn(argv, dimensions=(ROWS, COLUMNS), env=environment, cwd=str(directory))
    output, waiting, last = b"", list(keys), time.monotonic()
    try:
        while time.monotonic() - last < QUIET_SECONDS or waiting:
            if select.select([process.fd], [], [], 0.1)[0]:
                output += os.read(process.fd, 65536)
                last = time.monotonic()
            elif waiting and time.monotonic() - last > QUIET_SECONDS / 2:
                process.write(waiting.pop(0).encode())
                last = time.monotonic()
    except (EOFError, OSError):  # the program ended
        pass
    finally:
        process.close(force=True)
    return output


def prepared(directory: Path) -> None:
    """Files for the programs to show: the same in every recording."""
    (directory / "text.txt").write_text(TEXT)
    git = [
        "git",
        "-C",
        str(directory),
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.org",
        "-c",
        "core.abbrev=7",
    ]
    dates = {**os.environ, "GIT_AUTHOR_DATE": "2026-01-02T03:04:05Z", "GIT_COMMITTER_DATE": "2026-01-02T03:04:05Z"}
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    for number in range(12):
        (directory / f"file{number}.txt").write_text(f"{number}\n" * number)
        subprocess.run([*git, "add", "."], check=True)
        subprocess.run([*git, "commit", "-q", "-m", f"Änderung {number}: 変更"], env=dates, check=True)


def main() -> None:
    RECORDINGS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        prepared(directory)
        for program, (argv, keys) in PROGRAMS.items():
            if shutil.which(program.split()[0]) is None and program != "rich":
                print(f"{program}: not installed")
                continue
            data = recorded(argv, keys, directory)[:LARGEST]
            stem = RECORDINGS / program.replace(" ", "-")
            stem.with_suffix(".out").write_bytes(data)
            stem.with_suffix(".tmux").write_text("\n".join(tmux_screen(data)) + "\n")
            print(f"{program}: {len(data)} bytes")


if __name__ == "__main__":
    main()
