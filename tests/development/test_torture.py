"""A few of what `make torture` does at length."""

from pathlib import Path

import pysequoia
import pytest

from development.torture.killing import killed, stage
from development.torture.relay import Call
from development.torture.scenes import Scene, scenes


def test_every_operation_changes_what_is_asked_for() -> None:
    for scene in scenes():
        text = scene.text
        for operation in scene.operations[1:-1]:
            changed = scene.after(operation, text)
            assert changed != text, (scene, operation)
            text = changed
        assert scene.after("destroy", text) == text


def test_a_call_that_changes_something_is_told_from_one_that_asks() -> None:
    assert [Call("iam", "GetUser").writes, Call("s3", "PutBucketTagging").writes] == [False, True]
    assert str(Call("iam", "CreateUser")) == "iam:CreateUser"


@pytest.mark.slow
def test_what_a_killed_run_has_made_is_taken_over_and_its_lost_key_deleted(
    tmp_path: Path, pgp_key: pysequoia.Tsk, terraform_variables: dict[str, str]
) -> None:
    scene = Scene("elementary-keys", s3=True, cdktf=False)
    key = str(pgp_key.extract_certificate())
    with stage(scene, tmp_path / "project", key, terraform_variables) as made:
        # The lock, the user, the policy, and what needs them: all but the state.
        kill = killed(made, "apply", "all", 5)
        assert (kill.call.partition(":")[0], kill.wrong) == ("iam", "")
        calls = [str(call) for call in made.relay.calls]
        assert (calls.count("iam:CreateAccessKey"), calls.count("iam:DeleteAccessKey")) == (2, 1)
        assert calls.count("iam:CreateUser") == 1
