"""Which packages the bindings pick, and how they load them, shown on packages made up for it."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

CDKTF = ("cdktf", "cdktf_cdktf_provider_aws")
CDKTN = ("cdktn", "cdktn_provider_aws")

SCRIPT = """
import json, os, sys
from athena_gate.modules import bindings
names = {name: getattr(bindings, name).__module__ for name in bindings.__all__}
provider = sys.modules[names["IamUser"].split(".")[0]]
print(json.dumps({
    "names": names,
    "whole": hasattr(provider, "EXECUTED"),
    "lazy": "lazy_index.cjs" in os.environ["NODE_OPTIONS"],
    "specs": {
        name: module.__spec__.name
        for name, module in sys.modules.items()
        if name.startswith("cdktn") and module.__spec__
    },
}))
"""


def imported() -> dict[str, list[str]]:
    """Return what bindings.py imports: module -> names."""
    tree = ast.parse((ROOT / "modules" / "bindings.py").read_text())
    return {
        node.module: [alias.name for alias in node.names]
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith((*CDKTF, "constructs"))
        if node.module is not None
    }


def install(folder: Path, engine: str, provider: str, *, flat: bool = False) -> None:
    """Make packages with every class that the bindings import; ``flat`` has files as submodules."""
    renamed = {CDKTF[0]: engine, CDKTF[1]: provider, "constructs": "constructs"}
    for module, names in imported().items():
        package, *rest = module.split(".")
        home = folder / renamed[package]
        home.mkdir(exist_ok=True)
        initial = home / "__init__.py"
        text = "".join(f"class {name}: pass\n" for name in names)
        if not rest:
            initial.write_text(text)
            continue
        initial.write_text("EXECUTED = True\n")
        if flat:
            (home / f"{rest[0]}.py").write_text(text)
        else:
            (home / rest[0]).mkdir()
            (home / rest[0] / "__init__.py").write_text(text)


def loaded(folder: Path, **environment: str) -> dict[str, object]:
    """Import the bindings where only the packages in ``folder`` are installed."""
    done = subprocess.run(
        [sys.executable, "-S", "-c", SCRIPT],
        env={
            **{name: value for name, value in os.environ.items() if name != "NODE_OPTIONS"},
            "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    found: dict[str, object] = json.loads(done.stdout)
    return found


def names(engine: str, provider: str) -> dict[str, str]:
    """Return where every name comes from when it comes from these packages."""
    renamed = {CDKTF[0]: engine, CDKTF[1]: provider, "constructs": "constructs"}
    return {
        name: ".".join([renamed[module.split(".")[0]], *module.split(".")[1:]])
        for module, some in imported().items()
        for name in some
    }


@pytest.mark.parametrize("family", [CDKTF, CDKTN])
def test_the_family_that_is_installed_is_used(tmp_path: Path, family: tuple[str, str]) -> None:
    install(tmp_path, *family)
    found = loaded(tmp_path)
    assert found["names"] == names(*family)
    assert (found["whole"], found["lazy"]) == (False, True)


def test_installing_cdktn_beside_cdktf_is_the_switch_to_it(tmp_path: Path) -> None:
    install(tmp_path, *CDKTF)
    install(tmp_path, *CDKTN)
    assert loaded(tmp_path)["names"] == names(*CDKTN)


def test_cdktn_without_its_provider_package_changes_nothing(tmp_path: Path) -> None:
    install(tmp_path, *CDKTF)
    (tmp_path / "cdktn").mkdir()
    (tmp_path / "cdktn" / "__init__.py").write_text("")
    assert loaded(tmp_path)["names"] == names(*CDKTF)


def test_modules_of_cdktn_stay_what_they_are_under_their_own_names(tmp_path: Path) -> None:
    install(tmp_path, *CDKTN)
    own = {module for name, module in names(*CDKTN).items() if name != "Construct"}
    assert loaded(tmp_path)["specs"] == {name: name for name in {*own, CDKTN[1]}}


@pytest.mark.parametrize("family", [CDKTF, CDKTN])
def test_fast_loading_can_be_switched_off(tmp_path: Path, family: tuple[str, str]) -> None:
    install(tmp_path, *family)
    found = loaded(tmp_path, GATE_FAST_BINDINGS="0")
    assert found["names"] == names(*family)
    assert (found["whole"], found["lazy"]) == (True, False)


@pytest.mark.parametrize("family", [CDKTF, CDKTN])
def test_a_package_of_another_shape_is_loaded_as_its_makers_intended(
    tmp_path: Path, family: tuple[str, str]
) -> None:
    install(tmp_path, *family, flat=True)
    found = loaded(tmp_path)
    assert found["names"] == names(*family)
    assert (found["whole"], found["lazy"]) == (True, False)
