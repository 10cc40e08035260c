"""What is found wrong or remarkable in gate.hcl: each with the code of its rule in `rules.toml`."""

from dataclasses import dataclass
from dataclasses import field as having

from athena_gate.modules.files import Unreadable, printable, visible

_LONGEST = 500
# The line of a mistake of syntax, with "  123 | " before it.
_EXCERPT = 70


class Wrong(ValueError):
    """A value breaks the rule ``code``. ``item`` is the place in a list of the one that does, when
    not the whole list is wrong, or the path of what does within the value: where that leads into
    one of several nested blocks, the message names block and field before ``problem``."""

    def __init__(
        self, code: str, problem: str, item: int | tuple[int | str, ...] | None = None
    ) -> None:
        self.code = code
        self.item = item
        super().__init__(problem)


class Line(int):
    """The number of a line, and the file it stands in, where that is not the file one has asked
    for: a part of the configuration, or an environment."""

    file: str

    def __new__(cls, number: int, file: str) -> "Line":
        made = super().__new__(cls, number)
        made.file = file
        return made


def file_of(line: int) -> str:
    """Return the file that ``line`` stands in, empty where it is the one that was asked for."""
    return line.file if isinstance(line, Line) else ""


def where(line: int) -> str:
    """Return ``line 3``, or ``line 3 of gate.d/vendors.hcl``."""
    file = file_of(line)
    return f"line {line}{f' of {visible(file)}' if file else ''}"


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """Something wrong in the configuration: ``subject`` is the block, ``field`` a dotted path
    within it (both may be empty), ``problem`` says what is wrong and what is allowed, ``code`` is
    its rule. What they quote of the file is ``visible``.

    A mistake of syntax has its ``column``, and ``source`` is the line it stands in.
    """

    line: int
    subject: str
    field: str
    problem: str
    code: str = having(default="", compare=False)
    column: int = having(default=0, compare=False)
    source: str = having(default="", compare=False)

    def __post_init__(self) -> None:
        for name in ("subject", "field", "problem"):
            object.__setattr__(self, name, visible(getattr(self, name), _LONGEST))

    @property
    def file(self) -> str:
        """Return the file it stands in, empty where it is the one that was asked for."""
        return file_of(self.line)

    def text(self, file: str) -> str:
        """Return the mistake on one line, as ``file:line: block: field: problem``; ``file`` is the
        one that was asked for."""
        place = f"{visible(self.file or file)}:{self.line}"
        return ": ".join(part for part in (place, self.subject, self.field, self.problem) if part)

    def lines(self, file: str) -> list[str]:
        """Return the mistake as a linter shows it: ``text`` and the code, and below one of syntax
        its line with a caret."""
        shown = [f"{self.text(file)} [{self.code}]"]
        if self.column:
            shown += self._excerpt()
        return shown

    def _excerpt(self) -> list[str]:
        before = self.source[: self.column - 1]
        # From a long line, what is around the column.
        start = 0 if len(self.source) <= _EXCERPT else max(0, len(before) - _EXCERPT // 2)
        shown = printable(self.source[start : start + _EXCERPT].replace("\t", " "))
        caret = len(printable(before[start:].replace("\t", " ")))
        number = f"{self.line:5}"
        return [f"{number} | {shown[: _EXCERPT + 1]}", f"{' ' * len(number)} | {' ' * caret}^"]


def unreadable(error: Unreadable, next_step: str = "") -> Mistake:
    """Return the mistake of a file that cannot be read as a text."""
    code = "GATE002" if error.line else "GATE001"
    return Mistake(error.line or 1, "", "", f"{error.problem}{next_step}", code)


@dataclass(frozen=True, slots=True)
class Remark:
    """What a reviewer of a block should know: the rule's code, the field it is about, and what of
    it; ``label`` is that of the nested block ``field``, where there may be several."""

    code: str
    field: str
    text: str
    label: str = ""

    def __str__(self) -> str:
        """Return the remark as a sentence: ``grants: documented is ...``."""
        where = f"{self.field} {self.label!r}" if self.label else self.field
        return f"{where}: {self.text}"
