"""What `gate recover` makes of a stack's names, of what stands and of what the state knows."""

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from athena_gate.gate.deploy.aside import copy_of
from athena_gate.gate.deploy.running import Step, Terraform
from athena_gate.gate.doctor import aws
from athena_gate.gate.recover import Left, Recovery, Refused, backend, examine
from athena_gate.gate.recover.account import AccessKey, Account, NotAllowed, Standing
from athena_gate.gate.recover.json import as_json
from athena_gate.gate.recover.mending import Mended, mend, put_back
from athena_gate.gate.recover.text import as_text, outcome, question
from athena_gate.gate.recover.wanted import Place, Wanted, wanted
from athena_gate.gate.stack.state import Lock, State, _is_copy, holder, local, lock, problem
from athena_gate.stacks.configuration import load
from athena_gate.stacks.expected import expected_json
from tests.conftest import DOT, Project

USER = "aws_iam_user.reporting_user_33FF0509"
KEY = "aws_iam_access_key.reporting_key-2026-11_52FC863D"
BUCKET = "aws_s3_bucket.reporting_results_bucket_5FD11B2B"
POLICY = "aws_iam_policy.reporting_access_F8E15C40"
OURS = "dot/reporting"
LOCK = {
    "ID": "e96aca87-7b54-c951-95e0-d5ef838ba3bf",
    "Operation": "OperationTypeApply",
    "Who": "jane@laptop",
    "Created": "2026-11-26T07:02:48.123Z",
}


MINE = f"{os.environ.get('USER') or 'root'}@{socket.gethostname()}"


