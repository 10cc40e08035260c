"""`gate init`: the first gate.hcl, and what belongs beside it.

`questions` finds out what is wanted, `block` makes HCL of it, `files` has what lies beside
gate.hcl, `key` the PGP key. What is there already is added to and never overwritten, and nothing is
kept before all of it is known to be right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

# Every command imports this package, and the parser and pydantic take 0.3 s.
if TYPE_CHECKING:
    from athena_gate.gate.init.files import Did
    from athena_gate.gate.init.questions import Ask, Given
    from athena_gate.stacks.configuration import Configuration

_ABOUT = "Who may reach Athena. `gate vendors NAME` shows the fields of a block."


class Refused(Exception):
    """Nothing was written; ``problems`` say why, ``missing`` are the flags that no answer came for,
    each with what it is."""

    def __init__(
        self, problems: list[str], missing: Mapping[str, str] | None = None, code: int = 2
    ) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
        self.missing = dict(missing or {})
        self.code = code


@dataclass(frozen=True, slots=True)
class Started:
    """What was done to which file, in order, and the configuration as it is now."""

    done: "Mapping[str, Did]"
    configuration: "Configuration"


def start(file: Path, given: "Given", ask: "Ask | None", pipeline: bool = False) -> Started:
    """Write ``file``, a gate.hcl, and what belongs beside it, from the flags ``given``; ``ask``
    answers what no flag does, None where nobody can be asked. With ``pipeline`` states must lie
    where a runner reaches them.

    Raises ``Refused`` when something is missing or wrong, and ``ConfigurationError`` for a file
    that is there and has mistakes.
    """
    from datetime import date

    from athena_gate.gate.eject.hcl import document, text
    from athena_gate.gate.init import block, files, key
    from athena_gate.gate.init.questions import interview
    from athena_gate.modules.files import read_text
    from athena_gate.modules.hcl import SIZE_LIMIT
    from athena_gate.stacks.configuration import load

    folder = file.parent
    if problem := files.other_app(folder):
        raise Refused([problem], code=1)
    there = file.exists() or file.is_symlink()
    known = load(file) if there else None
    done: dict[str, Did] = {}
    if known and "vendor" not in given:
        unused = [
            f"--{flag.replace('_', '-')} has no use: {file} is there; --vendor adds a block to it"
            for flag in given
        ]
        if unused:
            raise Refused(unused)
        done[file.name] = "kept"
    else:
        found = interview(given, folder, known, ask, pipeline)
        if found.problems or found.missing:
            raise Refused(found.problems, found.missing)
        answers = dict(found.answers)
        try:
            if "pgp_key" in answers:
                answers["pgp_key"] = (key.placed(Path(answers["pgp_key"][0]), folder, done),)
            added = block.blocks(answers, found.integration, f"{date.today():%Y-%m}")
            new = text(added) if known else document(_ABOUT, added)
            before = read_text(file, SIZE_LIMIT) if known else ""
            _write(file, f"{before.rstrip()}\n\n{new}" if known else new)
        except (Refused, key.NotMade):
            for name in done:
                (folder / name).unlink()
            raise
        done = {file.name: "added to" if known else "written", **done}
    done |= files.place(folder, file.name)
    return Started(done, load(file))


def _write(file: Path, content: str) -> None:
    """Write ``content`` as ``file``, unless that makes a configuration with mistakes: ``Refused``,
    and ``file`` is as it was."""
    from athena_gate.modules.files import read_bytes
    from athena_gate.modules.hcl import SIZE_LIMIT
    from athena_gate.modules.reading import ConfigurationError
    from athena_gate.stacks.configuration import load

    before = read_bytes(file, SIZE_LIMIT) if file.exists() else None
    file.write_text(content, encoding="utf-8")
    try:
        load(file)
    except ConfigurationError as error:
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)
        said = [": ".join(filter(None, (m.subject, m.field, m.problem))) for m in error.mistakes]
        raise Refused(said) from None
