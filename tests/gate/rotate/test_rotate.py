"""A rotation never leaves a vendor without a key that works."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from athena_gate.gate.editing import edited
from athena_gate.gate.keys import Key, Keys
from athena_gate.gate.rotate import Step, new_name, step
from athena_gate.gate.rotate.change import change, shared
from athena_gate.gate.rotate.edit import NotEdited, added, removed
from athena_gate.stacks.configuration import load
from tests.conftest import DOT, Project
from tests.gate.test_cli import gate

NOW = datetime(2027, 2, 20, 12, tzinfo=UTC)
OLD = Key("AKIAOLD", "2026-11", True, NOW - timedelta(days=100), NOW - timedelta(days=2), "athena")
NEW = Key("AKIANEW", "2027-02", True, NOW - timedelta(days=5), NOW - timedelta(hours=1), "athena")
BOTH = ("2026-11", "2027-02")
HAND_OVER = (
    "gate sheet dot-x, and hand the new key over",
    "gate rotate dot-x --finish, when the vendor uses it",
)
APPLY = ("gate apply dot-x",)


def keys(*found: Key, wanted: tuple[str, ...] = BOTH) -> Keys:
    state = {key.generation: key.id for key in found if key.generation}
    return Keys("dot-x", "dot-x", "111122223333", found, wanted, state, None)


def rotated(wanted: tuple[str, ...], found: Keys | None, **asked: Any) -> Step:
    return step("dot-x", wanted, found, NOW, **asked)


def test_without_a_state_no_key_is_said_to_be_deleted_or_lost() -> None:
    """A fresh clone has none; AWS has both keys."""
    found = keys(replace(OLD, generation=None, used=None), replace(NEW, generation=None, used=None))
    says = "no state here knows any key of dot-x: another clone or backend may have it"
    look = ("gate keys dot-x", "gate doctor")
    assert rotated(BOTH, found, finish=True) == Step("refused", says, look)
    assert rotated(BOTH, found).says.endswith(
        "no state here knows any key; unless another clone or backend has a state that does, "
        "nobody has its secret"
    )


def test_a_rotation_goes_from_step_to_step() -> None:
    one = ("2026-11",)
    assert rotated(one, keys(OLD, wanted=one)) == Step(
        "add",
        "generation 2027-02 is new in gate.hcl; 2026-11 goes on working",
        (*APPLY, *HAND_OVER),
        "2027-02",
    )
    assert rotated(BOTH, keys(OLD)) == Step("wait", "generation 2027-02 is not applied yet", APPLY)
    unused = replace(NEW, used=None)
    assert rotated(BOTH, keys(OLD, unused)) == Step(
        "wait", "generation 2027-02 was not used yet", HAND_OVER
    )
    assert rotated(BOTH, keys(OLD, NEW)) == Step(
        "wait",
        "generation 2027-02 is used since 2027-02-20 or before, the old 2026-11 was used last on "
        "2027-02-18",
        ("gate rotate dot-x --finish",),
    )
    assert rotated(BOTH, keys(OLD, NEW), finish=True) == Step(
        "remove",
        "generation 2026-11 is gone from gate.hcl; 2027-02 goes on working",
        APPLY,
        "2026-11",
    )
    two = ("2027-02",)
    assert rotated(two, keys(OLD, NEW, wanted=two)) == Step(
        "wait", "generation 2026-11 is removed and not gone", APPLY
    )


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (
            (OLD, replace(NEW, used=None)),
            "generation 2027-02 was never used, so 2026-11 is the last one that works",
        ),
        (
            (OLD, replace(NEW, active=False)),
            "generation 2027-02 is deactivated, 2026-11 is the last",
        ),
        (
            (replace(OLD, used=NOW - timedelta(hours=23)), NEW),
            "generation 2026-11 was used 2027-02-19 13:00 UTC, within 24 hours: somebody still has "
            "it; wait until all use the new one",
        ),
        (
            (OLD, replace(NEW, used=NOW - timedelta(days=3))),
            "generation 2026-11 was used 2027-02-18 12:00 UTC, after 2027-02 was last: somebody "
            "still has it; wait until all use the new one, or deactivate it first",
        ),
        ((OLD,), "AWS has no key of generation 2027-02"),
    ],
)
def test_the_last_working_key_and_one_in_use_stay(found: tuple[Key, ...], says: str) -> None:
    refused = rotated(BOTH, keys(*found), finish=True)
    assert (refused.do, refused.says) == ("refused", says)


def test_a_rotation_is_not_said_to_be_ready_while_the_old_key_is_used_after_the_new_one() -> None:
    tried = replace(NEW, used=NOW - timedelta(days=3))
    assert rotated(BOTH, keys(OLD, tried)).next == HAND_OVER
    deactivate, finish = rotated(BOTH, keys(OLD, tried), finish=True).next
    assert (deactivate, finish) == (
        f"aws iam update-access-key --user-name dot-x --access-key-id {OLD.id} --status Inactive",
        "gate rotate dot-x --finish",
    )
    assert rotated(BOTH, keys(replace(OLD, active=False), tried), finish=True).do == "remove"


def test_without_an_answer_nothing_is_removed_and_a_generation_can_be_added() -> None:
    assert rotated(BOTH, None, finish=True).do == "refused"
    assert rotated(("2026-11",), None, finish=True).says == (
        "2026-11 is the last generation; a rotation begins with another one"
    )
    assert rotated(("2026-11",), None, named="b").generation == "b"
    assert rotated(("b",), None, named="b").do == "refused"


def test_an_access_that_has_ended_gets_no_other_key() -> None:
    one = ("2026-11",)
    found = keys(OLD, wanted=one)
    assert rotated(one, found, until="2027-02-20").do == "add"
    assert rotated(one, found, until="2027-02-19") == Step(
        "refused",
        "access has ended with 2027-02-19, and AWS would refuse a new key as well; set a later "
        "day, or delete the block",
    )
    # One too many still goes.
    assert rotated(BOTH, keys(OLD, NEW), finish=True, until="2027-02-19").do == "remove"


def test_a_deactivated_old_key_need_not_be_waited_for() -> None:
    old = replace(OLD, active=False, used=NOW - timedelta(hours=1))
    assert rotated(BOTH, keys(old, NEW), finish=True).do == "remove"


@pytest.mark.parametrize("wanted", [("2026-11",), BOTH])
def test_a_rotation_that_was_killed_is_found_and_mended(wanted: tuple[str, ...]) -> None:
    """AWS made the key, and the state never heard of it."""
    lost = Key("AKIALOST", None, True, NOW - timedelta(hours=1), None)
    assert rotated(wanted, keys(OLD, lost, wanted=wanted)) == Step(
        "refused",
        "AWS makes no third key, and AKIALOST is in no state: an apply that ended early has left "
        "it, and nobody has its secret",
        ("gate keys dot-x --remove AKIALOST", "gate rotate dot-x"),
    )
    used = replace(lost, used=NOW - timedelta(days=30))
    assert rotated(wanted, keys(OLD, used, wanted=wanted)) == Step(
        "refused",
        "AWS makes no third key, and AKIALOST is in no state; it was used on 2027-01-21, so "
        "somebody has it; find out who, deactivate it, and remove it a day later",
    )


def test_a_generation_is_called_after_its_month() -> None:
    assert new_name(("2026-11",), NOW.date()) == "2027-02"
    assert new_name(("2027-02", "2027-02-b"), NOW.date()) == "2027-02-c"


LAYOUTS = {
    "one line": ('  generations = ["a"] # ours\n', '  generations = ["a", "b"] # ours\n'),
    "with a comma": ('  generations = ["a",]\n', '  generations = ["a", "b",]\n'),
    "a line each": (
        '  generations = [\n    "a", # the first\n  ]\n',
        '  generations = [\n    "a", # the first\n    "b",\n  ]\n',
    ),
    "the last without a comma": (
        '  generations = [\n    # ours\n    "a"\n  ]\n',
        '  generations = [\n    # ours\n    "a",\n    "b"\n  ]\n',
    ),
}


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
def test_comments_and_layout_stay(layout: str) -> None:
    before, after = (f"keys {{\n{text}}}\n# generations = []\n" for text in LAYOUTS[layout])
    assert added(before, 2, "b") == after
    # A list may end with a comma.
    assert removed(after, 2, "b").replace('"a",', '"a"') == before.replace('"a",', '"a"')
    assert '"a"' not in removed(after, 2, "a")
    assert '"b"' in removed(after, 2, "a")
    for comment in ("# ours", "# generations = []"):
        assert (comment in before) == (comment in removed(after, 2, "a"))


@pytest.mark.parametrize("layout", sorted(LAYOUTS))
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_lines_keep_their_ends(layout: str, mark: str) -> None:
    before, after = (
        f"{mark}keys {{\n{text}}}\n# generations = []\n".replace("\n", "\r\n").encode()
        for text in LAYOUTS[layout]
    )
    assert edited(before, lambda text: added(text, 2, "b")) == after
    gone = edited(after, lambda text: removed(text, 2, "b"))
    assert gone.replace(b'"a",', b'"a"') == before.replace(b'"a",', b'"a"')


@pytest.mark.parametrize(
    ("edit", "after"),
    [
        (lambda text: text, "a\r\nb\nc\rd"),
        (lambda text: text.replace("b\n", "b\nnew\n"), "a\r\nb\nnew\nc\rd"),
        (lambda text: text.replace("a\n", "x\ny\n"), "x\r\ny\r\nb\nc\rd"),
        (lambda text: text.replace("b\n", ""), "a\r\nc\rd"),
        (lambda text: f"new\n{text}", "new\r\na\r\nb\nc\rd"),
        (lambda text: f"{text}\n", "a\r\nb\nc\rd\r"),
        (lambda _: "", ""),
    ],
)
def test_lines_that_stay_end_as_they_did(edit: Callable[[str], str], after: str) -> None:
    assert edited(b"a\r\nb\nc\rd", edit) == after.encode()


def test_what_cannot_be_changed_is_left_alone() -> None:
    with pytest.raises(NotEdited, match="has no list generations"):
        added("keys {\n  generation = 3\n}\n", 2, "b")
    with pytest.raises(NotEdited, match="has no 'c'"):
        removed('generations = ["a"]\n', 1, "c")


def test_the_file_that_has_the_generations_is_changed(project: Project) -> None:
    part = project.folder / "gate.d" / "dot.hcl"
    part.parent.mkdir()
    account, block = project.file.read_text().split("\ndot ", 1)
    part.write_text(f"# ours\ndot {block}")
    project.file.write_text(f"{account}\n")
    (one,) = load(project.file).blocks
    assert change(project.file, one, Step("add", "", (), "b")).samefile(part)
    (now,) = load(project.file).blocks
    assert now.settings.keys.generations == ("2026-11", "b")
    assert part.read_text() == f"# ours\ndot {block}".replace('"2026-11"', '"2026-11", "b"')
    change(project.file, now, Step("remove", "", (), "2026-11"))
    assert load(project.file).blocks[0].settings.keys.generations == ("b",)
    assert [file.name for file in part.parent.iterdir()] == ["dot.hcl"]


def test_a_file_of_windows_keeps_its_layout(project: Project) -> None:
    text = DOT.replace('["2026-11"]', '[\n      "2026-11", # the first\n    ]')
    project.file.write_bytes(text.replace("\n", "\r\n").encode())
    (block,) = load(project.file).blocks
    change(project.file, block, Step("add", "", (), "b"))
    added_to = text.replace("# the first\n", '# the first\n      "b",\n')
    assert project.file.read_bytes() == added_to.replace("\n", "\r\n").encode()
    (now,) = load(project.file).blocks
    change(project.file, now, Step("remove", "", (), "b"))
    assert project.file.read_bytes() == text.replace("\n", "\r\n").encode()


PROD = 'account "analytics" {\n  id = "444455556666"\n}\n'
OWN = 'dot "reporting" {\n  keys {\n    pgp_key_file = "ops.asc"\n    generations = ["x"]\n  }\n}\n'


def test_generations_that_environments_share_are_said_to_be_shared(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the others nobody has asked whether the old key is still used."""
    folder = project.folder / "environments"
    folder.mkdir()
    (folder / "prod.hcl").write_text(PROD)
    (folder / "own.hcl").write_text(OWN)
    add, remove = Step("add", "b is new", (), "b"), Step("remove", "", (), "a")
    monkeypatch.chdir(project.folder)
    file, line = Path("gate.hcl"), DOT[: DOT.index("generations")].count("\n") + 1
    (block,) = load(file).blocks
    for here, other, own in (
        ("prod", "gate.hcl without an environment", "environments/prod.hcl"),
        ("", "prod", "environments/NAME.hcl"),
    ):
        monkeypatch.setenv("GATE_ENV", here)
        assert shared(file, block, add).says == (
            f"b is new; gate.hcl:{line} is read by {other} as well, so each makes a new key with "
            f"its next apply; keys {{}} of the block in {own} would be of one alone"
        )
        env = "" if here else "--env prod "
        assert shared(file, block, remove) == Step(
            "refused",
            f"gate.hcl:{line} is read by {other} as well, where generation a may be in use",
            (
                f"gate {env}keys dot-reporting",
                f"where nobody uses it either, take a out of gate.hcl:{line} by hand",
                f"or write keys {{}} of the block into {own}, which is of one environment alone",
            ),
        )
    monkeypatch.setenv("GATE_ENV", "own")
    assert (shared(file, block, add), shared(file, block, remove)) == (add, remove)


