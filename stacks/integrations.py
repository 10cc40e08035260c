"""Which blocks of gate.hcl are integrations, and the one contract that each of them keeps.

An integration is a folder of ``modules`` with these files; nothing outside asks which it is:

- ``settings.py``: ``BLOCK``, what its block accepts, and ``START``, what `gate init` asks for it:
  the flag and the question by the field, a list, that the answers fill
- ``guide.py``: ``GUIDES``, the pages as data, whose policies are JSON files beside it, and
  ``values(settings)`` for their placeholders
- ``policies.py``: ``documents(settings)`` and ``trusts(settings)``, its policies by the name of the
  guide they belong to, ``managed(settings)``, the ARNs of AWS's policies it attaches, and
  ``remarks(settings)``
- ``claims.py``: ``needs(settings)`` and ``never(settings)``, and ``lake_formation(settings)``, the
  grants of Lake Formation that its stack makes
- ``todo.py``: ``todo(settings)``, what others must do, outside of its stack, before its needs hold
- ``resources.py``: ``resources(settings)``, what its stack must consist of
- ``handoff.py``: ``FORM``, ``LABELS`` and ``handoff(settings)``
- ``construct.py``: ``build(scope, name, settings, *providers)``, which makes it

A vendor of the catalogue is a profile, and its integration is ``modules.access`` with that profile.
"""

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from athena_gate import modules
from athena_gate.modules.command_line import to_run
from athena_gate.modules.fields import Settings
from athena_gate.modules.findings import Mistake, Remark
from athena_gate.modules.iam.claims import Need, Never
from athena_gate.modules.iam.guide import Guide
from athena_gate.modules.iam.policy import Policy
from athena_gate.modules.iam.todo import ToDo
from athena_gate.modules.lake_formation import LakeGrant
from athena_gate.modules.reading import ConfigurationError
from athena_gate.modules.resources import Resource
from athena_gate.modules.vendors import CATALOGUE, PROFILE

_ATTACHMENTS = {"aws_iam_role_policy_attachment": "role", "aws_iam_user_policy_attachment": "user"}
# The other blocks of gate.hcl, of which no vendor can have the name.
RESERVED = ("account", "backend", "ejected")
# It becomes the name of a block, and part of those of stacks, users and buckets.
_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


@dataclass(frozen=True)
class Integration:
    """An integration by the name of its block; its files are imported when they are asked for."""

    kind: str

    @property
    def package(self) -> str:
        """Return the package that keeps the contract."""
        return f"athena_gate.modules.{self.kind}"

    def _file(self, name: str) -> ModuleType:
        return importlib.import_module(f"{self.package}.{name}")

    @cached_property
    def settings(self) -> type[Settings]:
        """Return what the block accepts."""
        found: type[Settings] = self._file("settings").BLOCK
        return found

    @property
    def start(self) -> Mapping[str, tuple[str, str]]:
        """Return which fields a first block needs beside name and account, each with the flag and
        the question of `gate init`."""
        found: Mapping[str, tuple[str, str]] = self._file("settings").START
        return found

    @property
    def guides(self) -> Mapping[str, Guide]:
        """Return the vendor's pages by what they are for."""
        found: Mapping[str, Guide] = self._file("guide").GUIDES
        return found

    def values(self, settings: Any) -> Mapping[str, tuple[str, ...]]:
        """Return what the placeholders of ``guides`` stand for."""
        found: Mapping[str, tuple[str, ...]] = self._file("guide").values(settings)
        return found

    def documents(self, settings: Any) -> dict[str, Policy]:
        """Return the policies that are deployed, trust policies apart, by the names of
        ``guides``."""
        found: dict[str, Policy] = self._file("policies").documents(settings)
        return found

    def trusts(self, settings: Any) -> dict[str, Policy]:
        """Return the trust policies of the roles that are made, by the names of ``guides``."""
        found: dict[str, Policy] = self._file("policies").trusts(settings)
        return found

    def managed(self, settings: Any) -> tuple[str, ...]:
        """Return the ARNs of AWS's own policies that are attached."""
        found: tuple[str, ...] = self._file("policies").managed(settings)
        return found

    def remarks(self, settings: Any) -> tuple[Remark, ...]:
        """Return what a reviewer of the block should know."""
        found: tuple[Remark, ...] = self._file("policies").remarks(settings)
        theirs = (
            Remark(
                "GATE715", "to do", f"{one.who}: {one.says}; {to_run('todo')} has the statements"
            )
            for one in self.todo(settings)
            if one.policy is not None
        )
        return (*found, *theirs)

    def needs(self, settings: Any) -> tuple[Need, ...]:
        """Return what must be allowed."""
        found: tuple[Need, ...] = self._file("claims").needs(settings)
        return found

    def never(self, settings: Any) -> tuple[Never, ...]:
        """Return what never may be."""
        found: tuple[Never, ...] = self._file("claims").never(settings)
        return found

    def lake_formation(self, settings: Any) -> tuple[LakeGrant, ...]:
        """Return what its stack must make Lake Formation give, and no more."""
        found: tuple[LakeGrant, ...] = self._file("claims").lake_formation(settings)
        return found

    def todo(self, settings: Any) -> tuple[ToDo, ...]:
        """Return what others must do before the block's needs hold."""
        found: tuple[ToDo, ...] = self._file("todo").todo(settings)
        return found

    def conditions(self, settings: Any) -> tuple[ToDo, ...]:
        """Return all that its needs rest on: what others must do, and what other stacks of the
        same file do."""
        rests = (
            todo for need in self.needs(settings) for call in need.calls for todo in call.given
        )
        return tuple(dict.fromkeys((*self.todo(settings), *rests)))

    def resources(self, settings: Any) -> tuple[Resource, ...]:
        """Return what the block's stack must consist of."""
        found: tuple[Resource, ...] = self._file("resources").resources(settings)
        return found

    def attached_policies(self, settings: Any) -> int:
        """Return the most managed policies that one user or role gets."""
        attached: dict[str, int] = {}
        for one in self.resources(settings):
            if one.type in _ATTACHMENTS:
                holder = one.arguments[_ATTACHMENTS[one.type]]
                attached[holder] = attached.get(holder, 0) + 1
        return max(attached.values(), default=0)

    @property
    def form(self) -> str:
        """Return where the vendor's form is."""
        return str(self._file("handoff").FORM)

    @property
    def labels(self) -> Mapping[str, str]:
        """Return what that form calls the fields of ``handoff``."""
        found: Mapping[str, str] = self._file("handoff").LABELS
        return found

    def handoff(self, settings: Any) -> dict[str, str]:
        """Return what to hand over as far as it is known before anything is deployed."""
        found: dict[str, str] = self._file("handoff").handoff(settings)
        return found

    def construct(self, scope: Any, name: str, settings: Any, *providers: Any) -> Any:
        """Make it under ``scope``. Starts the engine."""
        return self._file("construct").build(scope, name, settings, *providers)


