"""Write the groups `locked` and `dev-locked` of pyproject.toml: every package that `run` and `dev` bring, pinned.

Run as `.venv/bin/python .ci/lock.py` after changing a dependency. pip resolves both groups as for an empty
environment; the two locked groups stand between the marker lines at the end of the file, and only they are rewritten.
"""

import json
import re
import subprocess  # noqa: S404 - calls pip of the same environment with fixed arguments
import sys
from pathlib import Path

PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
START = "# locked: written by .ci/lock.py, not by hand\n"
END = "# end of locked\n"


def resolve(group: str) -> dict[str, str]:
    """Return package name (normalised) -> version for everything that the group brings."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--ignore-installed"]
    command += ["--report", "-", "--group", f"{PYPROJECT}:{group}"]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - see above
    packages = (item["metadata"] for item in json.loads(answer.stdout)["install"])
    return {re.sub(r"[-_.]+", "-", package["name"]).lower(): package["version"] for package in packages}


def write_groups(run: dict[str, str], dev: dict[str, str]) -> None:
    """Replace the text between the two marker lines with both groups, sorted by name."""
    lines = ["locked = [\n", *(f'    "{name}=={run[name]}",\n' for name in sorted(run)), "]\n"]
    only_dev = sorted(set(dev) - set(run))
    lines += ["dev-locked = [\n", '    { include-group = "locked" },\n']
    lines += [*(f'    "{name}=={dev[name]}",\n' for name in only_dev), "]\n"]
    before, rest = PYPROJECT.read_text().split(START)
    _, after = rest.split(END)
    PYPROJECT.write_text(before + START + "".join(lines) + END + after)


def main() -> None:
    """Resolve both groups, refuse a package that they pin differently, write the file, say what was written."""
    run, dev = resolve("run"), resolve("dev")
    different = sorted(name for name in run if dev.get(name) != run[name])
    if different:
        sys.exit(f"The groups run and dev pin these packages differently: {', '.join(different)}.")
    write_groups(run, dev)
    print(f"{len(run)} packages locked for running, {len(dev)} for development.")


if __name__ == "__main__":
    main()