@dataclass
class FakeAccount:
    """An account in which this stands, by address; what is not there may not be asked."""

    standing: Mapping[str, Standing | None] = field(default_factory=dict)
    keys: tuple[AccessKey, ...] = ()
    answers: Mapping[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    place = Place("111122223333", "eu-central-1", None)

    def stands(self, one: Wanted) -> Standing | None:
        if one.address not in self.standing:
            raise NotAllowed("iam:GetUser was answered with AccessDenied")
        return self.standing[one.address]

    def ask(self, _service: str, call: str, **_: Any) -> Any:
        """Answer what is asked about leftovers: what has the tag, and what is in it; keep what is
        deleted."""
        if call.startswith("delete"):
            self.asked.append(call)
        return self.answers.get(call)

    def access_keys(self, user: str) -> list[AccessKey]:
        return [key for key in self.keys if key.user == user]


class Nothing(dict[str, Standing | None]):
    """Whatever is asked for does not stand."""

    def __contains__(self, _: object) -> bool:
        return True

    def __missing__(self, _: str) -> None:
        return None


@pytest.fixture
def content(project: Project, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The JSON of the Dot stack, in whose folder this works."""
    monkeypatch.chdir(project.folder)
    configuration = load(Path("gate.hcl"))
    return expected_json(configuration.blocks[0], configuration.backend)


def found(
    content: dict[str, Any],
    standing: Mapping[str, Standing | None],
    keys: tuple[AccessKey, ...] = (),
) -> Recovery:
    places = {one.place for one in wanted(content)}
    fake = cast(Account, FakeAccount(Nothing(standing), keys))
    return examine("dot-reporting", Path("here"), content, dict.fromkeys(places, fake))


def write_state(
    resources: Mapping[str, Mapping[str, Any]], tainted: str = "", serial: int = 1
) -> Path:
    file = Path("terraform.dot-reporting.tfstate")
    file.write_text(text_of(resources, tainted, serial))
    return file


def text_of(resources: Mapping[str, Mapping[str, Any]], tainted: str = "", serial: int = 1) -> str:
    listed = [
        {
            "mode": "managed",
            "type": address.partition(".")[0],
            "name": address.partition(".")[2],
            "instances": [
                {"attributes": attributes, **({"status": "tainted"} if address == tainted else {})}
            ],
        }
        for address, attributes in resources.items()
    ]
    return json.dumps({"version": 4, "serial": serial, "lineage": "a", "resources": listed})


def key(number: int, used: str = "") -> AccessKey:
    return AccessKey(f"AKIA{number}", "dot-reporting", "2026-11-26 07:02", used, True)


def test_references_to_what_the_stack_names_are_these_names(content: dict[str, Any]) -> None:
    by_address = {one.address: one for one in wanted(content)}
    place = Place("111122223333", "eu-central-1", None)
    assert {(one.place, one.tag) for one in by_address.values()} == {(place, OURS)}
    assert by_address[KEY].arguments["user"] == "dot-reporting"
    assert {
        one.arguments["bucket"] for one in by_address.values() if one.type.startswith("aws_s3_")
    } == {"dot-reporting-results-111122223333"}


def test_nothing_stands_and_nothing_is_left(content: dict[str, Any]) -> None:
    recovery = found(content, {})
    assert (recovery.stops, recovery.mendable) == (False, False)
    assert as_text(recovery) == (
        "dot-reporting: nothing is left of a run; its state has 0 resources"
    )


def test_what_stands_without_the_state_is_imported_and_its_unused_key_deleted(
    content: dict[str, Any],
) -> None:
    standing = {
        USER: Standing("dot-reporting", OURS),
        # The provider tags a bucket in a second call.
        BUCKET: Standing("dot-reporting-results-111122223333", None, True),
    }
    write_state({"aws_iam_policy.another": {"name": "another"}})
    recovery = found(content, standing, (key(1), key(2, "2026-11-26 07:10")))
    assert [(one.address, one.id, one.verdict) for one in recovery.left] == [
        (USER, "dot-reporting", "import"),
        (BUCKET, "dot-reporting-results-111122223333", "import"),
    ]
    assert (recovery.stops, recovery.mendable, recovery.crowded) == (True, True, ())
    assert as_text(recovery).splitlines() == [
        "dot-reporting: a run has left 3 things that its state does not have",
        f"  import   {USER}: dot-reporting",
        f"  import   {BUCKET}:",
        "           dot-reporting-results-111122223333",
        "  delete   the access key AKIA1 of dot-reporting, made 2026-11-26 07:02, which",
        "           no state knows; never used, and its secret is lost",
        "  key      the access key AKIA2 of dot-reporting, made 2026-11-26 07:02, which",
        "           no state knows; last used 2026-11-26 07:10, so it stays: find out who",
        "           uses it",
    ]
    assert question([recovery]) == "delete 1 access key, import 2"


def test_a_key_stays_where_no_state_is_found_at_all(content: dict[str, Any]) -> None:
    """Another clone, or the backend that was meant, may have the state that knows it."""
    recovery = found(content, {USER: Standing("dot-reporting", OURS)}, (key(1),))
    assert recovery.deletable == []
    assert as_text(recovery).splitlines()[2:5] == [
        "           terraform.dot-reporting.tfstate is no state yet; where another clone",
        "           or backend has one of the stack, use that, for two would undo each",
        "           other's changes",
    ]
    assert "another clone or backend may have it: gate keys dot-reporting --remove" in " ".join(
        as_text(recovery).split()
    )


S3 = {"s3": {"bucket": "states", "key": "dot-x.tfstate"}}


@pytest.mark.parametrize(
    ("name", "stack", "backend", "copy"),
    [
        ("dot-x", "dot-x", S3, True),
        ("aside-dot-x-ab12", "dot-x", S3, True),
        ("stack", "dot-x", S3, True),
        ("dot-y", "dot-x", S3, False),
        ("aside-dot-y-ab12", "dot-x", S3, False),
        ("stack", "dot-y", S3, False),
        ("dot-x", "dot-x", {"s3": {"bucket": "other", "key": "dot-x.tfstate"}}, False),
        ("dot-x", "dot-x", {"s3": {**S3["s3"], "encrypt": True, "profile": "ci"}}, True),
        ("dot-x", "dot-x", {"local": {"path": "dot-x.tfstate"}}, False),
        ("dot-x", "dot-x", {"s3": []}, True),
        ("dot-x", "dot-x", {"s3": {"key": "dot-x.tfstate"}}, True),
        ("stack", "", {}, True),
        ("dot-y", "", {}, False),
    ],
)
def test_terraform_in_a_copy_of_the_stack_is_told_from_others(
    tmp_path: Path, name: str, stack: str, backend: dict[str, Any], copy: bool
) -> None:
    """By the folder's name first; where its JSON can be read, by stack and backend as well."""
    place, folder = tmp_path / "elsewhere" / name, tmp_path / "dot-x"
    for one, of, kept in ((place, stack, backend), (folder, "dot-x", S3)):
        one.mkdir(parents=True)
        written = {"//": {"metadata": {"stackName": of}}, "terraform": {"backend": kept}}
        (one / "cdk.tf.json").write_text(json.dumps(written) if of else "{")
    assert _is_copy(place, folder) is copy


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (
            Standing("dot-reporting", None),
            "it is without the tag athena-gate, not of dot/reporting",
        ),
        (Standing("dot-reporting", "dot/other"), "it is of dot/other, not of dot/reporting"),
    ],
)
def test_what_others_made_is_left_alone_with_its_keys(
    content: dict[str, Any], standing: Standing, why: str
) -> None:
    recovery = found(content, {USER: standing}, (key(1),))
    assert recovery.left == (Left(USER, "dot-reporting", "foreign", why),)
    assert (recovery.keys, recovery.stops, recovery.mendable) == ((), True, False)


def test_a_bucket_that_holds_something_and_has_no_tag_is_somebody_elses(
    content: dict[str, Any],
) -> None:
    recovery = found(content, {BUCKET: Standing("b", None, False)})
    assert [one.verdict for one in recovery.left] == ["foreign"]


