"""Files and JSON texts that others wrote, and how what stands in them is shown."""

import errno
import json
import os
import re
import socket
from pathlib import Path

import pytest

from athena_gate.modules.files import (
    NESTING_LIMIT,
    Unreadable,
    parse_json,
    read_bytes,
    read_json,
    read_text,
    visible,
    visible_lines,
    write_whole,
)
from tests.conftest import ROOT

LIMIT = 100


def _refused(file: Path) -> str:
    with pytest.raises(Unreadable) as refused:
        read_text(file, LIMIT)
    assert str(refused.value) == f"{visible(file)}: {refused.value.problem}"
    return refused.value.problem


def _not_json(text: str) -> str:
    with pytest.raises(Unreadable) as refused:
        parse_json(text, "it")
    return str(refused.value)


def test_a_text_is_read_without_its_byte_order_mark_and_whatever_its_lines_end_with(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"\xef\xbb\xbfone\r\ntwo \xc3\xa4\rthree\n")
    assert read_text(file, LIMIT) == "one\ntwo ä\nthree\n"
    assert read_bytes(file, LIMIT) == b"\xef\xbb\xbfone\r\ntwo \xc3\xa4\rthree\n"


def test_a_file_of_exactly_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x" * LIMIT)
    assert read_text(file, LIMIT) == "x" * LIMIT
    file.write_bytes(b"x" * (LIMIT + 1))
    assert _refused(file) == "is 101 bytes; allowed: 100 bytes at most"


def test_what_is_not_a_file_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket"))
    (tmp_path / "loop").symlink_to("loop")
    found = {
        name: _refused(tmp_path / name) for name in (".", "pipe", "socket", "loop", "none", "a\0b")
    }
    found["device"] = _refused(Path("/dev/zero"))
    found["endless"] = _refused(Path("/proc/self/smaps"))
    assert found == {
        ".": "is a folder; allowed: a file",
        "pipe": "is a pipe or device; allowed: a file",
        "socket": "cannot be read: No such device or address",
        "loop": "cannot be read: Too many levels of symbolic links",
        "none": "no such file",
        "a\0b": "no such file: no path has such a character",
        "device": "is a pipe or device; allowed: a file",
        "endless": "is too large; allowed: 100 bytes at most",
    }


def test_only_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    for place, missing in ((tmp_path / "none", True), (tmp_path, False)):
        with pytest.raises(Unreadable) as refused:
            read_bytes(place, LIMIT)
        assert refused.value.missing is missing


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"one\n\xff", "line 2 is not UTF-8; allowed: a text file in UTF-8"),
        ("one".encode("utf-16"), "line 1 is UTF-16, not UTF-8; allowed: a text file in UTF-8"),
        (b"\xed\xa0\x80", "line 1 is not UTF-8; allowed: a text file in UTF-8"),
        (
            "a\nMüller".encode("latin-1"),
            "line 2 is not UTF-8: ü as Latin-1 has it; allowed: a text file in UTF-8",
        ),
        (b"\n\n\0", "line 3 has a NUL character; allowed: a text file in UTF-8"),
    ],
)
def test_what_is_not_a_text_is_refused_with_its_line(
    content: bytes, problem: str, tmp_path: Path
) -> None:
    (tmp_path / "a").write_bytes(content)
    assert _refused(tmp_path / "a") == problem


def test_the_path_of_a_message_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refused:
        read_text(tmp_path / "\x1b[2J\udcff\n::error::", LIMIT)
    assert str(refused.value) == f"{tmp_path}/\\x1b[2J\\udcff\\n::error::: no such file"


def test_json_is_read_from_a_file(tmp_path: Path) -> None:
    document = {"a": [1, -2.5, "\N{GRINNING FACE}", None, True], "b": {"a": {}}}
    (tmp_path / "a").write_text(json.dumps(document), encoding="utf-8-sig")
    assert read_json(tmp_path / "a", LIMIT) == document


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "line 1, column 1 is not JSON: Expecting value"),
        ("{\n]", "line 2, column 1 is not JSON: Expecting property name enclosed in double quotes"),
        ('{"a": 1, "a": 1}', 'the document: the key "a" stands twice; Terraform takes both, '
        "keep one"),
        (
            '{"resource": {"t": [{"x": {"p": 1, "\\u0070": {"q": 1, "q": 1}}}]}}',
            'resource.t[0].x: the key "p" stands twice; Terraform takes both, keep one',
        ),
        ("[NaN]", "has NaN, which is not JSON; allowed: a number in digits"),
        ("[-Infinity]", "has -Infinity, which is not JSON; allowed: a number in digits"),
        ("1e999", "has a number that is too large or too long: 1e999"),
        ("1" * 5000, "has a number of 5,000 digits; allowed: 155"),
        ('{"a": ["\\udc00"]}', "a[0]: holds a NUL or half a character; allowed: text"),
        ('{"a": {"\\ud800": 1}}', "a: holds a NUL or half a character; allowed: text"),
        ('"\\u0000"', "the document: holds a NUL or half a character; allowed: text"),
        ('"\udcff"', "the document: holds a NUL or half a character; allowed: text"),
        ("[" * 100_000, "is nested too deeply; allowed: 100 levels"),
        ('{"a":' * 101 + "1" + "}" * 101, "is nested too deeply; allowed: 100 levels"),
        ("[{}," * 250_001, "has too many objects and lists; allowed: 250,000 at most"),
    ],
)  # fmt: skip
def test_what_two_readers_may_take_differently_is_not_json(text: str, problem: str) -> None:
    assert _not_json(text) == f"it: {problem}"


