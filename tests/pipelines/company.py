"""A company's own repository, in which a pipeline runs without anything of this one, and the Python
of the machines that run it."""

import contextlib
import hashlib
import json
import os
import shlex
import shutil
import subprocess
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path

from athena_gate.gate.init import files
from athena_gate.gate.pipeline.write import REQUIREMENTS, Platform, pipeline, write
from athena_gate.stacks.configuration import load
from tests.conftest import ROOT

# Whoever took these for ours, or for Python's, would end at once.
THEIRS = (
    *("gate/__init__.py", "modules/__init__.py", "stacks/__init__.py", "main.py"),
    *("json.py", "pip.py", "urllib.py"),
)

# Of two installations of the same, the second is a copy of the first.
PYTHON = """\
#!/bin/sh
# pip takes a second, and a pipeline calls it in each job.
python={python}
case "$1 $2 $3" in "-m pip install") ;; *) exec $python "$@" ;; esac
target= requirements= take=
for word; do
  test "$take" = "" || eval "$take=\\$word" take=
  case "$word" in --target) take=target ;; -r) take=requirements ;; esac
done
kept={kept}/"$(sha256sum < "$requirements" | cut -c 1-20)"
if test ! -e "$kept"; then
  $python "$@" || exit
  new="$(mktemp -d {kept}/XXXXXX)"
  test "$target" = "" || cp -a "$target/." "$new"
  mv -T "$new" "$kept" 2> /dev/null || rm -rf "$new"
elif test "$target"; then
  mkdir -p "$target"
  cp -a "$kept/." "$target"
fi
"""

# Only root could be somebody else, and here nobody could read what tests have made. What the engine
# unpacks stays in the home of before, as it takes seconds.
_CACHE = 'JSII_RUNTIME_PACKAGE_CACHE_ROOT="${HOME:-$TMPDIR}/.cache/aws/jsii/package-cache"'
OTHERS = {
    "chown": "exit 0",
    "setpriv": 'while case "$1" in --*) ;; *) false ;; esac; do shift; done\n'
    f'test "$1 $2" = "env -i" && shift 2 && exec env -i {_CACHE} "$@"',
}


def company(folder: Path, platform: Platform, configuration: str, wheel: Path) -> None:
    """Make ``folder`` a repository with ``configuration`` as its gate.hcl and what `gate init` and
    `gate pipeline` write, of which ``wheel`` is the package; nothing is committed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in THEIRS:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text('raise SystemExit("this is the company\'s")\n')
    (folder / "keys").mkdir()
    (folder / "keys" / "example.asc").write_bytes((ROOT / "keys" / "example.asc").read_bytes())
    file = folder / "gate.hcl"
    file.write_text(configuration)
    with contextlib.chdir(folder):
        files.place(Path(), file.name)
        for made in pipeline(platform, load(Path(file.name))):
            write(made, Path(), force=False)
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    version = wheel.name.split("-")[1]
    pin = f"athena-gate=={version} --hash=sha256:{digest}\n"
    (folder / REQUIREMENTS).write_text(pin)
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(folder)], check=True)


def runner(folder: Path, wheel: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a machine whose ``python3`` can install ``wheel`` and nothing else:
    what that needs is there already. Its programs go into ``folder``; ``variables`` lead to
    Terraform."""
    python = folder / "venv" / "bin" / "python3"
    if not python.exists():
        venv.create(folder / "venv", with_pip=False)
        (site,) = (folder / "venv").glob("lib/python*/site-packages")
        # A path of a .pth file does not bring its own .pth files, such as of an editable checkout.
        (site / "all.pth").write_text(sysconfig.get_path("purelib") + "\n")
        program = folder / "bin" / "python3"
        program.parent.mkdir()
        (folder / "kept").mkdir()
        program.write_text(
            PYTHON.format(python=shlex.quote(str(python)), kept=shlex.quote(str(folder / "kept")))
        )
        program.chmod(0o755)
        others(program.parent)
    terraform = shutil.which("terraform", path=variables.get("PATH")) or ""
    first = [str(folder / "bin"), str(Path(terraform).parent) if terraform else ""]
    return {
        **{name: variables[name] for name in ("TF_CLI_CONFIG_FILE",) if name in variables},
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheel.parent),
        "PATH": os.pathsep.join([*filter(None, first), *_others()]),
    }


def others(folder: Path) -> None:
    """Write programs into ``folder`` that go on as the same user."""
    for name, script in OTHERS.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)


def planted(folder: Path, ran: Path) -> None:
    """Leave in ``folder`` what another job would run, if it ran anything that it is given: it would
    make the file ``ran``."""
    program = f"open({str(ran)!r}, 'w')\nraise SystemExit\n"
    for name in ("json.py", "pip.py", "sitecustomize.py", "athena_gate/__init__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(program)
    (folder / "gate-requirements.txt").write_text("./evil-1-py3-none-any.whl\n")
    script = f"touch {ran}\n"
    for name in ("collect.sh", "publish.sh"):
        (folder / "pipelines" / "hcp-vcs").mkdir(parents=True, exist_ok=True)
        (folder / "pipelines" / "hcp-vcs" / name).write_text(script)
    (folder / "pipelines" / "gitlab-ci").mkdir(parents=True)
    job = {"stage": "plan", "script": [script], "id_tokens": {"T": {"aud": "$APPLY_AUDIENCE"}}}
    template = {"stages": ["plan"], "evil": job}
    (folder / "pipelines" / "gitlab-ci" / "stack.yml").write_text(json.dumps(template))
    (folder / "plans.yml").write_text(json.dumps(template))
    (folder / ".git").mkdir(exist_ok=True)
    with (folder / ".git" / "config").open("a") as config:
        config.write(f'[core]\n\tfsmonitor = "touch {ran}; false"\n')


def _others() -> list[str]:
    """Return the folders of programs without those of this checkout."""
    ours = sysconfig.get_path("scripts"), str(ROOT / ".venv/bin"), str(ROOT / "node_modules/.bin")
    real = {os.path.realpath(one) for one in ours}
    return [p for p in os.environ["PATH"].split(os.pathsep) if os.path.realpath(p) not in real]
