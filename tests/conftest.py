"""What several tests share: a project folder, its synthesis, Terraform, an embedded AWS."""

import contextlib
import fcntl
import gc
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pysequoia
import pytest
from hypothesis import settings

from athena_gate.gate.sandbox import Sandbox
from athena_gate.gate.synth import record
from athena_gate.gate.terraform import (
    NoProvider,
    NoTerraform,
    require_terraform,
    terraform_environment,
)
from athena_gate.stacks.configuration import load

# The provider reads its schema at every start. Not collecting garbage meanwhile takes a third off
# the processor time of a `terraform validate` (measured 2026-11, provider 5.100.0).
COLLECT_LATE = {"GOGC": "off", "GOMEMLIMIT": "2GiB"}
os.environ |= COLLECT_LATE

# The folders are found by these names too; what comes in twice has two classes of everything.
sys.modules |= dict.fromkeys(("gate", "modules", "stacks"))  # type: ignore[arg-type]

# How long an example takes says how busy the machine is.
settings.register_profile("athena-gate", deadline=None)
settings.load_profile("athena-gate")
# Of `make test-quick`; tests with a number of their own ask for it with ``tries``.
_QUICK = "quick"
settings.register_profile(_QUICK, deadline=None, max_examples=settings().max_examples // 5)


def tries(count: int) -> int:
    """Return ``count``, how many random cases a test tries, and in the quick run a fifth of it."""
    return count // 5 if settings.get_current_profile_name() == _QUICK else count


ROOT = Path(__file__).resolve().parent.parent

ACCOUNT = """\
account "analytics" {
  id     = "111122223333"
  region = "eu-central-1"
}
"""

DOT = (
    ACCOUNT
    + """
dot "reporting" {
  account   = "analytics"
  databases = ["sales"]
  source "acme-lake" { prefixes = ["sales/"] }
  keys {
    pgp_key_file = "keys/ops.asc"
    generations  = ["2026-11"]
  }
}
"""
)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Keep the tests of a file on one worker with `-n 4` alone too: where something is deployed,
    each goes on from what the one before has left, and half of them on another worker fail."""
    if getattr(config.option, "numprocesses", None) and config.option.dist in ("no", "load"):
        config.option.dist = "loadfile"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that wait for S3 first, and those with slow tests before the others, first of
    all those of the whole project: one begun last keeps all other workers waiting."""

    def files(is_one: Callable[[pytest.Item], object]) -> set[Path]:
        return {item.path for item in items if is_one(item)}

    deploying = files(lambda item: "terraform_variables" in getattr(item, "fixturenames", ()))
    slow = files(lambda item: item.get_closest_marker("slow"))

    def when(item: pytest.Item) -> tuple[bool, bool, int]:
        return item.path not in deploying, item.path not in slow, len(item.path.parts)

    items.sort(key=when)


def pytest_collection_finish() -> None:
    """Keep what was collected out of every later garbage collection: it stays to the end."""
    gc.freeze()


@dataclass(frozen=True)
class Project:
    """A folder with gate.hcl, cdktf.json and a PGP key of its own."""

    folder: Path
    key: pysequoia.Tsk

    @property
    def file(self) -> Path:
        return self.folder / "gate.hcl"

    def write(self, text: str) -> None:
        """Replace gate.hcl."""
        self.file.write_text(text)

    @property
    def out(self) -> Path:
        return self.folder / "cdktf.out"

    def synth(self) -> dict[str, dict[str, Any]]:
        """Synthesize in this process, which has Node running after the first time, and return the
        JSON of every stack by its name."""
        from athena_gate.gate.synth import synthesize

        with contextlib.chdir(self.folder):
            synthesize(load(Path("gate.hcl")), self.out)
        return self.stacks()

    def run_main(self, **environment: str) -> dict[str, dict[str, Any]]:
        """Run main.py as cdktf does, and return the JSON of every stack by its name."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "main.py")],
            cwd=self.folder,
            env={**os.environ, "CDKTF_OUTDIR": "cdktf.out", **environment},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return self.stacks()

    def remember(self, environment: str = "") -> None:
        """Have what lies in cdktf.out, which no engine made, be the synth of gate.hcl as it
        stands in ``environment``, empty for none."""
        out = self.out / "environments" / environment if environment else self.out
        files = {path.parent.name: path for path in out.glob("stacks/*/cdk.tf.json")}
        listed = {name: {"workingDirectory": f"stacks/{name}"} for name in files}
        (out / "manifest.json").write_text(json.dumps({"stacks": listed}))
        made = {name: record.Made("", record.content(file)) for name, file in files.items()}
        keys = [self.folder / "keys" / "ops.asc"]
        now = record.record_of(out, self.file, environment, keys)
        record.write(out, replace(now, stacks=made))

    def stacks(self) -> dict[str, dict[str, Any]]:
        return {
            path.parent.name: json.loads(path.read_text())
            for path in sorted(self.out.glob("stacks/*/cdk.tf.json"))
        }


@pytest.fixture(scope="session")
def pgp_key() -> pysequoia.Tsk:
    """A throw-away PGP key pair."""
    return pysequoia.Tsk.generate(user_id="tests", profile=pysequoia.Profile.RFC4880)


@pytest.fixture
def project(tmp_path: Path, pgp_key: pysequoia.Tsk) -> Project:
    """A project whose gate.hcl has one Dot block."""
    return make_project(tmp_path, pgp_key, DOT)


def make_project(folder: Path, key: pysequoia.Tsk, text: str) -> Project:
    """Write a project with ``text`` as gate.hcl into ``folder``."""
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / "ops.asc").write_text(str(key.extract_certificate()))
    settings = json.loads((ROOT / "cdktf.json").read_text())
    settings["app"] = f'"{sys.executable}" "{ROOT / "main.py"}"'
    (folder / "cdktf.json").write_text(json.dumps(settings))
    made = Project(folder, key)
    made.write(text)
    return made


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def wheel(shared_folder: Path) -> Path:
    """The package as it is installed, built of this working tree."""
    folder = shared_folder / "wheel"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not list(folder.glob("*.whl")):
            command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def whole_terraform_variables() -> dict[str, str]:
    """The environment for Terraform as anybody has it; without Terraform or a provider the test is
    skipped, and fails where CI is set."""
    try:
        require_terraform(os.environ)
        return terraform_environment(ROOT / ".gate", os.environ)
    except (NoTerraform, NoProvider) as error:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def terraform_variables(
    whole_terraform_variables: dict[str, str], shared_folder: Path
) -> dict[str, str]:
    """The environment in which `terraform` has a small schema, which saves most of its time; see
    tests/small_schema.py."""
    folder = shared_folder / "small-schema"
    folder.mkdir(exist_ok=True)
    program = folder / "bin" / "terraform"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            write_program(folder, program, whole_terraform_variables)
    path = f"{program.parent}{os.pathsep}{whole_terraform_variables['PATH']}"
    return {**whole_terraform_variables, "PATH": path}


def write_program(folder: Path, program: Path, variables: dict[str, str]) -> None:
    """Write the `terraform` with a small schema; ``folder`` holds what it needs."""
    aws = {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}
    configuration = {"terraform": {"required_providers": {"aws": aws}}}
    (folder / "main.tf.json").write_text(json.dumps(configuration))
    command = ["terraform", f"-chdir={folder}", "init", "-input=false"]
    subprocess.run(command, env=variables, check=True, capture_output=True)
    (provider,) = folder.glob(".terraform/providers/*/hashicorp/aws/*/*/terraform-provider-aws*")
    terraform = shutil.which("terraform", path=variables["PATH"])
    relay = ROOT / "tests" / "small_schema.py"
    words = [sys.executable, "-I", relay, provider, folder / "schema", terraform]
    program.parent.mkdir()
    part = program.with_suffix(".part")
    part.write_text(f'#!/bin/sh\nexec {shlex.join(map(str, words))} "$@"\n')
    part.chmod(0o755)
    part.rename(program)


# What Terraform 1.11.4 answers to `gate sheet` where nothing was deployed.
UNDEPLOYED = """\
#!/bin/sh
folder="${1#-chdir=}"
case "$*" in
  version) echo "Terraform v1.11.4" ;;
  *" init "*) mkdir "$folder/.terraform" ;;
  *" output "*)
    if [ ! -d "$folder/.terraform" ]; then
      echo 'Error: Backend initialization required, please run "terraform init"' >&2
      exit 1
    fi
    echo "{}" ;;
  *) exit 3 ;;
