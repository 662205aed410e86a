"""How much of what agents do is read right: the score of the bench in `tests/runner/behaviours`."""

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[1] / "tests" / "runner" / "test_behaviours.py"


def main() -> None:
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n0",
            "-p",
            "no:cacheprovider",
            str(BENCH),
            "-k",
            "test_the_score",
        ],
        check=True,
    )


if __name__ == "__main__":
    main()
