"""Claims on policies: what holds, and the request that shows what does not."""

from athena_gate.modules.iam.attached import AttachedPolicies, Document, Identity
from athena_gate.modules.iam.claims import Call, Need, Never, Requests
from athena_gate.modules.iam.decide import Caller
from athena_gate.modules.iam.policy import Policy, Statement
from athena_gate.modules.iam.proof import prove, unclaimed
from athena_gate.modules.iam.result import Failure, Result

ACCOUNT = "111122223333"
ANN = f"arn:aws:iam::{ACCOUNT}:user/ann"
LAKE = "arn:aws:s3:::lake"
READ = Statement("Allow", ("s3:GetObject",), (f"{LAKE}/sales/*",), sid="Read")
WRITE = Statement("Allow", ("s3:PutObject",), (f"{LAKE}/*",), sid="Write")
NEED = Need(
    "read", "read sales", ANN, Caller.of(ANN), (Call("s3:GetObject", (f"{LAKE}/sales/x",)),)
)
NEVER = Never("read-only", "no change", ANN, (Requests(("s3:*",), but_actions=("s3:Get*",)),))


def attached(*statements: Statement) -> AttachedPolicies:
    """Return the policy of Ann, with these statements."""
    document = Document("a policy", "managed", Policy(statements))
    ann = Identity("a user", "user", "ann", ANN, ACCOUNT, policies=(document,))
    return AttachedPolicies((ACCOUNT,), ("eu-central-1",), (ann,), ())


def test_claims_hold_of_policies_that_grant_what_is_needed_and_no_more() -> None:
    assert prove(attached(READ), [NEED], [NEVER]) == (
        Result("need", "read", "read sales", "user ann", ()),
        Result("never", "read-only", "no change", "user ann", ()),
    )


def test_a_need_that_is_refused_is_shown_by_its_call() -> None:
    refused = Failure(
        "denied: no statement allows it", ANN, "s3:GetObject", f"{LAKE}/sales/x", {}, ()
    )
    assert prove(attached(), [NEED], []) == (
        Result("need", "read", "read sales", "user ann", (refused,)),
    )


def test_a_grant_too_many_is_shown_by_a_request_and_its_statement() -> None:
    written = Failure("is allowed", ANN, "s3:PutObject", f"{LAKE}/x", {}, ("a policy Write",))
    assert prove(attached(READ, WRITE), [], [NEVER]) == (
        Result("never", "read-only", "no change", "user ann", (written,)),
    )


def test_whoever_is_granted_anything_wants_a_claim() -> None:
    assert unclaimed(attached(READ), [NEED], []) == ()
    assert unclaimed(attached(READ), [], []) == (
        Failure("no claim speaks of the user ann", by=("a user",)),
    )