esac
"""


@pytest.fixture(params=["recorded", pytest.param("real", marks=pytest.mark.slow)])
def undeployed(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """The environment of a Terraform that has deployed nothing; its answers, or itself."""
    if request.param == "real":
        found: dict[str, str] = request.getfixturevalue("terraform_variables")
        return found
    folder = tmp_path / "terraform"
    folder.mkdir()
    (folder / "terraform").write_text(UNDEPLOYED)
    (folder / "terraform").chmod(0o755)
    # Where it says where providers come from, nobody asks the registry.
    (folder / "terraform.rc").write_text("provider_installation {}\n")
    return {
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "TF_CLI_CONFIG_FILE": str(folder / "terraform.rc"),
    }


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """An embedded AWS whose own account is that of the Dot block."""
    with Sandbox("111122223333") as running:
        yield running


@pytest.fixture(scope="module")
def sandbox_variables(terraform_variables: dict[str, str], sandbox: Sandbox) -> dict[str, str]:
    """The environment in which Terraform works against ``sandbox``."""
    return sandbox.environment(terraform_variables)


Terraform = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def terraform(sandbox_variables: dict[str, str]) -> Terraform:
    """Terraform working against ``sandbox``."""
    return terraform_in(sandbox_variables)


def terraform_in(environment: dict[str, str]) -> Terraform:
    """Return what runs ``terraform -chdir=FOLDER ARGUMENTS``; it fails unless the exit code is in
    ``ok``."""

    def run(
        folder: Path, *arguments: str, ok: tuple[int, ...] = (0,)
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["terraform", f"-chdir={folder}", *arguments, "-no-color"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode in ok, done.stdout + done.stderr
        return done

    return run


def validated(
    root: Path, folders: Iterable[Path], environment: dict[str, str]
) -> tuple[bool, list[str]]:
    """Return whether Terraform finds the stacks in ``folders`` valid, and what it says of them.

    As modules of one configuration, which is written into ``root``, they are validated in one go:
    the provider's schema, which takes seconds to load, is loaded once.
    """
    modules = {folder.name: {"source": f"./{folder.relative_to(root)}"} for folder in folders}
    (root / "main.tf.json").write_text(json.dumps({"module": modules}))
    run = terraform_in(environment)
    run(root, "init", "-backend=false", "-input=false")
    shown = json.loads(run(root, "validate", "-json").stdout)
    # A backend in a module is not used, and Terraform says so.
    said = {one["summary"] for one in shown["diagnostics"]} - {"Backend configuration ignored"}
    return shown["valid"], sorted(said)
