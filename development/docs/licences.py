"""The page of the licences: what an installed athena-gate brings along, and under which licence."""

import re
from importlib import metadata
from typing import Any

_PAGE = """\
# Licences

athena-gate is under the Apache License 2.0. Installed with the extra `sandbox`, it brings these
packages along. `requirements.lock` has the versions that the tests run with, and their hashes; the
bill of materials of a release (CycloneDX) is made from it. What is compiled into a package has
licences of its own: pysequoia's wheels hold Sequoia, which is under LGPL-2.0-or-later, and list the
rest in a bill of materials (`sboms/` in its dist-info).

| Package | Licence |
|---|---|
"""
# What a package says in words, or in a classifier, as SPDX writes it.
_SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "The MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def page() -> str:
    """Return the page."""
    rows = [
        f"| {one.name} | {licence(one)} |"
        for one in sorted(brought_along(), key=lambda one: one.name.lower())
    ]
    return _PAGE + "\n".join(rows) + "\n"


def brought_along(extra: str = "sandbox") -> list[metadata.Distribution]:
    """Return what athena-gate needs with ``extra``, and what that needs, as far as it is
    installed: what is for other platforms is not."""
    found: dict[str, metadata.Distribution] = {}
    todo = [("athena-gate", extra)]
    seen = set()
    while todo:
        name, wanted = todo.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        try:
            one = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue
        found[normal(name)] = one
        for requirement in one.requires or []:
            todo += _needed(requirement, wanted)
    del found["athena-gate"]
    return list(found.values())


def _needed(text: str, extra: str) -> list[tuple[str, str]]:
    from packaging.requirements import Requirement

    requirement = Requirement(text)
    if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
        return []
    return [(requirement.name, one) for one in ("", *sorted(requirement.extras))]


def normal(name: str) -> str:
    """Return ``name`` as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def licence(one: metadata.Distribution) -> str:
    """Return the licence of ``one`` as SPDX writes it; empty when the package does not say."""
    about: Any = one.metadata
    if stated := about["License-Expression"]:
        return str(stated)
    said = [
        text.rpartition(" :: ")[2]
        for text in about.get_all("Classifier") or []
        if text.startswith("License :: ") and not text.endswith("OSI Approved")
    ] or str(about["License"] or "").strip().splitlines()[:1]
    return " OR ".join(_SPDX.get(text, text) for text in said)