@dataclass(frozen=True)
class Vendor(Integration):
    """A vendor of the catalogue, or of the user's own: its profile lies in ``folder``."""

    folder: Path

    @property
    def file(self) -> Path:
        """Return the file of the profile."""
        return self.folder / PROFILE

    @property
    def package(self) -> str:
        return "athena_gate.modules.access"

    @cached_property
    def settings(self) -> type[Settings]:
        found: type[Settings] = self._file("catalogue").vendor_block(self.kind, self.folder)
        return found

    @property
    def guides(self) -> Mapping[str, Guide]:
        found: Mapping[str, Guide] = self._file("guide").guides(self.settings)
        return found

    @property
    def form(self) -> str:
        return str(self._file("handoff").form(self.settings))

    @property
    def labels(self) -> Mapping[str, str]:
        found: Mapping[str, str] = self._file("handoff").labels(self.settings)
        return found


class Integrations(Mapping[str, Integration]):
    """Every integration by the name of its block: each folder that keeps the contract, and each
    profile, of the catalogue and in ``own``, the folder of the user's.

    What looks one up raises ``ConfigurationError`` for a profile in ``own`` whose folder's name
    cannot be that of a block, or is that of another.
    """

    def __init__(self, own: Path | None = None) -> None:
        self._own = own

    @cached_property
    def _known(self) -> dict[str, Integration]:
        folder = Path(modules.__path__[0])
        found: dict[str, Integration] = {
            kind: Integration(kind)
            for file in folder.glob("*/handoff.py")
            if (kind := file.parent.name) != "access"
        }
        found |= _profiles(CATALOGUE)
        own = _profiles(self._own) if self._own else {}
        for kind, vendor in own.items():
            problem = ""
            if kind in found or kind in RESERVED:
                problem = f"its folder is called {kind!r}, and there is a block of this name"
            elif not _NAME.fullmatch(kind):
                problem = (
                    f"its folder is called {kind!r}; allowed, as for a block: lower-case letters, "
                    "digits and single underscores, starting with a letter"
                )
            if problem:
                raise ConfigurationError(str(vendor.file), [Mistake(1, "", "", problem, "GATE504")])
        return dict(sorted((found | own).items()))

    def missing(self, kind: str) -> str:
        """Return what a folder called ``kind``, among those of vendors, lacks to be one; an empty
        text where there is no such folder."""
        for place in (self._own, CATALOGUE):
            if place and _NAME.fullmatch(kind) and (folder := place / kind).is_dir():
                shown = folder.relative_to(place.parent)
                return "" if (folder / PROFILE).exists() else f"{shown} has no {PROFILE}"
        return ""

    def __getitem__(self, kind: str) -> Integration:
        return self._known[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _profiles(place: Path) -> dict[str, Vendor]:
    """Return the vendors whose profiles lie in folders of ``place``."""
    folders = (profile.parent for profile in sorted(place.glob(f"*/{PROFILE}")))
    return {folder.name: Vendor(folder.name, folder) for folder in folders}


INTEGRATIONS = Integrations()
