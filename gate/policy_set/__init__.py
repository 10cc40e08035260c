"""`gate policy-set`: the OPA policies that hold HCP Terraform to the stacks of gate.hcl.

https://developer.hashicorp.com/terraform/cloud-docs/policy-enforcement/opa/vcs (2026-11): a policy
set is policies.hcl and Rego files. It says nothing of files of data, so the list is Rego too, of
which JSON is a part.
"""

import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from athena_gate.gate.stack.kinds import KINDS
from athena_gate.gate.stack.listed import listed
from athena_gate.gate.stack.plan import PARTS
from athena_gate.modules.files import MEBIBYTE, Unreadable, read_text

_MADE = "# Made by `gate policy-set`; do not edit, make it again and review the difference."
ATTACHABLE = ("AWSGlueConsoleFullAccess", "AmazonAthenaFullAccess")
_RULES = ("exact.rego", "general.rego", "text.rego")


_LARGEST = 16 * MEBIBYTE


class NotOurs(Exception):
    """The folder holds a file that `gate policy-set` did not write; the message names it."""


def policy_set(stacks: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return the files of the policy set, by name, for ``stacks``: what each must consist of, in
    Terraform's JSON syntax, by name. The same stacks give the same bytes.

    Raises ``NotListable`` for a stack that is not one of athena-gate's.
    """
    rego = files(__package__) / "rego"
    made = {name: (rego / name).read_text(encoding="utf-8") for name in _RULES}
    made["policies.hcl"] = (rego / "policies.hcl").read_text(encoding="utf-8")
    made["kinds.rego"] = _rules(
        kinds=_kinds(),
        parts={part: sorted(keys) for part, keys in PARTS.items()},
        attachable=list(ATTACHABLE),
    )
    for name, stack in stacks.items():
        made[f"stack-{name}.rego"] = _rules(**{f"stacks[{json.dumps(name)}]": listed(stack)})
    return dict(sorted(made.items()))


def write(folder: Path, made: Mapping[str, str]) -> list[str]:
    """Write the files ``made`` into ``folder``, delete the list of each stack that is gone, and
    return the names of the files that changed.

    Raises ``NotOurs``, before anything is written, when ``folder`` holds another Rego file or
    another policies.hcl, and ``OSError``.
    """
    there = {path.name: path for path in folder.glob("*") if path.suffix in (".rego", ".hcl")}
    try:
        texts = {name: read_text(path, _LARGEST) for name, path in there.items()}
    except Unreadable as error:
        raise NotOurs(str(error)) from None
    for name, text in sorted(texts.items()):
        if not text.startswith(_MADE):
            raise NotOurs(
                f"{there[name]} was not written by gate policy-set, and HCP Terraform would read "
                "it too; move it away, or name another folder with --output"
            )
    folder.mkdir(parents=True, exist_ok=True)
    whole = {name: f"{_MADE}\n{text}" for name, text in made.items()}
    for name, text in whole.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    for name in there.keys() - whole.keys():
        there[name].unlink()
    return sorted(
        name for name in there.keys() | whole.keys() if texts.get(name) != whole.get(name)
    )


def is_guarded_with(folder: Path, configuration: Path) -> bool:
    """Return whether ``folder`` lies in the repository of ``configuration``: who may change that
    can then change the policies as well."""
    mine, theirs = _repository(folder), _repository(configuration.parent)
    return mine is not None and mine == theirs


def _repository(folder: Path) -> Path | None:
    """Return the folder with the Git repository around ``folder``, None without one."""
    here = folder.resolve()
    return next((one for one in (here, *here.parents) if (one / ".git").exists()), None)


def _kinds() -> dict[str, Any]:
    return {
        name: {
            "computed": sorted(kind.computed),
            "defaults": dict(kind.defaults),
            "identity": list(kind.identity),
            "repeats": {shows: list(of) for shows, of in kind.repeats.items()},
        }
        for name, kind in KINDS.items()
    }


def _rules(**values: Any) -> str:
    rules = [
        f"{name} := {json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)}\n"
        for name, value in values.items()
    ]
    return "\n".join(["package athena_gate\n", *rules])
