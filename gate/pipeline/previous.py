"""What may have been applied before: `python3 -m athena_gate.gate.pipeline.previous APPLIED TIP
FOLDER`.

Synthesizes the commit APPLIED, the last one whose apply went through, and every first-parent
commit after it up to TIP into FOLDER, one over the other, each as its cdktf.json says. A
stack that an apply in between has made is found there even when that apply failed elsewhere and was
never recorded: each synth sets aside what it no longer builds (`athena_gate.stacks.removed`).
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from athena_gate.modules.files import MEBIBYTE, Unreadable, read_json

_APP = "gate synth"


def commits(applied: str, tip: str) -> list[str]:
    """Return ``applied`` and the commits after it on the way to ``tip``, the oldest first."""
    between = _git("rev-list", "--first-parent", "--reverse", f"{applied}..{tip}")
    return [_git("rev-parse", f"{applied}^{{commit}}").strip(), *between.split()]


def synthesize(commit: str, output: Path) -> str:
    """Synthesize ``commit`` into ``output``; return why it cannot be, or the empty string."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            done = subprocess.run(
                app(tree),
                # As cdktf does.
                shell=True,
                cwd=tree,
                env={**os.environ, "CDKTF_OUTDIR": str(output.resolve())},
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            _git("worktree", "remove", "--force", str(tree))
    return done.stderr if done.returncode else ""


def app(folder: Path) -> str:
    """Return the command that synthesizes what is in ``folder``."""
    try:
        found = read_json(folder / "cdktf.json", MEBIBYTE)
    except Unreadable:
        return _APP
    command = found.get("app") if isinstance(found, dict) else None
    return command if isinstance(command, str) and command else _APP


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout


def main(arguments: Sequence[str]) -> int:
    """Return 1 when the applied commit cannot be synthesized; a later one that cannot be was
    never applied either."""
    applied, tip, folder = arguments
    first, *later = commits(applied, tip)
    if problem := synthesize(first, Path(folder)):
        print(
            f"{problem}{first}, which was applied last, cannot be synthesized, so nobody can say "
            "which stacks it had; move the branch athena-gate/applied to a commit that has them",
            file=sys.stderr,
        )
        return 1
    for commit in later:
        if problem := synthesize(commit, Path(folder)):
            print(f"{problem}{commit} is skipped: it cannot be synthesized", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
