"""The first commands in a company's repository, from the wheel, with nothing of a clone."""

import os
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from development.own_folder import STEPS, company, run
from tests.conftest import ROOT


@pytest.mark.slow
def test_a_company_goes_from_nothing_to_the_vendors_form_without_node_on_the_path(
    tmp_path: Path, wheel: Path, terraform_variables: dict[str, str]
) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    (site,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    # What the package needs, but no editable checkout: that lies in a .pth file of its own.
    (site / "all.pth").write_text(sysconfig.get_path("purelib") + "\n")
    programs = tmp_path / "venv" / "bin"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--ignore-installed"]
    subprocess.run([programs / "python3", *install, str(wheel)], check=True)
    ours = {str(ROOT / ".venv/bin"), str(ROOT / "node_modules/.bin"), sysconfig.get_path("scripts")}
    path = [
        one
        for one in terraform_variables["PATH"].split(os.pathsep)
        if os.path.realpath(one) not in set(map(os.path.realpath, ours))
        and not (Path(one) / "node").exists()
    ]
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "sh").symlink_to("/bin/sh")
    environment = {
        **terraform_variables,
        "PATH": os.pathsep.join([str(programs), *path, str(tools)]),
    }
    environment.pop("PYTHONPATH", None)
    folder = tmp_path / "acme"
    company(folder)
    init, _, prove, _, sheet = [said for _, _, said in run(STEPS, folder, environment)]
    assert init.splitlines()[0] == "written   gate.hcl"
    assert prove.splitlines()[-1].startswith("✓ 1 stack: all ")
    assert "arn:aws:iam::111122223333:role/elementary-lineage" in sheet
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [
        ".gitignore",
        ".terraform.lock.hcl",
        "cdktf.json",
        "gate.hcl",
        "main.py",
        "terraform.elementary-lineage.tfstate",
    ]
