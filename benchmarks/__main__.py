"""Run every benchmark, or those named: `python -m benchmarks [NAME …]`."""

import importlib
import pkgutil
import sys

import benchmarks

HELPERS = {"__main__", "outer", "report", "stage"}
NAMES = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name not in HELPERS]


def main() -> int:
    wanted = sys.argv[1:] or NAMES
    if unknown := [name for name in wanted if name not in NAMES]:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    for name in wanted:
        print(f"\n## {name}\n", flush=True)
        importlib.import_module(f"benchmarks.{name}").main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
