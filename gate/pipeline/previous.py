"""What may have been applied before: `python3 -m athena_gate.gate.pipeline.previous APPLIED MAIN
TIP FOLDER [SUCCEEDED...]`.

Synthesizes the commit APPLIED, the last one whose apply went through, and every first-parent
commit after it up to TIP into FOLDER, one over the other. SUCCEEDED are the commits of pipelines
that went through, the newest first, where somebody else than the pipeline may move what says
APPLIED: this begins with the older of both, so that moving it forward hides nothing. Prints the
commit with which it begins; nothing where there is none. A stack that an apply in between has made
is found there even when that apply failed elsewhere and was never recorded: each synth sets aside
what it no longer builds (`athena_gate.stacks.removed`).

What says which commit was applied may have been written by anybody who can push. So the commit must
be one of MAIN, the branch that is reviewed, and of none is anything run: today's athena-gate reads
its gate.hcl, whatever program its cdktf.json names, with today's lock of the provider.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from athena_gate.stacks.providers import LOCK

PROGRAM = """
import sys
from datetime import date
from athena_gate.gate.cli import program
from athena_gate.modules import clock

with clock.at(date.fromisoformat(sys.argv.pop(1))):
    program()
"""


def is_on(branch: str, commit: str) -> bool:
    """Return whether ``commit`` is one of ``branch``: its tip, or before it."""
    command = ["git", "merge-base", "--is-ancestor", commit, branch]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 0


def begin(applied: str, branch: str, succeeded: Sequence[str]) -> str:
    """Return the older of ``applied``, which may be empty, and the first of ``succeeded`` that is
    on ``branch``; empty where there is neither."""
    done = next((commit for commit in succeeded if is_on(branch, commit)), "")
    return done if done and (not applied or is_on(applied, done)) else applied


def commits(first: str, applied: str, tip: str) -> list[str]:
    """Return ``first``, ``applied`` and the commits after the first on the way to ``tip``, the
    oldest first."""
    between = _git("rev-list", "--first-parent", "--reverse", f"{first}..{tip}").split()
    named = [_commit(one) for one in (first, applied)]
    return [*dict.fromkeys(one for one in named if one not in between), *between]


def _commit(name: str) -> str:
    return _git("rev-parse", f"{name}^{{commit}}").strip()


def synthesize(commit: str, output: Path) -> str:
    """Synthesize ``commit`` into ``output``; return why it cannot be, or the empty string."""
    day = _git("show", "--no-patch", "--format=%cs", f"{commit}^{{commit}}").strip()
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        _git("worktree", "add", "--quiet", "--detach", str(tree), commit)
        try:
            # That of the commit may be a link to elsewhere.
            (tree / LOCK).unlink(missing_ok=True)
            if LOCK.is_file():
                shutil.copyfile(LOCK, tree / LOCK)
            done = subprocess.run(
                # Not from the current folder, which is that of the commit; and as of its day, for a
                # PGP key of it may have expired since.
                [sys.executable, "-P", "-c", PROGRAM, day, "synth"],
                cwd=tree,
                env={**os.environ, "CDKTF_OUTDIR": str(output.resolve())},
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            _git("worktree", "remove", "--force", str(tree))
    return done.stderr if done.returncode else ""


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout


def main(arguments: Sequence[str]) -> int:
    """Return 1 when the applied commit is not on the main branch or cannot be synthesized; another
    one that cannot be was never applied either."""
    applied, branch, tip, folder, *succeeded = arguments
    if applied and not is_on(branch, applied):
        print(
            f"{applied}, which was applied last as athena-gate/applied says, is not on {branch}, "
            "so nothing of it is read: somebody else than the pipeline has moved that. Let nobody "
            "else do so, and move it to the commit that was applied last",
            file=sys.stderr,
        )
        return 1
    if succeeded and not any(is_on(branch, commit) for commit in succeeded):
        print(
            f"pipelines went through, and none of them was of a commit that is on {branch}: it was "
            "rewritten, or somebody has run them for a tag of that name; delete these runs, and "
            "such a tag",
            file=sys.stderr,
        )
        return 1
    first = begin(applied, branch, succeeded)
    if not first:
        return 0
    last = _commit(applied or first)
    print(_commit(first))
    if _commit(first) != last:
        print(
            f"{last} is said to be applied, and no run of it has gone through yet: compared with "
            f"{_commit(first)}, whose run has",
            file=sys.stderr,
        )
    for commit in commits(first, last, tip):
        problem = synthesize(commit, Path(folder))
        if problem and commit == last:
            print(
                f"{problem}{commit}, which was applied last, cannot be synthesized, so nobody can "
                "say which stacks it had; move athena-gate/applied to a commit that has them",
                file=sys.stderr,
            )
            return 1
        if problem:
            print(f"{problem}{commit} is skipped: it cannot be synthesized", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
