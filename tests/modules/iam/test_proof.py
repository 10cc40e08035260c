"""Claims on policies: what holds, and the request that shows what does not."""

from dataclasses import replace

from athena_gate.modules.iam.attached import AttachedPolicies, Document, Identity
from athena_gate.modules.iam.claims import Call, Need, Never, Requests
from athena_gate.modules.iam.decide import Caller
from athena_gate.modules.iam.policy import Policy, Principal, Statement
from athena_gate.modules.iam.proof import prove, unclaimed
from athena_gate.modules.iam.result import Failure, Result
from athena_gate.modules.iam.todo import ToDo

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


OTHER = "999999999999"
THEIRS = "arn:aws:s3:::lake/sales/x"


def asked_of_another_account(*theirs: Statement) -> Need:
    """Return the need of an object of another account whose policy is to have ``theirs``."""
    given = ToDo("bucket", f"account {OTHER}", "the bucket lets Ann in", "https://x", OTHER, LAKE)
    if theirs:
        given = replace(given, policy=Policy(theirs))
    return replace(NEED, calls=(Call("s3:GetObject", (THEIRS,), account=OTHER, given=(given,)),))


def test_a_need_in_another_account_holds_if_the_policy_there_allows_it() -> None:
    allow = Statement("Allow", ("s3:GetObject",), (THEIRS,), principals=(Principal("AWS", ANN),))
    (found,) = prove(attached(READ), [asked_of_another_account(allow)], [])
    assert (found.answer, found.conditions) == ("holds if", ("the bucket lets Ann in",))


def test_a_need_in_another_account_fails_when_what_is_asked_of_it_does_not_do() -> None:
    write = Statement("Allow", ("s3:PutObject",), (THEIRS,), principals=(Principal("AWS", ANN),))
    answers = [
        prove(attached(*own), [asked_of_another_account(*theirs)], [])[0].answer
        for own, theirs in (((READ,), ()), ((READ,), (write,)), ((), (write,)))
    ]
    assert answers == ["fails", "fails", "fails"]


def test_a_need_holds_without_a_condition_where_the_own_policies_do() -> None:
    allow = Statement("Allow", ("s3:GetObject",), (THEIRS,), principals=(Principal("AWS", ANN),))
    need = asked_of_another_account(allow)
    here = replace(need, calls=tuple(replace(call, account=ACCOUNT) for call in need.calls))
    assert prove(attached(READ), [here], [])[0].answer == "holds"


def test_what_no_policy_says_is_a_condition_of_the_whole_need() -> None:
    exists = ToDo("workgroup", "you", "the workgroup bi exists", "https://x")
    (found,) = prove(attached(READ), [replace(NEED, given=(exists,))], [])
    assert (found.answer, found.conditions) == ("holds if", ("the workgroup bi exists",))