@pytest.mark.parametrize(("code", "stops"), [("403", True), ("503", False)])
def test_a_bucket_of_another_account_is_in_the_way_even_if_it_is_open(
    content: dict[str, Any], code: str, stops: bool
) -> None:
    asked: list[dict[str, Any]] = []

    class Elsewhere(FakeAccount):
        def stands(self, one: Wanted) -> Standing | None:
            if one.type != "aws_s3_bucket":
                return None
            return Account.stands(cast(Account, self), one)

        def ask(self, _service: str, call: str, **arguments: Any) -> Any:
            if call == "head_bucket":
                asked.append(arguments)
                raise NotAllowed("s3:HeadBucket was answered with 403", code)
            return None

    places = {one.place for one in wanted(content)}
    accounts = dict.fromkeys(places, cast(Account, Elsewhere()))
    recovery = examine("dot-reporting", Path("here"), content, accounts)
    name = "dot-reporting-results-111122223333"
    assert asked == [{"Bucket": name, "ExpectedBucketOwner": "111122223333"}]
    why = "it is another account's, or these credentials may not look at it"
    assert recovery.left == ((Left(BUCKET, name, "foreign", why),) if stops else ())
    assert (recovery.stops, recovery.mendable) == (stops, False)


@pytest.mark.parametrize(
    ("answer", "is_bare"),
    [
        ({}, True),
        ({"get_bucket_tagging": {"TagSet": [{"Key": "team", "Value": "x"}]}}, False),
        ({"list_object_versions": {"DeleteMarkers": [{}]}}, False),
        ({"get_bucket_versioning": {"Status": "Suspended"}}, False),
        ({"get_bucket_policy": {"Policy": "{}"}}, False),
        ({"get_bucket_lifecycle_configuration": {"Rules": []}}, False),
    ],
)
def test_an_empty_bucket_is_a_cut_short_runs_only_if_nobody_has_set_it_up(
    content: dict[str, Any], answer: dict[str, Any], is_bare: bool
) -> None:
    (one,) = (one for one in wanted(content) if one.type == "aws_s3_bucket")
    fake = cast(Account, FakeAccount(answers={"head_bucket": {}, **answer}))
    assert Account.stands(fake, one) == Standing(
        "dot-reporting-results-111122223333", None, is_bare
    )


def test_a_key_of_a_rotation_that_was_cut_short_is_found(content: dict[str, Any]) -> None:
    write_state({USER: {"name": "dot-reporting"}, KEY: {"id": "AKIA1"}})
    recovery = found(content, {}, (key(1, "2026-11-26 07:10"), key(2)))
    assert [(one.key.id, one.unused) for one in recovery.keys] == [("AKIA2", True)]
    assert (recovery.crowded, recovery.mendable) == ((), True)


def test_two_keys_in_use_that_no_state_knows_leave_no_room_for_another(
    content: dict[str, Any],
) -> None:
    write_state({USER: {"name": "dot-reporting"}})
    recovery = found(content, {}, (key(1, "2026-11-25 07:10"), key(2, "2026-11-26 07:10")))
    assert (recovery.crowded, recovery.deletable, recovery.stops) == (("dot-reporting",), [], True)


def test_a_state_that_has_another_thing_at_the_address_forgets_it(content: dict[str, Any]) -> None:
    write_state({BUCKET: {"bucket": "old-name"}})
    recovery = found(content, {BUCKET: Standing("dot-reporting-results-111122223333", OURS)})
    assert [one.verdict for one in recovery.left] == ["forget"]


def test_what_the_state_has_and_still_stands_is_not_forgotten(content: dict[str, Any]) -> None:
    """A name that was changed in gate.hcl to one that has the tag: forgotten, the old one would be
    nobody's, with the keys that are in use."""

    class ByName(FakeAccount):
        def stands(self, one: Wanted) -> Standing | None:
            name = one.arguments.get("bucket")
            return Standing(name, OURS) if name and one.type == "aws_s3_bucket" else None

    write_state({BUCKET: {"bucket": "old-name", "id": "old-name"}})
    places = {one.place for one in wanted(content)}
    recovery = examine(
        "dot-reporting", Path("here"), content, dict.fromkeys(places, cast(Account, ByName()))
    )
    why = "the state has old-name in its place, which stands as well, so neither is forgotten"
    assert recovery.left == (Left(BUCKET, "dot-reporting-results-111122223333", "foreign", why),)
    assert (recovery.stops, recovery.mendable) == (True, False)


def test_what_may_not_be_asked_is_said_and_stops_nothing(content: dict[str, Any]) -> None:
    places = {one.place for one in wanted(content)}
    fake = cast(Account, FakeAccount())
    recovery = examine("dot-reporting", Path("here"), content, dict.fromkeys(places, fake))
    assert recovery.unseen[0] == f"{POLICY}: iam:GetUser was answered with AccessDenied"
    assert (recovery.stops, recovery.mendable) == (False, False)
    assert as_text(recovery).splitlines()[:2] == [
        "dot-reporting: not all could be looked at; nothing else is left of a run; its",
        "state has 0 resources",
    ]


@pytest.mark.parametrize(
    ("service", "call", "action"),
    [
        ("s3", "head_bucket", "s3:ListBucket"),
        ("s3", "list_object_versions", "s3:ListBucketVersions"),
        ("s3", "get_bucket_lifecycle_configuration", "s3:GetLifecycleConfiguration"),
        ("resourcegroupstaggingapi", "get_resources", "tag:GetResources"),
        ("iam", "get_access_key_last_used", "iam:GetAccessKeyLastUsed"),
    ],
)
def test_a_denied_call_is_said_by_the_action_to_allow(service: str, call: str, action: str) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, call)
    client = Mock(**{f"{call}.side_effect": denied})
    account = Account(FakeAccount.place, Mock(), {service: client})
    with pytest.raises(NotAllowed) as caught:
        account.ask(service, call)
    assert (str(caught.value), caught.value.code) == (
        f"{action} was answered with AccessDenied",
        "AccessDenied",
    )


