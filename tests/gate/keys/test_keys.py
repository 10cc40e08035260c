"""Access keys: which there are, which are used, which nobody knows."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import typer
from botocore.exceptions import ClientError

from athena_gate.gate.commands.keys import _remove
from athena_gate.gate.doctor import keys as doctor
from athena_gate.gate.keys import Key, Keys, from_aws
from athena_gate.gate.keys.ask import NoAnswer, answering, keys_in
from athena_gate.gate.keys.state import NoState, parse
from athena_gate.gate.keys.text import as_json, as_text
from athena_gate.modules import clock
from athena_gate.stacks.configuration import load
from tests.conftest import DOT, Project

NOW = datetime(2027, 2, 20, 12, tzinfo=UTC)


class NoSuchEntity(Exception):
    pass


class Iam:
    """Answers like IAM for the user dot-reporting."""

    class exceptions:  # noqa: N801 - as botocore calls it
        NoSuchEntityException = NoSuchEntity

    def __init__(self, *keys: tuple[str, str, datetime, datetime | None]) -> None:
        self.keys = {key[0]: key for key in keys}

    def list_access_keys(self, **asked: str) -> dict[str, Any]:
        if asked != {"UserName": "dot-reporting"}:
            raise NoSuchEntity
        return {
            "AccessKeyMetadata": [
                {"AccessKeyId": id_, "Status": status, "CreateDate": made}
                for id_, status, made, _ in self.keys.values()
            ]
        }

    def get_access_key_last_used(self, **asked: str) -> dict[str, Any]:
        used = self.keys[asked["AccessKeyId"]][3]
        last = {"ServiceName": "athena" if used else "N/A", "Region": "N/A"}
        return {"AccessKeyLastUsed": {**last, "LastUsedDate": used} if used else last}


OLD = datetime(2026, 11, 2, tzinfo=UTC)
IAM = Iam(
    ("AKIANEW", "Active", NOW - timedelta(hours=2), None),
    ("AKIAOLD", "Active", OLD, NOW - timedelta(days=1)),
)


def keys(state: dict[str, str], *wanted: str, max_age_days: int | None = None) -> Keys:
    found = from_aws(IAM, "dot-reporting", state)
    return Keys(
        "dot-reporting", "dot-reporting", "111122223333", found, wanted, state, max_age_days
    )


def test_keys_are_listed_the_oldest_first_with_their_age_and_last_use() -> None:
    found = keys({"2026-11": "AKIAOLD", "2027-02": "AKIANEW"}, "2026-11", "2027-02")
    assert as_text(found, NOW).splitlines() == [
        "dot-reporting: user dot-reporting in 111122223333",
        "  2026-11  AKIAOLD  active    110 days old, used 2027-02-19 12:00 (athena)",
        "  2027-02  AKIANEW  active    0 days old, never used",
    ]
    assert as_json(found, NOW) == {
        "stack": "dot-reporting",
        "user": "dot-reporting",
        "account": "111122223333",
        "keys": [
            {
                "id": "AKIAOLD",
                "generation": "2026-11",
                "active": True,
                "made": "2026-11-02T00:00:00+00:00",
                "age_days": 110,
                "last_used": "2027-02-19T12:00:00+00:00",
                "service": "athena",
            },
            {
                "id": "AKIANEW",
                "generation": "2027-02",
                "active": True,
                "made": "2027-02-20T10:00:00+00:00",
                "age_days": 0,
                "last_used": None,
                "service": "",
            },
        ],
        "problems": [],
    }


def test_what_is_unknown_deleted_or_too_old_is_told_with_what_to_do() -> None:
    found = keys({"2026-11": "AKIAOLD", "2027-01": "AKIAGONE"}, "2026-11", max_age_days=90)
    assert [str(one) for one in found.problems(NOW)] == [
        "AKIANEW: no state knows it, so nobody has its secret here; gate keys dot-reporting "
        "--remove AKIANEW removes it",
        "2027-01: the state has its key AKIAGONE, AWS does not: it was deleted by hand; gate apply "
        "dot-reporting makes another",
        "2026-11: its key is 110 days old, max_age_days is 90; gate rotate dot-reporting begins a "
        "rotation",
    ]
    assert [one.code for one in found.problems(NOW)] == ["GATE633", "GATE634", "GATE631"]


def test_without_a_state_nobody_says_that_a_secret_is_lost() -> None:
    """A fresh clone has none, and the key may have been handed over today."""
    says = "no state knows it, nor any other; unless another clone or backend has a state that does"
    assert all(one.text.startswith(says) for one in keys({}, "2026-11").problems(NOW))


@pytest.mark.parametrize(
    ("code", "next_step"),
    [
        ("AccessDenied", "the credentials need iam:ListAccessKeys on the user"),
        ("Throttling", "run it again, or see gate doctor"),
    ],
)
def test_what_aws_answers_is_said_with_what_helps(code: str, next_step: str) -> None:
    error = ClientError({"Error": {"Code": code}}, "ListAccessKeys")
    with pytest.raises(NoAnswer) as caught, answering():
        raise error
    assert str(caught.value) == f"AWS answered {code} to ListAccessKeys; {next_step}"


def test_a_doctor_without_terraform_leaves_keys_to_the_other_checks(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.folder)
    folder = project.out / "stacks/dot-reporting"
    (folder / ".terraform").mkdir(parents=True)
    (folder / "cdk.tf.json").write_text("{}")
    monkeypatch.setenv("PATH", str(project.folder))
    (block,) = load(project.file).blocks
    assert list(doctor.findings(block, IAM)) == []


def test_a_user_that_is_not_there_has_no_keys() -> None:
    assert from_aws(IAM, "somebody", {}) == ()


@pytest.mark.parametrize(
    ("generation", "active", "made", "used", "why"),
    [
        (None, True, timedelta(hours=1), None, ""),
        (None, False, timedelta(days=9), timedelta(days=2), ""),
        (
            None,
            True,
            timedelta(minutes=9),
            None,
            "it was made within ten minutes; an apply that is under way may still write it down",
        ),
        (
            None,
            True,
            timedelta(days=90),
            timedelta(days=80),
            "it was used on 2026-12-02, so somebody has it; find out who, deactivate it, and "
            "remove it a day later",
        ),
        (
            None,
            False,
            timedelta(days=90),
            timedelta(hours=3),
            "it was used on 2027-02-20, so somebody has it; find out who, deactivate it, and "
            "remove it a day later",
        ),
        (
            "2026-11",
            True,
            timedelta(days=90),
            None,
            "it is that of generation 2026-11; gate rotate removes it in turn",
        ),
    ],
)
def test_a_key_is_removed_only_where_nobody_can_miss_it(
    generation: str | None, active: bool, made: timedelta, used: timedelta | None, why: str
) -> None:
    key = Key("AKIA", generation, active, NOW - made, NOW - used if used else None)
    assert keys({}, "2026-11").why_not_removed(key, NOW) == why


@pytest.mark.parametrize(
    ("active", "used", "why"),
    [
        (
            True,
            None,
            "dot_athena_user was made by hand, and so may this key have been: somebody may have "
            "it, though it was never used; deactivate it (aws iam update-access-key --user-name "
            "dot_athena_user --access-key-id AKIA --status Inactive), and remove it a day later",
        ),
        (
            True,
            timedelta(days=80),
            "it was used on 2026-12-02, so somebody has it; find out who, deactivate it, and "
            "remove it a day later",
        ),
        (False, None, ""),
        (False, timedelta(days=2), ""),
    ],
)
def test_a_key_that_an_adopted_user_may_have_brought_is_deactivated_first(
    project: Project, active: bool, used: timedelta | None, why: str
) -> None:
    project.write(DOT.replace("  keys {", '  adopted { user = "dot_athena_user" }\n  keys {'))
    (block,) = load(project.file).blocks
    key = Key("AKIA", None, active, NOW - timedelta(days=90), NOW - used if used else None)
    found = keys_in(block, (key,), {})
    assert found.why_not_removed(key, NOW) == why
    told = why or "gate keys dot-reporting --remove AKIA removes it"
    assert [str(one) for one in found.problems(NOW)] == [f"AKIA: no state knows it; {told}"]


@pytest.mark.parametrize(
    ("state", "wanted", "expected"),
    [
        ({"2026-11": "AKIAOLD", "2027-02": "AKIANEW"}, '"2026-11", "2027-02"', []),
        (None, '"2026-11", "2027-02"', []),
        (
            None,
            '"2026-11"',
            [("note", "the user has 2 access keys, gate.hcl has 1 of them")],
        ),
        (
            {"2026-11": "AKIAOLD"},
            '"2026-11", "2027-02"',
            [
                (
                    "stop",
                    "AKIANEW: no state knows it, so nobody has its secret here; gate keys "
                    "dot-reporting --remove AKIANEW removes it; AWS makes no third key for "
                    "generation 2027-02 [GATE633]",
                )
            ],
        ),
        (
            {"2026-11": "AKIAOLD"},
            '"2026-11"',
            [
                (
                    "note",
                    "AKIANEW: no state knows it, so nobody has its secret here; gate keys "
                    "dot-reporting --remove AKIANEW removes it [GATE633]",
                )
            ],
        ),
    ],
)
def test_a_doctor_sees_a_key_that_would_stop_a_deploy(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    state: dict[str, str] | None,
    wanted: str,
    expected: list[tuple[str, str]],
) -> None:
    project.write(DOT.replace('"2026-11"', wanted))
    (block,) = load(project.file).blocks
    monkeypatch.setattr(doctor, "_state", lambda _: state)
    with clock.at(NOW.date()):
        found = list(doctor.findings(block, IAM))
    assert [(one.status, one.found) for one in found] == expected
    assert {(one.check, one.next) for one in found} <= {
        ("keys of dot-reporting", "gate keys dot-reporting")
    }


def test_the_state_says_which_key_is_of_which_generation() -> None:
    def resource(kind: str, name: str, **attributes: str) -> dict[str, Any]:
        instances = [{"attributes": attributes}]
        return {"mode": "managed", "type": kind, "name": name, "instances": instances}

    state = {
        "version": 4,
        "resources": [
            resource("aws_iam_user", "reporting_user_33FF0509", id="dot-reporting"),
            resource("aws_iam_access_key", "reporting_key-2026-11_45956ED2", id="AKIAOLD"),
            resource("aws_iam_access_key", "reporting_key-a_b_45956ED2", id="AKIANEW"),
            {"mode": "managed", "type": "aws_iam_access_key", "name": "x", "instances": []},
        ],
    }
    assert parse("s", json.dumps(state)) == {"2026-11": "AKIAOLD", "a_b": "AKIANEW"}
    assert parse("s", "") == {}
    for junk in ("{", "[]", '{"resources": 3}'):
        with pytest.raises(NoState):
            parse("s", junk)


class Deleting(Iam):
    """Keeps what it is told to delete."""

    def __init__(self) -> None:
        super().__init__(*IAM.keys.values())
        self.deleted: list[dict[str, str]] = []

    def delete_access_key(self, **asked: str) -> None:
        self.deleted.append(asked)


class Yes(io.StringIO):
    """Somebody at a terminal."""

    def isatty(self) -> bool:
        return True


def test_only_a_key_that_nobody_can_miss_is_deleted(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    iam = Deleting()
    found = keys({"2026-11": "AKIAOLD"}, "2026-11")
    with clock.at(NOW.date()):
        for id_ in ("AKIAOLD", "AKIANONE"):
            with pytest.raises(typer.Exit):
                _remove(iam, found, id_, yes=True, again=lambda: found)
        assert iam.deleted == []
        # Asked for a yes, somebody takes his time, and a run writes it down.
        monkeypatch.setattr("sys.stdin", Yes("yes\n"))
        known = keys({"2026-11": "AKIAOLD", "2027-02": "AKIANEW"}, "2026-11", "2027-02")
        with pytest.raises(typer.Exit):
            _remove(iam, found, "AKIANEW", yes=False, again=lambda: known)
        assert iam.deleted == []
        _remove(iam, found, "AKIANEW", yes=True, again=lambda: found)
    assert iam.deleted == [{"UserName": "dot-reporting", "AccessKeyId": "AKIANEW"}]
    assert capsys.readouterr().err.splitlines() == [
        "gate: AKIAOLD stays: it is that of generation 2026-11; gate rotate removes it in turn",
        "gate: dot-reporting has no key AKIANONE; allowed: AKIANEW",
        "delete AKIANEW of dot-reporting, which no state knows? Only yes is a yes: gate: AKIANEW "
        "stays: it is that of generation 2027-02; gate rotate removes it in turn",
        "gate: AKIANEW is deleted",
    ]