def test_a_generation_that_cannot_be_one_is_wrong_usage(project: Project) -> None:
    for asked, said in (
        (
            ("--generation", "a b"),
            "gate: --generation: 'a b' is not valid; allowed: 1 to 32 letters, digits, hyphens, "
            "underscores\n",
        ),
        (
            ("--generation", "b", "--finish"),
            "gate: --generation names a new one, and --finish removes the old one; choose one\n",
        ),
    ):
        done = gate(project.folder, "rotate", "reporting", *asked)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", said)
    assert project.file.read_text() == DOT


def test_without_aws_a_rotation_begins_and_says_what_is_not_known(project: Project) -> None:
    """Nothing is synthesized here, so that there is no state to look at."""
    away = {
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_ENDPOINT_URL": "http://[::1]:1",
    }
    done = gate(project.folder, "rotate", "reporting", "--generation", "b", "--json", **away)
    assert (done.returncode, json.loads(done.stdout)) == (
        0,
        {
            "step": "add",
            "generation": "b",
            "file": "gate.hcl",
            "says": "generation b is new in gate.hcl; 2026-11 goes on working",
            "next": [
                "gate apply dot-reporting",
                "gate sheet dot-reporting, and hand the new key over",
                "gate rotate dot-reporting --finish, when the vendor uses it",
            ],
        },
    )
    assert "gate: AWS cannot be asked: " in done.stderr
    text = DOT.replace('["2026-11"]', '["2026-11", "b"]')
    assert Path(project.file).read_text() == text