def test_what_is_tainted_is_named(content: dict[str, Any]) -> None:
    write_state({POLICY: {"name": "dot-reporting"}}, tainted=POLICY)
    recovery = found(content, {})
    assert recovery.state.tainted == (POLICY,)
    assert as_text(recovery).splitlines() == [
        "dot-reporting: 1 resource tainted; nothing else is left of a run; its state has",
        "1 resource",
        f"  tainted  {POLICY}: the next apply makes it",
        "           anew",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="who holds a lock is asked of Linux alone")
def test_whoever_holds_a_local_state_is_seen_wherever_he_works(content: dict[str, Any]) -> None:
    """The folder of another user's process may not be looked at."""
    file = write_state({})
    lines = (
        "import fcntl, sys",
        "file = open(sys.argv[1], 'r+')",
        "fcntl.lockf(file, fcntl.LOCK_EX)",
        "print(1, flush=True)",
        "sys.stdin.read()",
    )
    holds = [sys.executable, "-c", "; ".join(lines), str(file)]
    assert holder(file) == 0
    with subprocess.Popen(holds, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert (holder(file), found(content, {}).running) == (process.pid, process.pid)
        process.communicate()
    assert holder(file) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="who holds a lock is asked of Linux alone")
def test_whoever_holds_it_in_another_container_is_seen_too(
    content: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Linux has no id of a process that this container does not see."""
    file = write_state({})
    found_locked = struct.pack("hhqqi0q", 1, 0, 0, 0, 0)
    monkeypatch.setattr("fcntl.fcntl", lambda *_: found_locked)
    assert holder(file) == -1
    assert as_text(found(content, {})).splitlines()[1:] == [
        "  running  a Terraform of another container or machine still works here: wait",
        "           for its end",
    ]


def test_while_a_run_works_nothing_is_said_to_be_left() -> None:
    recovery = Recovery("dot-x", Path("x"), State("x", file=Path("x")), running=7)
    assert (recovery.stops, as_text(recovery).splitlines()) == (
        True,
        [
            "dot-x: a run still works here",
            "  running  process 7 of Terraform still works here: wait for its end",
        ],
    )


def test_a_state_that_ends_early_is_named_with_its_backup(content: dict[str, Any]) -> None:
    file = write_state({USER: {"name": "dot-reporting"}})
    whole = file.read_text()
    stack = Path("cdktf.out/stacks/dot-reporting/cdk.tf.json")
    stack.parent.mkdir(parents=True)
    backend = {"local": {"path": f"../../../{file}"}}
    stack.write_text(json.dumps({"terraform": {"backend": backend}}))
    assert problem("dot-reporting", stack) == ""
    file.write_text(whole[:40])
    assert problem("dot-reporting", stack) == (
        f"the state of dot-reporting, {file}, cannot be read: it ends after 40 bytes, as on a full "
        "disk; there is no backup that is whole; run: gate recover dot-reporting"
    )
    backup = Path(f"{file}.backup")
    backup.write_text(whole)
    # What is shown is what is left once the backup is there.
    recovery = found(content, {USER: Standing("dot-reporting", OURS)})
    assert (recovery.state.backup, recovery.stops, recovery.mendable) == (backup, True, True)
    assert recovery.left == ()
    assert put_back(recovery) == f"{file} was moved to {file}.broken, {backup} put in its place"
    assert file.read_text() == whole
    assert Path(f"{file}.broken").read_text() == whole[:40]


WHOLE = {
    "of a newer Terraform": ('{"version": 5, "resources": []}', "is of format 5, not 4"),
    "encrypted": ('{"serial": 3, "encrypted_data": "q2E="}', "is encrypted by OpenTofu"),
    "of something else": ("[]", "is no state of Terraform's"),
    "a folder": ("", "is a folder"),
    "as PowerShell writes it": ('{"version": 4, "resources": []}', "line 1 is UTF-16, not UTF-8"),
}


@pytest.mark.parametrize(("text", "says"), WHOLE.values(), ids=WHOLE)
def test_a_state_that_is_whole_and_cannot_be_read_here_stays(
    content: dict[str, Any], text: str, says: str
) -> None:
    """A backup in its place would lose what the program that reads it knows."""
    file = write_state({USER: {"name": "dot-reporting"}})
    file.rename(f"{file}.backup")
    if text:
        file.write_text(text, encoding="utf-16" if "UTF-16" in says else "utf-8")
    else:
        file.mkdir()
    recovery = found(content, {USER: Standing("dot-reporting", OURS)}, (key(1),))
    state = recovery.state
    assert (state.backup, recovery.stops, recovery.mendable) == (None, True, False)
    assert state.broken.startswith(says)
    # Who knows whether it has the key.
    assert recovery.deletable == []
    assert "it stays as it is, as it is not cut short" in " ".join(as_text(recovery).split())


def test_a_key_that_a_broken_state_has_may_be_in_somebodys_hands(content: dict[str, Any]) -> None:
    known = AccessKey("AKIAIOSFODNN7EXAMPLE", "dot-reporting", "2026-11-26 07:02", "", True)
    file = write_state({USER: {"name": "dot-reporting"}, KEY: {"id": known.id}})
    file.write_text(file.read_text()[:-10])
    standing = {USER: Standing("dot-reporting", OURS)}
    for _ in range(2):
        recovery = found(content, standing, (known,))
        assert (recovery.deletable, [one.key for one in recovery.keys]) == ([], [known])
        if recovery.state.broken:
            # Put aside, it tells it still.
            put_back(recovery)
    assert as_text(recovery).splitlines()[2:] == [
        "  key      the access key AKIAIOSFODNN7EXAMPLE of dot-reporting, made 2026-11-26",
        "           07:02, which no state knows; a broken state may have it, so it may be",
        "           in somebody's hands, and stays",
    ]


def test_a_disk_that_is_still_full_leaves_the_state_as_it_is(
    content: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_state({USER: {"name": "dot-reporting"}})
    whole = file.read_text()
    Path(f"{file}.backup").write_text(whole)
    file.write_text(whole[:40])
    Path(f"{file}.broken").write_text("an earlier one")
    recovery = found(content, {})

    def texts() -> dict[str, str]:
        return {one.name: one.read_text() for one in Path().glob("terraform.*")}

    before = texts()

    def full(_source: Path, target: Path) -> None:
        target.write_text("half")
        raise OSError(28, "No space left on device", str(target))

    with monkeypatch.context() as patched:
        patched.setattr("shutil.copyfile", full)
        with pytest.raises(OSError, match="No space left on device"):
            put_back(recovery)
    assert texts() == before
    assert put_back(recovery).startswith(f"{file} was moved to {file}.broken1, ")
    assert texts() == {**before, str(file): whole, f"{file}.broken1": whole[:40]}


def test_a_state_that_the_backend_would_not_take_is_what_is_known(content: dict[str, Any]) -> None:
    file = write_state({USER: {"name": "dot-reporting"}, KEY: {"id": "AKIA1"}})
    Path("here").mkdir()
    file.rename("here/errored.tfstate")
    recovery = found(content, {USER: Standing("dot-reporting", OURS)}, (key(1),))
    assert (recovery.left, recovery.keys, recovery.errored) == (
        (),
        (),
        Path("here/errored.tfstate"),
    )
    assert question([recovery]) == "hand over 1 state"
    Path("here/errored.tfstate").write_text("{")
    recovery = found(content, {})
    assert (recovery.errored, recovery.state.broken) == (None, "")
    assert recovery.unseen[0].startswith("here/errored.tfstate: line 1, column 2 is not JSON")


def test_a_state_that_was_not_taken_and_is_older_by_now_is_not_gone_by(
    content: dict[str, Any],
) -> None:
    """Terraform would not take it either, and what it lacks is known."""
    known = {USER: {"name": "dot-reporting"}, KEY: {"id": "AKIA1"}}
    write_state(known, serial=5)
    Path("here").mkdir()
    errored = Path("here/errored.tfstate")
    errored.write_text(text_of({}, serial=4))
    recovery = found(content, {USER: Standing("dot-reporting", OURS)}, (key(1),))
    assert (recovery.left, recovery.keys, recovery.errored) == ((), (), None)
    says = f"{errored} is older than the state, which a later run has written: delete it"
    assert recovery.unseen == (says,)


def test_a_state_that_was_not_taken_outlives_the_folder_aside(
    content: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It alone has the secret of a key that was made, and the disk may be full."""
    folder = Path("here")
    folder.mkdir()
    with copy_of(folder, content, None, Path()) as copy:
        monkeypatch.setattr("shutil.copyfile", Mock(side_effect=OSError(28, "No space left")))
        (copy / "errored.tfstate").write_text("made")
    assert ((folder / "errored.tfstate").read_text(), copy.exists()) == ("made", False)


def test_an_empty_state_is_none_unless_its_backup_has_something() -> None:
    file = write_state({USER: {}})
    backup = Path(f"{file}.backup")
    backup.write_bytes(file.read_bytes())
    file.write_text("")
    assert local(file).broken == "it is empty, and its backup is not"
    backup.unlink()
    assert local(file) == State(str(file), file=file)


def test_a_key_of_an_adopted_user_stays_even_if_it_was_never_used(project: Project) -> None:
    project.write(DOT.replace("  keys {", '  adopted { user = "dot_athena_user" }\n  keys {'))
    configuration = load(project.file)
    content = expected_json(configuration.blocks[0], configuration.backend)
    old = AccessKey("AKIA1", "dot_athena_user", "2024-01-01 00:00", "", active=True)
    recovery = found(content, {USER: Standing("dot_athena_user", OURS)}, (old,))
    assert (recovery.deletable, len(recovery.keys)) == ([], 1)
    assert "of a user that was made by hand, so it" in " ".join(as_text(recovery).split())


def test_a_user_made_by_hand_may_be_called_as_the_blocks_policy(content: dict[str, Any]) -> None:
    """Then its name does not tell that it brought keys; gate.hcl does."""
    write_state({USER: {"name": "dot-reporting"}})
    places = {one.place for one in wanted(content)}
    accounts = dict.fromkeys(places, cast(Account, FakeAccount(Nothing(), (key(1),))))
    found = [
        examine("dot-reporting", Path("here"), content, accounts, adopted)
        for adopted in ((), ("dot-reporting",))
    ]
    assert [len(one.deletable) for one in found] == [1, 0]


@pytest.mark.parametrize(("tag", "deleted"), [(OURS, 1), (None, 0), ("dot/other", 0)])
def test_a_key_of_a_user_that_was_made_anew_by_hand_stays(
    content: dict[str, Any], tag: str | None, deleted: int
) -> None:
    """The state knows a user of that name, which is another one."""
    write_state({USER: {"name": "dot-reporting"}})
    recovery = found(content, {USER: Standing("dot-reporting", tag)}, (key(1),))
    assert (len(recovery.keys), len(recovery.deletable)) == (1, deleted)


def test_a_lock_says_whose_it_is() -> None:
    found = lock(json.dumps(LOCK))
    assert (str(found), found.ours) == ("apply of jane@laptop, 2026-11-26 07:02:48", False)
    assert lock(json.dumps({**LOCK, "Who": MINE})).ours
    assert lock("not JSON") == Lock("", "somebody", "", "")


def test_a_lock_of_another_machine_is_shown_with_how_to_remove_it() -> None:
    state = State("s3://acme-states/x.tfstate", lock=lock(json.dumps(LOCK)))
    recovery = Recovery("dot-reporting", Path("cdktf.out/stacks/dot-reporting"), state)
    assert (recovery.stops, recovery.mendable) == (True, False)
    assert as_text(recovery).splitlines()[3:] == [
        "           of another machine; its run may write down yet what it has made, so",
        "           nothing is changed. Once it has ended for certain: `terraform",
        "           -chdir=cdktf.out/stacks/dot-reporting force-unlock",
        "           e96aca87-7b54-c951-95e0-d5ef838ba3bf`",
    ]


class Bucket(dict[str, str]):
    """A bucket of states, which ``then`` changes once it was asked for so many objects."""

    def __init__(self, *objects: tuple[str, str]) -> None:
        super().__init__(objects)
        self.asked: list[str] = []
        self.then: tuple[int, dict[str, str]] = (0, {})

    def object(self, _client: object, _bucket: str, name: str) -> str:
        self.asked.append(name)
        if len(self.asked) == self.then[0]:
            self.clear()
            self.update(self.then[1])
        return self.get(name, "")


@pytest.fixture
def bucket(project: Project, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """Where the state of the Dot stack lies, in whose folder this works."""
    monkeypatch.chdir(project.folder)
    states = 'backend "s3" {\n  bucket = "acme-states"\n  region = "eu-central-1"\n}\n'
    project.write(DOT + states)
    made = Bucket()
    monkeypatch.setattr(aws, "caller", lambda *_: Mock())
    monkeypatch.setattr(aws, "client", lambda *_: None)
    monkeypatch.setattr(backend, "_object", made.object)
    return made


STATE, HELD = "athena-gate/dot-reporting.tfstate", "athena-gate/dot-reporting.tfstate.tflock"
KNOWN = {USER: {"name": "dot-reporting", "id": "dot-reporting"}}


@dataclass
class FakeTerraform:
    """Keeps what it was to run; all of it works, and the plan is empty."""

    asked: list[str] = field(default_factory=list)

    def run(self, _stack: str, name: str, *_: object) -> Step:
        self.asked.append(name.removeprefix("recover-"))
        return Step(0, Path("log"), interrupted=False)


def mended(bucket: Bucket, meanwhile: dict[str, str] | None, after: int) -> tuple[Mended, str, str]:
    """Return what comes of mending with the access key AKIA1 unknown, when the bucket has
    ``meanwhile`` from the object on that is the ``after``-th to be asked for; what Terraform ran
    and what was deleted."""
    configuration = load(Path("gate.hcl"))
    content = expected_json(configuration.blocks[0], configuration.backend)
    fake = FakeAccount(Nothing(), (key(1),))
    accounts = dict.fromkeys({one.place for one in wanted(content)}, cast(Account, fake))
    folder, terraform = Path("dot-reporting"), FakeTerraform()
    recovery = examine("dot-reporting", folder, content, accounts)
    assert [one.key.id for one in recovery.deletable] == ["AKIA1"]
    if meanwhile is not None:
        bucket.then = (after, meanwhile)
    made = mend(recovery, content, accounts, cast(Terraform, terraform), Path(), lambda _: None)
    return made, " ".join(terraform.asked), " ".join(fake.asked)


def test_a_lock_is_looked_at_before_its_state_and_both_before_a_deletion(bucket: Bucket) -> None:
    bucket[STATE] = text_of(KNOWN)
    made, ran, deleted = mended(bucket, None, 0)
    assert (made.failed, ran, deleted) == ("", "init plan", "delete_access_key")
    assert bucket.asked == [HELD, STATE] * 3


OTHER = json.dumps({**LOCK, "ID": "other"})
LOCKED = (
    "s3://acme-states/athena-gate/dot-reporting.tfstate is locked by now, apply of jane@laptop, "
    "2026-11-26 07:02:48; look again when it has ended"
)
WRITTEN = (
    "s3://acme-states/athena-gate/dot-reporting.tfstate was written by another run since it was "
    "looked at, which may know what was missing; look again"
)


@pytest.mark.parametrize("after", [3, 5])
@pytest.mark.parametrize(
    ("meanwhile", "failed"),
    [
        ({HELD: OTHER, STATE: text_of(KNOWN)}, LOCKED),
        ({STATE: text_of({**KNOWN, KEY: {"id": "AKIA1"}}, serial=2)}, WRITTEN),
        ({STATE: text_of(KNOWN).replace('"lineage": "a"', '"lineage": "b"')}, WRITTEN),
        ({STATE: "{"}, WRITTEN),
    ],
)
def test_nothing_is_deleted_by_a_state_that_another_run_has_locked_or_written_since(
    bucket: Bucket, meanwhile: dict[str, str], failed: str, after: int
) -> None:
    bucket[STATE] = text_of(KNOWN)
    made, ran, deleted = mended(bucket, meanwhile, after)
    assert (made.failed, ran, deleted) == (failed, "init", "")


def test_a_lock_of_a_killed_run_is_removed_and_not_another_that_took_its_place(
    bucket: Bucket,
) -> None:
    bucket.update({STATE: text_of(KNOWN), HELD: json.dumps({**LOCK, "Who": MINE})})
    unlocked = {STATE: text_of(KNOWN)}
    made, ran, deleted = mended(bucket, unlocked, 5)
    assert (made.failed, ran, deleted) == ("", "init unlock plan", "delete_access_key")
    bucket.asked.clear()
    bucket.update({STATE: text_of(KNOWN), HELD: json.dumps({**LOCK, "Who": MINE})})
    made, ran, deleted = mended(bucket, {**unlocked, HELD: OTHER}, 3)
    assert (made.failed, ran, deleted) == (LOCKED, "init", "")


@dataclass
class Pushes(FakeTerraform):
    """Writes this into the bucket when a state is to be handed over."""

    into: Bucket = field(default_factory=Bucket)
    text: str = ""

    def run(self, stack: str, name: str, *more: object) -> Step:
        if name == "recover-push":
            self.into[STATE] = self.text
        return super().run(stack, name, *more)


@pytest.mark.parametrize(
    ("pushed", "failed"),
    [
        # Terraform counts the serial on.
        (text_of({**KNOWN, KEY: {"id": "AKIA2"}}, serial=9), ""),
        (text_of({**KNOWN, KEY: {"id": "AKIA1"}}, serial=9), WRITTEN),
    ],
)
def test_a_state_that_was_handed_over_is_the_one_to_go_by(
    bucket: Bucket, pushed: str, failed: str
) -> None:
    bucket[STATE] = text_of(KNOWN)
    configuration = load(Path("gate.hcl"))
    content = expected_json(configuration.blocks[0], configuration.backend)
    fake = FakeAccount(Nothing(), (key(1), key(2, "2026-11-26 07:10")))
    accounts = dict.fromkeys({one.place for one in wanted(content)}, cast(Account, fake))
    folder = Path("dot-reporting")
    folder.mkdir()
    (folder / "errored.tfstate").write_text(text_of({**KNOWN, KEY: {"id": "AKIA2"}}, serial=8))
    recovery = examine("dot-reporting", folder, content, accounts)
    assert [one.key.id for one in recovery.deletable] == ["AKIA1"]
    terraform = cast(Terraform, Pushes(into=bucket, text=pushed))
    made = mend(recovery, content, accounts, terraform, Path(), lambda _: None)
    assert (made.failed, fake.asked) == (failed, [] if failed else ["delete_access_key"])


def test_by_a_state_in_s3_that_is_broken_nothing_is_mended(bucket: Bucket) -> None:
    known = AccessKey("AKIAIOSFODNN7EXAMPLE", "dot-reporting", "2026-11-26 07:02", "", True)
    bucket[STATE] = text_of({**KNOWN, KEY: {"id": known.id}})[:-10]
    configuration = load(Path("gate.hcl"))
    content = expected_json(configuration.blocks[0], configuration.backend)
    recovery = found(content, {USER: Standing("dot-reporting", OURS)}, (known,))
    assert (recovery.deletable, [one.key for one in recovery.keys]) == ([], [known])
    assert (recovery.stops, recovery.mendable) == (True, False)


def test_a_local_state_is_read_again_too(content: dict[str, Any]) -> None:
    write_state(KNOWN)
    fake = FakeAccount(Nothing(), (key(1),))
    accounts = dict.fromkeys({one.place for one in wanted(content)}, cast(Account, fake))
    folder, terraform = Path("dot-reporting"), cast(Terraform, FakeTerraform())
    recovery = examine("dot-reporting", folder, content, accounts)
    write_state({**KNOWN, KEY: {"id": "AKIA1"}}, serial=2)
    made = mend(recovery, content, accounts, terraform, Path(), lambda _: None)
    assert (made.failed.partition(" since")[0], fake.asked) == (
        "terraform.dot-reporting.tfstate was written by another run",
        [],
    )


@dataclass
class Forgets(FakeTerraform):
    """Leaves a state with these resources when it is to forget something."""

    kept: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def run(self, stack: str, name: str, *more: object) -> Step:
        if name == "recover-forget":
            write_state(self.kept, serial=7)
        Path("log").write_text("")
        return super().run(stack, name, *more)


@pytest.mark.parametrize(
    ("kept", "failed"), [(KNOWN, False), ({}, True), ({**KNOWN, KEY: {"id": "AKIA1"}}, True)]
)
def test_what_this_mending_writes_itself_is_followed(
    content: dict[str, Any], kept: Mapping[str, Mapping[str, Any]], failed: bool
) -> None:
    """A state that has forgotten something has another serial; nothing else of it may differ."""
    write_state({**KNOWN, BUCKET: {"bucket": "old-name", "id": "old-name"}})
    standing = {BUCKET: Standing("dot-reporting-results-111122223333", OURS)}
    fake = cast(Account, FakeAccount(Nothing(standing)))
    accounts = dict.fromkeys({one.place for one in wanted(content)}, fake)
    recovery = examine("dot-reporting", Path("dot-reporting"), content, accounts)
    terraform = Forgets(kept=kept)
    made = mend(recovery, content, accounts, cast(Terraform, terraform), Path(), lambda _: None)
    assert ("written by another run" in made.failed, "import" in terraform.asked) == (
        failed,
        not failed,
    )


def test_a_state_in_hcp_terraform_is_said_not_to_be_read_with_what_to_do(
    project: Project,
) -> None:
    project.write(DOT + 'backend "cloud" {\n  organization = "acme"\n}\n')
    configuration = load(project.file)
    content = expected_json(configuration.blocks[0], configuration.backend)
    with pytest.raises(Refused) as caught:
        found(content, {})
    assert (caught.value.found, caught.value.next) == (
        "its state is in HCP Terraform and was not looked at: workspace dot-reporting at "
        "https://app.terraform.io/app/acme/workspaces",
        "a run there writes down itself what it has made, so look at the last run and the lock; "
        "what stands all the same and stops the next run is imported with `terraform "
        "-chdir=here import ADDRESS ID`, with AWS credentials here",
    )


def test_what_has_the_tag_and_nobody_asks_for_is_deleted_if_it_is_empty(
    content: dict[str, Any],
) -> None:
    arns = [
        "arn:aws:s3:::dot-reporting-results-111122223333",
        "arn:aws:s3:::old-results",
        "arn:aws:athena:eu-central-1:111122223333:workgroup/old",
        "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/lambda/old:*",
    ]
    answers = {
        "get_resources": {"ResourceTagMappingList": [{"ResourceARN": arn} for arn in arns]},
        "list_object_versions": {"Versions": [{}]},
    }
    places = {one.place for one in wanted(content)}
    fake = cast(Account, FakeAccount(Nothing(), (), answers))
    recovery = examine("dot-reporting", Path("here"), content, dict.fromkeys(places, fake))
    assert [(one.kind, one.name, one.empty) for one in recovery.leftovers] == [
        ("bucket", "old-results", False),
        ("workgroup", "old", True),
        ("log group", "/aws/lambda/old", True),
    ]
    assert (recovery.stops, recovery.mendable) == (False, True)
    assert question([recovery]) == "delete 2 leftovers"
    assert as_text(recovery).splitlines()[1:3] == [
        "  leftover the bucket old-results, which the stack no longer asks for; it holds",
        "           something, so it stays",
    ]


def test_json_has_all_of_it(content: dict[str, Any]) -> None:
    standing = {USER: Standing("dot-reporting", OURS)}
    recovery = found(content, standing, (key(1),))
    assert as_json(recovery, Mended("dot-reporting", ("imported",))) == {
        "stack": "dot-reporting",
        "state": "terraform.dot-reporting.tfstate",
        "broken": "",
        "backup": None,
        "lock": None,
        "running": 0,
        "left": [{"address": USER, "id": "dot-reporting", "verdict": "import", "why": ""}],
        "tainted": [],
        "keys": [
            {
                "id": "AKIA1",
                "user": "dot-reporting",
                "made": "2026-11-26 07:02",
                "used": "",
                "active": True,
            }
        ],
        "crowded": [],
        "leftovers": [],
        "unseen": [],
        "errored": None,
        "stops": True,
        "done": ["imported"],
        "failed": "",
        "rest": None,
    }


def test_what_failed_is_shown_with_what_terraform_said() -> None:
    mended = Mended("dot-a", ("x was imported",), "plan", ("Error: no",), Path(".gate/logs/a.log"))
    assert outcome(mended).splitlines() == [
        "dot-a: x was imported",
        "dot-a: failed: plan",
        "  its log: .gate/logs/a.log",
        "  Error: no",
    ]