def test_the_key_that_stands_twice_is_found_below_another_of_its_value() -> None:
    """Equal objects are told apart."""
    text = '{"a": {"x": 1}, "b": {"x": 2, "x": 1}}'
    assert _not_json(text) == 'it: b: the key "x" stands twice; Terraform takes both, keep one'


def test_what_is_within_the_limits_of_json_is_read() -> None:
    deep: object = 1
    for _ in range(NESTING_LIMIT):
        deep = [deep]
    assert parse_json(json.dumps(deep), "it") == deep
    assert parse_json("9" * 155, "it") == 10**155 - 1
    assert parse_json('"\\ud83d\\ude00"', "it") == "\N{GRINNING FACE}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ä, \N{GRINNING FACE}, \\n", "plain, ä, \N{GRINNING FACE}, \\n"),
        ("\x1b[31mred\x7f\x9b1m", r"\x1b[31mred\x7f\x9b1m"),
        ("a\r\nb\tc\x85\u2028", r"a\r\nb\tc\x85\u2028"),
        ("\u202egate\u2066\u200b", r"\u202egate\u2066\u200b"),
        ("\ud800\udcff", r"\ud800\udcff"),
        ("\U000e0041", r"\U000e0041"),
        ("::error file=a::b", r"\x3a:error file=a::b"),
        (" ::add-mask::a", r" \x3a:add-mask::a"),
        ("a ##[error]b", r"a \x23#[error]b"),
        ("a::b # c", "a::b # c"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_long_text_is_cut_and_says_so() -> None:
    assert visible("x" * 1000) == "x" * 1000
    assert visible("x" * 1003) == "x" * 1000 + "... and 3 characters more"
    assert visible("x" * 1003, most=None) == "x" * 1003
    assert visible("\0" * 5, most=2) == r"\x00\x00... and 3 characters more"


def test_several_lines_stay_lines() -> None:
    assert visible_lines("a\tb\n::error::\r\n" + "x" * 2000) == (
        "a       b\n\\x3a:error::\\r\n" + "x" * 2000
    )


# What is read in another way, and why it may be.
ELSEWHERE = {
    "gate/eject/module.py": ["json.loads("],  # what parse_json took
    "gate/eject/read_back.py": ["json.loads("],  # its own text
    "gate/sandbox/embedded_aws/server.py": ["json.loads("],  # what gate.sandbox started it with
    "gate/deployer/record.py": ["json.loads(", ".read_text("],  # the package's record of calls
    "gate/deploy/running.py": [".read_text("],  # the log that it has had written
    "gate/init/files.py": [".read_text("],  # the package's lock of the provider
    # The package's templates, and what pip noted of its installation.
    "gate/pipeline/write.py": [".read_text(", ".read_text(", "json.loads(", ".read_text("],
    "gate/policy_set/__init__.py": [".read_text(", ".read_text("],  # the package's own rules
    "gate/report/page.py": [".read_text("],  # the package's style sheet
    "gate/sandbox/__init__.py": ["json.load(", "json.loads("],  # the process it has started
    "modules/files.py": ["json.loads("],
    "modules/iam/actions.py": ["json.loads(", ".read_text("],  # the package's list of actions
    "modules/iam/policy.py": ["json.loads("],  # with places of its own for what stands twice
}


def test_everything_that_comes_from_outside_is_read_here() -> None:
    reading = re.compile(r"json\.loads?\(|\.read_text\(|\.read_bytes\(|(?<![.\w])open\(|\.open\(\)")
    found = {
        file.relative_to(ROOT).as_posix(): reading.findall(file.read_text())
        for folder in ("gate", "modules", "stacks")
        for file in (ROOT / folder).rglob("*.py")
    }
    found["main.py"] = reading.findall((ROOT / "main.py").read_text())
    assert {file: calls for file, calls in found.items() if calls} == ELSEWHERE


def test_what_cannot_be_written_whole_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cdk.tf.json"
    file.write_text("good")

    def full(path: Path, *_: object, **__: object) -> None:
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left on device") as refused:
        write_whole(file, "better")
    assert refused.value.filename == str(file)
    assert (file.read_text(), [*tmp_path.iterdir()]) == ("good", [file])
    monkeypatch.undo()
    write_whole(file, "better")
    assert file.read_text() == "better"
