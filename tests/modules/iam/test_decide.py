"""Decisions: a table of cases by rule, and what must hold for all policies."""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from athena_gate.modules.iam import decide as decide_module
from athena_gate.modules.iam.decide import Caller, Decision, Policies, Request, decide
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement
from tests.conftest import tries

A, B = "111122223333", "444455556666"
USER = f"arn:aws:iam::{A}:user/ann"
ROOT = f"arn:aws:iam::{A}:root"
ROLE = f"arn:aws:iam::{A}:role/etl"
SESSION = f"arn:aws:sts::{A}:assumed-role/etl/run1"
FEDERATED_USER = f"arn:aws:sts::{A}:federated-user/ann"
WORKGROUP = f"arn:aws:athena:eu-central-1:{A}:workgroup/reports"
FOREIGN = f"arn:aws:athena:eu-central-1:{B}:workgroup/reports"
OBJECT = "arn:aws:s3:::lake/sales/1.csv"
KEY = f"arn:aws:kms:eu-central-1:{A}:key/1"
START = "athena:StartQueryExecution"

Document = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A request, the policies it meets, and the decision: answer, Sids and reason."""

    expected: tuple[str, list[str], str]
    caller: str = USER
    action: str = START
    resource: str = WORKGROUP
    account: str | None = None
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: Iterable[str] = ()
    identity: tuple[Document, ...] | None = None
    of_resource: tuple[Document, ...] | None = None
    boundary: tuple[Document, ...] | None = None
    kind: str = ""
    issuer: str | None = None
    version: str = "2012-10-17"


def allow(sid: str = "Allow", action: str = START, resource: str = "*", **more: Any) -> Document:
    """Return an Allow statement of an identity-based policy."""
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(sid: str = "Deny", action: str = START, resource: str = "*", **more: Any) -> Document:
    """Return a Deny statement of an identity-based policy."""
    return {"Sid": sid, "Effect": "Deny", "Action": action, "Resource": resource, **more}


def to(principal: object, statement: Document | None = None) -> Document:
    """Return a statement of a resource-based policy for ``principal``."""
    return {**(statement or allow("Grant")), "Principal": principal}


def to_all_but(principals: object, statement: Document | None = None) -> Document:
    """Return a statement of a resource-based policy with NotPrincipal."""
    return {**(statement or deny("Spare")), "NotPrincipal": principals}


def without(element: str, statement: Document) -> Document:
    """Return ``statement`` without ``element``."""
    return {key: value for key, value in statement.items() if key != element}


def trust(principal: object, **more: Any) -> Document:
    """Return a statement of a role's trust policy."""
    return without("Resource", to(principal, allow("Trust", "sts:AssumeRole", **more)))


Expected = tuple[str, list[str], str]
IMPLICIT: Expected = ("denied", [], "implicit deny: no statement allows it")
IDENTITY_MISSING: Expected = (
    "denied",
    [],
    "implicit deny: an identity-based policy must allow it too",
)
RESOURCE_MISSING: Expected = (
    "denied",
    [],
    "implicit deny: the resource's own policy must allow it too",
)
BOUNDARY_MISSING: Expected = (
    "denied",
    [],
    "implicit deny: the permissions boundary does not allow it",
)
ALLOWED = ("allowed", ["Allow"], "allowed")
GRANTED = ("allowed", ["Grant"], "allowed")
DENIED = ("denied", ["Deny"], "explicit deny")
SPARED = ("denied", ["Spare"], "explicit deny")
FREE = "no permission is needed, and no policy can deny it"
MAYBE_ALLOWED = "an Allow may apply"
MAYBE_DENIED = "a Deny may apply"
MAYBE_SHARED = "caller and resource may share an account"

SQL = "arn:aws:athena:*:*:workgroup/${aws:username}-*"
OWN = Case(
    ALLOWED, resource=WORKGROUP.replace("reports", "ann-1"), context={"aws:username": ("ann",)}
)
IN_OFFICE: Document = {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}}
ROLE_SESSION = Case(GRANTED, caller=SESSION)
TAKE_ROLE = Case(("allowed", ["Trust"], "allowed"), action="sts:AssumeRole", resource=ROLE)
USE_KEY = Case(GRANTED, action="kms:Decrypt", resource=KEY)
ABROAD = Case(("allowed", ["Grant", "Allow"], "allowed"), resource=FOREIGN, account=B)

CASES: dict[str, Case] = {
    "without policies everything is denied": Case(IMPLICIT),
    "an Allow allows": Case(ALLOWED, identity=(allow(),)),
    "an Allow of another policy does not": Case(IMPLICIT, identity=(allow(action="athena:Get*"),)),
    "one of several Allows is enough": Case(
        ALLOWED, identity=(allow("Other", "s3:*"), allow(), allow("Third", "sqs:*"))
    ),
    "all Allows that apply are reported": Case(
        ("allowed", ["Allow", "Also"], "allowed"), identity=(allow(), allow("Also", "athena:*"))
    ),
    "a Deny wins over an Allow": Case(DENIED, identity=(allow(), deny())),
    "a Deny wins in any order": Case(DENIED, identity=(deny(), allow())),
    "all Denies that apply are reported": Case(
        ("denied", ["Deny", "Also"], "explicit deny"),
        identity=(allow(), deny(), deny("Also", "*"), deny("Not", "s3:*")),
    ),
    "a Deny without an Allow is still explicit": Case(DENIED, identity=(deny(),)),
    "a Deny of something else does not matter": Case(
        ALLOWED, identity=(allow(), deny(action="s3:*"))
    ),
    "actions have no case": Case(ALLOWED, identity=(allow(action="ATHENA:startquery*"),)),
    "NotAction allows everything else": Case(
        ALLOWED, identity=({**without("Action", allow()), "NotAction": ["iam:*", "s3:*"]},)
    ),
    "NotAction does not allow what it names": Case(
        IMPLICIT, identity=({**without("Action", allow()), "NotAction": ["iam:*", "athena:*"]},)
    ),
    "NotAction denies everything else": Case(
        DENIED, identity=(allow(), {**without("Action", deny()), "NotAction": "s3:*"})
    ),
    "a resource must match": Case(IMPLICIT, identity=(allow(resource=WORKGROUP + "x"),)),
    "one resource of several must match": Case(
        ALLOWED, identity=({**allow(), "Resource": ["arn:aws:s3:::b", WORKGROUP]},)
    ),
    "a resource can have wildcards": Case(
        ALLOWED, identity=(allow(resource="arn:aws:athena:*:*:workgroup/rep*"),)
    ),
    "NotResource allows every other": Case(
        ALLOWED,
        identity=({**without("Resource", allow()), "NotResource": ["arn:aws:s3:::*", FOREIGN]},),
    ),
    "NotResource does not allow what it names": Case(
        IMPLICIT,
        identity=({**without("Resource", allow()), "NotResource": ["arn:aws:s3:::*", WORKGROUP]},),
    ),
    "NotResource denies every other": Case(
        DENIED, identity=(allow(), {**without("Resource", deny()), "NotResource": OBJECT})
    ),
    "an action without a resource needs a star": Case(ALLOWED, resource="*", identity=(allow(),)),
    "an ARN does not stand for an action without a resource": Case(
        IMPLICIT, resource="*", identity=(allow(resource="arn:aws:athena:*"),)
    ),
    "a short ARN that ends in a star is documented": Case(
        ALLOWED, identity=(allow(resource="arn:aws:athena:*"),)
    ),
    "a short ARN that does not is a doubt": Case(
        ("unknown", ["Allow"], MAYBE_ALLOWED), identity=(allow(resource="arn:aws:athena"),)
    ),
    "a short ARN of four segments is a doubt": Case(
        ("unknown", ["Allow"], MAYBE_ALLOWED),
        identity=(allow(resource=f"arn:aws:athena:eu-central-1:{A}"),),
    ),
    "a short ARN of two segments is a doubt": Case(
        ("unknown", ["Allow"], MAYBE_ALLOWED), identity=(allow(resource="arn:aws"),)
    ),
    "a short ARN has no variables": Case(
        IMPLICIT,
        context={"r": ("eu-central-1",)},
        identity=(allow(resource="arn:aws:athena:${r}"),),
    ),
    "a short ARN of another service is none": Case(
        IMPLICIT, identity=(allow(resource="arn:aws:s3"),)
    ),
    "what is no ARN matches no resource": Case(IMPLICIT, identity=(allow(resource="reports"),)),
    "a doubt about one resource does not matter beside another": Case(
        ALLOWED, identity=({**allow(), "Resource": ["arn:aws:athena", WORKGROUP]},)
    ),
    "a variable stands for the user's name": replace(OWN, identity=(allow(resource=SQL),)),
    "a variable of another user does not match": replace(
        OWN, expected=IMPLICIT, context={"aws:username": ("bob",)}, identity=(allow(resource=SQL),)
    ),
    "a variable without a value matches no resource": replace(
        OWN, caller=SESSION, expected=IMPLICIT, context={}, identity=(allow(resource=SQL),)
    ),
    "a variable without a value lets NotResource exclude nothing": replace(
        OWN,
        caller=SESSION,
        context={},
        identity=({**without("Resource", allow()), "NotResource": SQL},),
    ),
    "a user is called what its ARN says": replace(OWN, context={}, identity=(allow(resource=SQL),)),
    "a user is called the last part of its path": replace(
        OWN,
        caller=f"arn:aws:iam::{A}:user/people/ann",
        context={},
        identity=(allow(resource=SQL),),
    ),
    **{
        f"{key} of a {who} is known": Case(
            ALLOWED,
            caller=caller,
            issuer=issuer,
            identity=(allow(Condition={"StringEquals": {key: value}}),),
        )
        for who, caller, issuer, key, value in (
            ("user", USER, None, "aws:PrincipalArn", USER),
            ("user", USER, None, "aws:PrincipalAccount", A),
            ("user", USER, None, "aws:PrincipalType", "User"),
            ("user", USER, None, "aws:PrincipalIsAWSService", "false"),
            ("role", SESSION, f"{ROLE}/x", "aws:PrincipalArn", f"{ROLE}/x"),
            ("role", SESSION, None, "aws:PrincipalType", "AssumedRole"),
        )
    },
    **{
        f"{key} of root is known": Case(
            DENIED,
            caller=ROOT,
            of_resource=(to("*", deny(Condition={"StringEquals": {key: value}})),),
        )
        for key, value in (
            ("aws:PrincipalArn", ROOT),
            ("aws:PrincipalType", "Account"),
            ("aws:userid", A),
        )
    },
    "aws:PrincipalArn of a federated user is its own": Case(
        DENIED,
        caller=FEDERATED_USER,
        identity=(deny(Condition={"StringEquals": {"aws:PrincipalArn": FEDERATED_USER}}),),
    ),
    "aws:PrincipalType of a federated user is known": Case(
        DENIED,
        caller=FEDERATED_USER,
        identity=(deny(Condition={"StringEquals": {"aws:PrincipalType": "FederatedUser"}}),),
    ),
    "a service is a service": Case(
        GRANTED,
        caller="glue.amazonaws.com",
        kind="service",
        of_resource=(
            to(
                {"Service": "glue.amazonaws.com"},
                allow("Grant", Condition={"Bool": {"aws:PrincipalIsAWSService": "true"}}),
            ),
        ),
    ),
    "aws:PrincipalArn of a service is not known": Case(
        ("unknown", ["Grant"], MAYBE_ALLOWED),
        caller="glue.amazonaws.com",
        kind="service",
        of_resource=(
            to(
                {"Service": "glue.amazonaws.com"},
                allow("Grant", Condition={"Null": {"aws:PrincipalArn": "true"}}),
            ),
        ),
    ),
    "what a request without credentials says of its principal is not known": Case(
        ("unknown", ["Grant"], MAYBE_ALLOWED),
        caller="accounts.google.com",
        kind="federated",
        action="sts:AssumeRoleWithWebIdentity",
        resource=ROLE,
        of_resource=(
            without(
                "Resource",
                to(
                    {"Federated": "accounts.google.com"},
                    allow(
                        "Grant",
                        "sts:AssumeRoleWithWebIdentity",
                        Condition={"Bool": {"aws:PrincipalIsAWSService": "false"}},
                    ),
                ),
            ),
        ),
    ),
    "aws:userid of a user is not known": Case(
        ("unknown", ["Allow"], MAYBE_ALLOWED),
        identity=(allow(Condition={"StringNotEquals": {"aws:userid": "x"}}),),
    ),
    "a call through a service goes through one": Case(
        ALLOWED,
        context={"aws:CalledVia": ("athena.amazonaws.com",)},
        identity=(allow(Condition={"Bool": {"aws:ViaAWSService": "true"}}),),
    ),
    "whether a call goes through a service is not known": Case(
        ("unknown", ["Allow"], MAYBE_ALLOWED),
        identity=(allow(Condition={"Bool": {"aws:ViaAWSService": "true"}}),),
    ),
    "what the request says of a key counts": Case(
        ALLOWED,
        context={"aws:PrincipalType": ("Odd",)},
        identity=(allow(Condition={"StringEquals": {"aws:PrincipalType": "Odd"}}),),
    ),
    "a key of the caller can be said to be unknown": Case(
        ("unknown", ["Allow"], MAYBE_ALLOWED),
        unknown=["aws:PrincipalType"],
        identity=(allow(Condition={"StringEquals": {"aws:PrincipalType": "User"}}),),
    ),
    **{
        f"{key} is never absent": Case(
            ("unknown", ["Allow"], MAYBE_ALLOWED),
            context={key: ()},
            identity=(allow(Condition={"Null": {key: "true"}}),),
        )
        for key in (
            "aws:CurrentTime",
            "aws:EpochTime",
            "aws:RequestedRegion",
            "aws:SecureTransport",
            "aws:UserAgent",
        )
    },
    "a key that AWS sends with some requests can be absent": Case(
        ALLOWED, identity=(allow(Condition={"Null": {"aws:SourceIdentity": "true"}}),)
    ),
    "a role has no aws:username": Case(
        ALLOWED, caller=SESSION, identity=(allow(Condition={"Null": {"aws:username": "true"}}),)
    ),
    "a role has a token": Case(
        ("unknown", ["Allow"], MAYBE_ALLOWED),
        caller=SESSION,
        context={"aws:TokenIssueTime": ()},
        identity=(allow(Condition={"Null": {"aws:TokenIssueTime": "true"}}),),
    ),
    "a user may have a token": Case(
        ("unknown", ["Allow"], MAYBE_ALLOWED),
        identity=(allow(Condition={"Null": {"aws:TokenIssueTime": "true"}}),),
    ),
    "a user can be said to have no token": Case(
        ALLOWED,
        context={"aws:TokenIssueTime": ()},
        identity=(allow(Condition={"Null": {"aws:TokenIssueTime": "true"}}),),
    ),
    "root can be said to have no token": Case(
        DENIED,
        caller=ROOT,
        context={"aws:TokenIssueTime": ()},
        of_resource=(to("*", deny(Condition={"Null": {"aws:TokenIssueTime": "true"}})),),
    ),
    "an address that the request does not have is not known": Case(
        ("unknown", ["Allow"], MAYBE_ALLOWED), identity=(allow(**IN_OFFICE),)
    ),
    "a request can be said to have no address": Case(
        IMPLICIT, context={"aws:SourceIp": ()}, identity=(allow(**IN_OFFICE),)
    ),
    **{
        f"a request with {key} has no public address": Case(
            IMPLICIT, context={key: ("x",)}, identity=(allow(**IN_OFFICE),)
        )
        for key in ("aws:SourceVpce", "aws:SourceVpc", "aws:VpcSourceIp")
    },
    "GetCallerIdentity needs no permission": Case(
        ("allowed", [], FREE), action="sts:GetCallerIdentity", resource="*"
    ),
    "GetCallerIdentity cannot be denied": Case(
        ("allowed", [], FREE),
        caller=SESSION,
        action="STS:getcalleridentity",
        resource="*",
        identity=(deny(action="*"),),
    ),
    "GetSessionToken cannot be denied to a user": Case(
        ("allowed", [], FREE),
        action="sts:GetSessionToken",
        resource="*",
        identity=(deny(action="*"),),
    ),
    "GetSessionToken is not for roles": Case(
        IMPLICIT, caller=SESSION, action="sts:GetSessionToken", resource="*"
    ),
    "an AWS managed policy is changed by nobody": Case(
        (
            "denied",
            [],
            "an AWS managed policy is changed by AWS alone (https://docs.aws.amazon.com/IAM/latest/"
            "UserGuide/access_policies_managed-vs-inline.html)",
        ),
        action="iam:CreatePolicyVersion",
        resource="arn:aws:iam::aws:policy/AdministratorAccess",
        identity=(allow(action="*"),),
    ),
    "a variable in NotResource has its value": replace(
        OWN, expected=IMPLICIT, identity=({**without("Resource", allow()), "NotResource": SQL},)
    ),
    "a variable that is not known leaves a doubt": replace(
        OWN,
        expected=("unknown", ["Allow"], MAYBE_ALLOWED),
        context={},
        unknown=["aws:username"],
        identity=(allow(resource=SQL),),
    ),
    "a variable before the fifth colon is text": Case(
        IMPLICIT,
        context={"aws:PrincipalAccount": (A,)},
        identity=(allow(resource="arn:aws:athena:*:${aws:PrincipalAccount}:workgroup/reports"),),
    ),
    "version 2008-10-17 has no variables": replace(
        OWN, expected=IMPLICIT, version="2008-10-17", identity=(allow(resource=SQL),)
    ),
    "version 2008-10-17 has no variables in conditions": replace(
        OWN,
        expected=IMPLICIT,
        version="2008-10-17",
        identity=(allow(Condition={"StringEquals": {"aws:username": "${aws:username}"}}),),
    ),
    "a variable in a condition stands for its value": replace(
        OWN, identity=(allow(Condition={"StringEquals": {"aws:username": "${aws:username}"}}),)
    ),
    "a condition must hold": Case(
        ALLOWED, context={"aws:SourceIp": ("203.0.113.7",)}, identity=(allow(**IN_OFFICE),)
    ),
    "a condition that fails takes the statement away": Case(
        IMPLICIT, context={"aws:SourceIp": ("198.51.100.7",)}, identity=(allow(**IN_OFFICE),)
    ),
    "all conditions must hold": Case(
        IMPLICIT,
        context={"aws:SourceIp": ("203.0.113.7",), "aws:SecureTransport": ("false",)},
        identity=(
            allow(Condition={**IN_OFFICE["Condition"], "Bool": {"aws:SecureTransport": "true"}}),
        ),
    ),
    "a condition that is not known leaves a doubt": Case(
        ("unknown", ["Allow"], MAYBE_ALLOWED),
        unknown=["aws:SourceIp"],
        identity=(allow(**IN_OFFICE),),
    ),
    "a certain Allow does not need a doubtful one": Case(
        ("allowed", ["Sure"], "allowed"),
        unknown=["aws:SourceIp"],
        identity=(allow(**IN_OFFICE), allow("Sure")),
    ),
    "a condition that fails decides in spite of a doubt": Case(
        IMPLICIT,
        context={"aws:SecureTransport": ("false",)},
        unknown=["aws:SourceIp"],
        identity=(
            allow(Condition={**IN_OFFICE["Condition"], "Bool": {"aws:SecureTransport": "true"}}),
        ),
    ),
    "a Deny that may apply leaves a doubt": Case(
        ("unknown", ["Deny"], MAYBE_DENIED),
        unknown=["aws:SourceIp"],
        identity=(allow(), deny(**IN_OFFICE)),
    ),
    "a Deny that may apply without an Allow is a denial": Case(
        IMPLICIT, unknown=["aws:SourceIp"], identity=(deny(**IN_OFFICE),)
    ),
    "a certain Deny does not need a doubtful one": Case(
        ("denied", ["Sure"], "explicit deny"),
        unknown=["aws:SourceIp"],
        identity=(allow(), deny(**IN_OFFICE), deny("Sure")),
    ),
    "an Allow and a Deny that may apply are both reported": Case(
        ("unknown", ["Allow", "Deny"], MAYBE_ALLOWED),
        unknown=["aws:SourceIp"],
        identity=(allow(**IN_OFFICE), deny(**IN_OFFICE)),
    ),
    "a boundary limits an identity-based policy": Case(
        BOUNDARY_MISSING, identity=(allow(),), boundary=(allow("Bound", "s3:*"),)
    ),
    "a boundary and an identity-based policy must both allow": Case(
        ("allowed", ["Allow", "Bound"], "allowed"),
        identity=(allow(),),
        boundary=(allow("Bound", "*"),),
    ),
    "a boundary grants nothing": Case(IMPLICIT, boundary=(allow("Bound", "*"),)),
    "a Deny in a boundary denies": Case(
        DENIED, identity=(allow(),), boundary=(allow("Bound", "*"), deny())
    ),
    "a boundary limits a role session": Case(
        BOUNDARY_MISSING, caller=SESSION, identity=(allow(),), boundary=(allow("Bound", "s3:*"),)
    ),
    "a boundary that may allow leaves a doubt": Case(
        ("unknown", ["Allow", "Bound"], MAYBE_ALLOWED),
        unknown=["aws:SourceIp"],
        identity=(allow(),),
        boundary=(allow("Bound", "*", **IN_OFFICE),),
    ),
    "a resource's policy that names the user is enough": Case(
        GRANTED, of_resource=(to({"AWS": USER}),)
    ),
    "a resource's policy that names everyone is enough": Case(GRANTED, of_resource=(to("*"),)),
    "everyone can be written with AWS": Case(GRANTED, of_resource=(to({"AWS": "*"}),)),
    "everyone cannot be written with Service": Case(IMPLICIT, of_resource=(to({"Service": "*"}),)),
    "a principal has no other wildcards": Case(
        IMPLICIT, of_resource=(to({"AWS": f"arn:aws:iam::{A}:user/*"}),)
    ),
    "a principal has a case": Case(
        IMPLICIT, of_resource=(to({"AWS": USER.replace("ann", "Ann")}),)
    ),
    "one principal of several is enough": Case(
        GRANTED, of_resource=(to({"AWS": [ROOT.replace(A, B), USER]}),)
    ),
    "another user is not named": Case(IMPLICIT, of_resource=(to({"AWS": USER + "a"}),)),
    "a resource's policy that names the account leaves it to identity-based policies": Case(
        IDENTITY_MISSING, of_resource=(to({"AWS": ROOT}),)
    ),
    "an account can be its id": Case(IDENTITY_MISSING, of_resource=(to({"AWS": A}),)),
    "another account is not named": Case(IMPLICIT, of_resource=(to({"AWS": B}),)),
    "another account's root is not named": Case(
        IMPLICIT, of_resource=(to({"AWS": ROOT.replace(A, B)}),)
    ),
    "within an account either policy is enough": Case(
        ALLOWED, identity=(allow(),), of_resource=(to({"AWS": USER + "a"}),)
    ),
    "a resource's policy needs no resource": Case(
        GRANTED, of_resource=(without("Resource", to({"AWS": USER})),)
    ),
    "a resource's policy denies": Case(DENIED, identity=(allow(),), of_resource=(to("*", deny()),)),
    "a resource's policy denies the whole account": Case(
        DENIED, identity=(allow(),), of_resource=(to({"AWS": A}, deny()),)
    ),
    "a resource's policy denies nobody else": Case(
        ALLOWED, identity=(allow(),), of_resource=(to({"AWS": B}, deny()),)
    ),
    "no boundary limits a grant to the user": Case(
        GRANTED, of_resource=(to({"AWS": USER}),), boundary=(allow("Bound", "s3:*"),)
    ),
    "no boundary limits a grant to everyone": Case(
        GRANTED, of_resource=(to("*"),), boundary=(allow("Bound", "s3:*"),)
    ),
    "no boundary limits a grant to a session": replace(
        ROLE_SESSION, of_resource=(to({"AWS": SESSION}),), boundary=(allow("Bound", "s3:*"),)
    ),
    "another session is not named": replace(
        ROLE_SESSION, expected=IMPLICIT, of_resource=(to({"AWS": SESSION + "2"}),)
    ),
    "a grant to the role is a grant to its sessions": replace(
        ROLE_SESSION, of_resource=(to({"AWS": ROLE}),)
    ),
    "a role with a path is named with it": replace(
        ROLE_SESSION,
        issuer=ROLE.replace("etl", "jobs/etl"),
        of_resource=(to({"AWS": ROLE.replace("etl", "jobs/etl")}),),
    ),
    "a role with a path is not named without": replace(
        ROLE_SESSION,
        expected=IMPLICIT,
        issuer=ROLE.replace("etl", "jobs/etl"),
        of_resource=(to({"AWS": ROLE}),),
    ),
    "a session of a role has its name without the path, in which a colon may stand": Case(
        GRANTED,
        caller=ROLE.replace("etl", "jobs:2/etl"),
        kind="session of",
        of_resource=(to({"AWS": SESSION.replace("run1", "session")}),),
    ),
    "a session of a role is issued by it": Case(
        GRANTED,
        caller=ROLE.replace("etl", "jobs/etl"),
        kind="session of",
        of_resource=(to({"AWS": ROLE.replace("etl", "jobs/etl")}),),
    ),
    "a boundary limits a grant to the role": replace(
        ROLE_SESSION,
        expected=BOUNDARY_MISSING,
        of_resource=(to({"AWS": ROLE}),),
        boundary=(allow("Bound", "s3:*"),),
    ),
    "a boundary that allows lets a grant to the role pass": replace(
        ROLE_SESSION,
        expected=("allowed", ["Grant", "Bound"], "allowed"),
        of_resource=(to({"AWS": ROLE}),),
        boundary=(allow("Bound", "athena:*"),),
    ),
    "root may do everything in its account": Case(("allowed", [], "allowed"), caller=ROOT),
    "a resource's policy can deny root": Case(
        DENIED, caller=ROOT, of_resource=(to({"AWS": A}, deny()),)
    ),
    "root needs the other account's policy": Case(RESOURCE_MISSING, caller=ROOT, resource=FOREIGN),
    "root is named by its account": Case(
        GRANTED, caller=ROOT, resource=FOREIGN, of_resource=(to({"AWS": A}),)
    ),
    "root takes no role": replace(
        TAKE_ROLE,
        expected=("denied", [], "a root user cannot call sts:AssumeRole"),
        caller=ROOT,
        of_resource=(trust({"AWS": ROOT}),),
    ),
    "root is refused a role explicitly too": replace(
        TAKE_ROLE,
        expected=("denied", ["Trust"], "explicit deny"),
        caller=ROOT,
        of_resource=({**trust("*"), "Effect": "Deny"},),
    ),
    "root needs the key's policy": replace(USE_KEY, expected=RESOURCE_MISSING, caller=ROOT),
    "root is named in the key's policy": replace(
        USE_KEY, caller=ROOT, of_resource=(to({"AWS": ROOT}, allow("Grant", "kms:*")),)
    ),
    "a session of GetFederationToken can be named itself": Case(
        GRANTED, caller=FEDERATED_USER, of_resource=(to({"AWS": FEDERATED_USER}),)
    ),
    "what its user may do depends on its session policy": Case(
        ("unknown", ["Allow"], MAYBE_ALLOWED), caller=FEDERATED_USER, identity=(allow(),)
    ),
    "what its user is granted depends on its session policy": Case(
        ("unknown", ["Grant"], MAYBE_ALLOWED),
        caller=FEDERATED_USER,
        of_resource=(to({"AWS": USER}),),
    ),
    "what its user may not do it may not": Case(IMPLICIT, caller=FEDERATED_USER),
    "what its user's boundary does not allow it may not": Case(
        BOUNDARY_MISSING,
        caller=FEDERATED_USER,
        of_resource=(to({"AWS": USER}),),
        boundary=(allow("Bound", "s3:*"),),
    ),
    "a service is named by its principal": Case(
        GRANTED,
        caller="sns.amazonaws.com",
        kind="service",
        of_resource=(to({"Service": ["sqs.amazonaws.com", "sns.amazonaws.com"]}),),
    ),
    "another service is not named": Case(
        IMPLICIT,
        caller="sns.amazonaws.com",
        kind="service",
        of_resource=(to({"Service": "sqs.amazonaws.com"}),),
    ),
    "a service is not named as an identity": Case(
        IMPLICIT,
        caller="sns.amazonaws.com",
        kind="service",
        of_resource=(
            to({"AWS": "sns.amazonaws.com"}),
            to({"Federated": "sns.amazonaws.com"}, allow("Also")),
        ),
    ),
    "a user is not named as a service": Case(
        IMPLICIT, of_resource=(to({"Service": USER}), to({"Federated": USER}, allow("Also")))
    ),
    "a service is part of everyone": Case(
        DENIED, caller="sns.amazonaws.com", kind="service", of_resource=(to("*"), to("*", deny()))
    ),
    "a canonical user can be any account": Case(
        ("unknown", ["Grant", "Allow"], MAYBE_ALLOWED),
        resource=FOREIGN,
        identity=(allow(),),
        of_resource=(to({"CanonicalUser": "79a59d"}),),
    ),
    "a canonical user beside the user does not matter": Case(
        GRANTED, of_resource=(to({"CanonicalUser": "79a59d", "AWS": USER}),)
    ),
    "a canonical user is an account": Case(
        IDENTITY_MISSING, of_resource=(to({"CanonicalUser": "79a59d"}),)
    ),
    "a Deny for a canonical user leaves a doubt": Case(
        ("unknown", ["Deny"], MAYBE_DENIED),
        identity=(allow(),),
        of_resource=(to({"CanonicalUser": "79a59d"}, deny()),),
    ),
    "a canonical user is no service": Case(
        IMPLICIT,
        caller="sns.amazonaws.com",
        kind="service",
        of_resource=(to({"CanonicalUser": "79a59d"}),),
    ),
    "across accounts both sides allow": replace(
        ABROAD, identity=(allow(),), of_resource=(to({"AWS": USER}),)
    ),
    "across accounts the account can be named": replace(
        ABROAD, identity=(allow(),), of_resource=(to({"AWS": A}),)
    ),
    "across accounts everyone can be named": replace(
        ABROAD, identity=(allow(),), of_resource=(to("*"),)
    ),
    "across accounts the role can be named": replace(
        ABROAD, caller=SESSION, identity=(allow(),), of_resource=(to({"AWS": ROLE}),)
    ),
    "across accounts an identity-based policy is not enough": replace(
        ABROAD, expected=RESOURCE_MISSING, identity=(allow(),)
    ),
    "across accounts the resource's policy is not enough": replace(
        ABROAD, expected=IDENTITY_MISSING, of_resource=(to({"AWS": USER}),)
    ),
    "across accounts the role as principal is not enough": replace(
        ABROAD, expected=IDENTITY_MISSING, caller=SESSION, of_resource=(to({"AWS": ROLE}),)
    ),
    "across accounts a boundary limits": replace(
        ABROAD,
        expected=BOUNDARY_MISSING,
        identity=(allow(),),
        of_resource=(to({"AWS": USER}),),
        boundary=(allow("Bound", "s3:*"),),
    ),
    "across accounts either side denies": replace(
        ABROAD,
        expected=DENIED,
        identity=(allow(),),
        of_resource=(to({"AWS": USER}), to("*", deny())),
    ),
    "the account of a resource is in its ARN": Case(
        RESOURCE_MISSING, resource=FOREIGN, identity=(allow(),)
    ),
    "the account of a resource can be given": Case(
        RESOURCE_MISSING, account=B, identity=(allow(),)
    ),
    "the account of a bucket is not in its ARN": Case(
        ("unknown", ["Allow"], MAYBE_SHARED),
        action="s3:GetObject",
        resource=OBJECT,
        identity=(allow(action="s3:*"),),
    ),
    "the account of a bucket can be given": Case(
        ALLOWED, action="s3:GetObject", resource=OBJECT, account=A, identity=(allow(action="s3:*"),)
    ),
    "the account of a bucket does not matter if both sides allow": Case(
        ("allowed", ["Grant", "Allow"], "allowed"),
        action="s3:GetObject",
        resource=OBJECT,
        identity=(allow(action="s3:*"),),
        of_resource=(to({"AWS": USER}, allow("Grant", "s3:*")),),
    ),
    "the account of a bucket does not matter if no side does": Case(
        IMPLICIT, action="s3:GetObject", resource=OBJECT
    ),
    "an action without a resource stays in the account": Case(
        ALLOWED, action="s3:ListAllMyBuckets", resource="*", identity=(allow(action="s3:*"),)
    ),
    "a role's trust policy that names the user is enough": replace(
        TAKE_ROLE, of_resource=(trust({"AWS": USER}),)
    ),
    "a role's trust policy must allow within the account too": replace(
        TAKE_ROLE, expected=RESOURCE_MISSING, identity=(allow(action="sts:*"),)
    ),
    "a role's trust policy must allow in any case of the action": replace(
        TAKE_ROLE,
        expected=RESOURCE_MISSING,
        action="STS:assumerole",
        identity=(allow(action="sts:*"),),
    ),
    "a role's trust policy that names another is not enough": replace(
        TAKE_ROLE,
        expected=RESOURCE_MISSING,
        identity=(allow(action="sts:*"),),
        of_resource=(trust({"AWS": USER + "a"}),),
    ),
    "a role's trust policy that names the account needs an identity-based policy": replace(
        TAKE_ROLE, expected=IDENTITY_MISSING, of_resource=(trust({"AWS": A}),)
    ),
    "a role's trust policy that names the account and an identity-based policy": replace(
        TAKE_ROLE,
        expected=("allowed", ["Trust", "Allow"], "allowed"),
        identity=(allow(action="sts:AssumeRole", resource=ROLE),),
        of_resource=(trust({"AWS": A}),),
    ),
    "a role's trust policy that names another role lets its sessions in": replace(
        TAKE_ROLE, caller=SESSION, of_resource=(trust({"AWS": ROLE}),)
    ),
    "a role is taken across accounts": replace(
        TAKE_ROLE,
        expected=("allowed", ["Trust", "Allow"], "allowed"),
        resource=ROLE.replace(A, B),
        identity=(allow(action="sts:AssumeRole"),),
        of_resource=(trust({"AWS": A}),),
    ),
    "a role is not taken across accounts by trust alone": replace(
        TAKE_ROLE,
        expected=IDENTITY_MISSING,
        resource=ROLE.replace(A, B),
        of_resource=(trust({"AWS": USER}),),
    ),
    "a role is not taken without its external id": replace(
        TAKE_ROLE,
        expected=IMPLICIT,
        of_resource=(trust({"AWS": USER}, Condition={"StringEquals": {"sts:ExternalId": "o"}}),),
    ),
    "a role is taken with its external id": replace(
        TAKE_ROLE,
        context={"sts:ExternalId": ("o",)},
        of_resource=(trust({"AWS": USER}, Condition={"StringEquals": {"sts:ExternalId": "o"}}),),
    ),
    "a service takes a role": replace(
        TAKE_ROLE,
        caller="lambda.amazonaws.com",
        kind="service",
        of_resource=(trust({"Service": "lambda.amazonaws.com"}),),
    ),
    "someone from an identity provider takes a role": Case(
        ("allowed", ["Trust"], "allowed"),
        caller="accounts.google.com",
        kind="federated",
        action="sts:AssumeRoleWithWebIdentity",
        resource=ROLE,
        context={"accounts.google.com:sub": ("123456789012345678901",)},
        of_resource=(
            {
                **trust({"Federated": "accounts.google.com"}),
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {"accounts.google.com:sub": "123456789012345678901"}},
            },
        ),
    ),
    "someone from another identity provider does not": Case(
        IMPLICIT,
        caller="accounts.google.com",
        kind="federated",
        action="sts:AssumeRoleWithWebIdentity",
        resource=ROLE,
        of_resource=(
            {
                **trust({"Federated": "www.amazon.com"}),
                "Action": "sts:AssumeRoleWithWebIdentity",
            },
        ),
    ),
    "other actions of STS ask no role": Case(
        ALLOWED, action="sts:GetFederationToken", resource=USER, identity=(allow(action="sts:*"),)
    ),
    "reading a role asks no trust policy": Case(
        ALLOWED, action="iam:GetRole", resource=ROLE, identity=(allow(action="iam:*"),)
    ),
    "a key's policy must allow": replace(
        USE_KEY, expected=RESOURCE_MISSING, identity=(allow(action="kms:*"),)
    ),
    "a key's policy that names the user is enough": replace(
        USE_KEY, of_resource=(to({"AWS": USER}, allow("Grant", "kms:*")),)
    ),
    "a key's policy that names the account needs an identity-based policy": replace(
        USE_KEY, expected=IDENTITY_MISSING, of_resource=(to({"AWS": A}, allow("Grant", "kms:*")),)
    ),
    "a key's policy that names the account and an identity-based policy": replace(
        USE_KEY,
        expected=("allowed", ["Grant", "Allow"], "allowed"),
        identity=(allow(action="kms:*"),),
        of_resource=(to({"AWS": A}, allow("Grant", "kms:*")),),
    ),
    "a key's policy that names the role is limited by a boundary": replace(
        USE_KEY,
        expected=BOUNDARY_MISSING,
        caller=SESSION,
        of_resource=(to({"AWS": ROLE}, allow("Grant", "kms:*")),),
        boundary=(allow("Bound", "s3:*"),),
    ),
    "an alias has no key policy": replace(
        USE_KEY,
        expected=ALLOWED,
        action="kms:CreateAlias",
        resource=KEY.replace("key/", "alias/"),
        identity=(allow(action="kms:*"),),
    ),
    "NotPrincipal denies everyone else": Case(
        SPARED, identity=(allow(),), of_resource=(to_all_but({"AWS": [USER + "a", ROOT]}),)
    ),
    "NotPrincipal spares a user named with its account": Case(
        ALLOWED, identity=(allow(),), of_resource=(to_all_but({"AWS": [USER, ROOT]}),)
    ),
    "NotPrincipal may not spare a user named alone": Case(
        ("unknown", ["Spare"], MAYBE_DENIED),
        identity=(allow(),),
        of_resource=(to_all_but({"AWS": USER}),),
    ),
    "NotPrincipal does not spare a user whose account alone is named": Case(
        SPARED, identity=(allow(),), of_resource=(to_all_but({"AWS": ROOT}),)
    ),
    "NotPrincipal spares root by its account": Case(
        ("allowed", [], "allowed"), caller=ROOT, of_resource=(to_all_but({"AWS": A}),)
    ),
    "NotPrincipal spares a session named with its role and account": Case(
        ALLOWED,
        caller=SESSION,
        identity=(allow(),),
        of_resource=(to_all_but({"AWS": [SESSION, ROLE, ROOT]}),),
    ),
    "NotPrincipal may not spare a session whose role is not named": Case(
        ("unknown", ["Spare"], MAYBE_DENIED),
        caller=SESSION,
        identity=(allow(),),
        of_resource=(to_all_but({"AWS": [SESSION, ROOT]}),),
    ),
    "NotPrincipal may not spare a session that is not named": Case(
        ("unknown", ["Spare"], MAYBE_DENIED),
        caller=SESSION,
        identity=(allow(),),
        of_resource=(to_all_but({"AWS": [ROLE, ROOT]}),),
    ),
    "NotPrincipal spares a service": Case(
        GRANTED,
        caller="sns.amazonaws.com",
        kind="service",
        of_resource=(to("*"), to_all_but({"Service": "sns.amazonaws.com"})),
    ),
    "NotPrincipal denies another service": Case(
        SPARED,
        caller="sns.amazonaws.com",
        kind="service",
        of_resource=(to("*"), to_all_but({"Service": "sqs.amazonaws.com"})),
    ),
    "NotPrincipal denies whoever has a boundary": Case(
        SPARED,
        identity=(allow(),),
        of_resource=(to_all_but({"AWS": [USER, ROOT]}),),
        boundary=(allow("Bound", "*"),),
    ),
    "NotPrincipal with Allow is not documented": Case(
        ("unknown", ["Grant"], MAYBE_ALLOWED),
        of_resource=(to_all_but({"AWS": B}, allow("Grant")),),
    ),
    "NotPrincipal with Allow and a boundary is not documented": Case(
        ("unknown", ["Grant"], MAYBE_ALLOWED),
        of_resource=(to_all_but({"AWS": B}, allow("Grant")),),
        boundary=(allow("Bound", "*"),),
    ),
    "NotPrincipal with Allow does not allow whom it names": Case(
        IMPLICIT, of_resource=(to_all_but({"AWS": [USER, A]}, allow("Grant")),)
    ),
    "NotPrincipal looks at the rest of the statement": Case(
        ALLOWED, identity=(allow(),), of_resource=(to_all_but({"AWS": B}, deny("Spare", "s3:*")),)
    ),
    "a request is for one action": Case(
        ("ValueError", [], "'athena:Get*': expected one action, such as s3:GetObject"),
        action="athena:Get*",
    ),
    "a question mark is no action": Case(
        ("ValueError", [], "'athena:Get?': expected one action, such as s3:GetObject"),
        action="athena:Get?",
    ),
    "an action has a service": Case(
        ("ValueError", [], "'GetObject': expected one action, such as s3:GetObject"),
        action="GetObject",
    ),
    "an action has one name": Case(
        ("ValueError", [], "'s3:Get:Object': expected one action, such as s3:GetObject"),
        action="s3:Get:Object",
    ),
    "an action has the name of a service": Case(
        ("ValueError", [], "':GetObject': expected one action, such as s3:GetObject"),
        action=":GetObject",
    ),
    "a role sends no requests": Case(
        (
            "ValueError",
            [],
            f"'{ROLE}' sends no requests: expected the ARN of a root user, a user, a role session "
            "(arn:aws:sts::...:assumed-role/name/session) or a federated user",
        ),
        caller=ROLE,
    ),
    "a name that is no ARN is no caller": Case(
        (
            "ValueError",
            [],
            "'ann' sends no requests: expected the ARN of a root user, a user, a role session "
            "(arn:aws:sts::...:assumed-role/name/session) or a federated user",
        ),
        caller="ann",
    ),
    "root has no identity-based policies": Case(
        ("ValueError", [], "a root has neither identity-based policies nor boundary"),
        caller=ROOT,
        identity=(allow(),),
    ),
    "a service has no boundary": Case(
        ("ValueError", [], "a service has neither identity-based policies nor boundary"),
        caller="sns.amazonaws.com",
        kind="service",
        boundary=(allow(),),
    ),
    "an identity-based policy has no principal": Case(
        ("MalformedPolicy", [], "statement Grant: an identity-based policy has no Principal"),
        identity=(to("*"),),
    ),
    "a boundary has no principal": Case(
        ("MalformedPolicy", [], "statement Grant: an identity-based policy has no Principal"),
        identity=(allow(),),
        boundary=(to_all_but("*", allow("Grant")),),
    ),
    "an identity-based policy has resources": Case(
        ("MalformedPolicy", [], "statement Allow: expected either Resource or NotResource"),
        identity=(without("Resource", allow()),),
    ),
    "a resource's policy has principals": Case(
        (
            "MalformedPolicy",
            [],
            "statement Allow: a resource-based policy needs either Principal or NotPrincipal",
        ),
        of_resource=(allow(),),
    ),
    "a principal has a kind": Case(
        (
            "MalformedPolicy",
            [],
            "statement Grant: a principal is one of *, AWS, Service, Federated, CanonicalUser",
        ),
        of_resource=(to({"Aws": USER}),),
    ),
    "an unknown operator is refused, also where it would not matter": Case(
        ("UnknownOperator", [], ""),
        identity=(allow(action="s3:*", Condition={"StringMatches": {"k": "v"}}),),
    ),
    "a context with a key twice is refused": Case(
        ("ValueError", [], "condition keys are given twice: k"),
        context={"k": ("a",)},
        unknown=["K"],
    ),
}


def policy(statements: tuple[Document, ...] | None, version: str) -> Policy | None:
    """Return the policy with these statements, if there are any."""
    if statements is None:
        return None
    return Policy.from_document({"Version": version, "Statement": list(statements)})


def answer(case: Case, module: ModuleType = decide_module) -> tuple[str, list[str], str]:
    """Return the answer, the Sids of the statements that made it, and the reason or the error."""
    identity = policy(case.identity, case.version)
    try:
        if case.kind == "session of":
            caller = module.Caller.session_of(case.caller)
        elif case.kind:
            caller = module.Caller(case.kind, case.caller)
        else:
            caller = module.Caller.of(case.caller, case.issuer)
        decision = module.decide(
            module.Request(
                caller,
                case.action,
                case.resource,
                case.account,
                dict(case.context),
                frozenset(case.unknown),
            ),
            module.Policies(
                (identity,) if identity else (),
                policy(case.of_resource, case.version),
                policy(case.boundary, case.version),
            ),
        )
    except ValueError as error:
        name = type(error).__name__
        # The names of all operators are the concern of the conditions.
        return name, [], "" if name == "UnknownOperator" else str(error)
    return decision.answer, [statement.sid for statement in decision.by], decision.reason


def failed(module: ModuleType = decide_module) -> str | None:
    """Return the first case that goes wrong in ``module``."""
    return next(
        (name for name, case in CASES.items() if answer(case, module) != case.expected), None
    )


@pytest.mark.parametrize("name", CASES)
def test_the_rule_holds_that(name: str) -> None:
    assert answer(CASES[name]) == CASES[name].expected


def test_a_statement_without_actions_is_refused() -> None:
    request = Request(Caller.of(USER), START, WORKGROUP)
    bad = Policy((Statement("Allow", resources=("*",)),))
    with pytest.raises(ValueError, match=r"expected either Action or NotAction$"):
        decide(request, Policies((bad,)))


def test_a_statement_with_both_kinds_of_resources_is_refused() -> None:
    request = Request(Caller.of(USER), START, WORKGROUP)
    bad = Policy((Statement("Allow", (START,), ("*",), not_resources=("*",), sid="Bad"),))
    with pytest.raises(ValueError, match=r"^statement Bad: expected Resource or NotResource, not"):
        decide(request, Policies((bad,)))


def test_a_statement_with_both_kinds_of_principals_is_refused() -> None:
    request = Request(Caller.of(USER), START, WORKGROUP)
    everyone = (Principal("*", "*"),)
    bad = Policy((Statement("Allow", (START,), principals=everyone, not_principals=everyone),))
    with pytest.raises(ValueError, match=r"needs either Principal or NotPrincipal$"):
        decide(request, Policies(resource=bad))


def test_a_statement_that_supports_in_two_ways_is_reported_once() -> None:
    grant = Statement(
        "Allow", (START,), ("*",), principals=(Principal("AWS", A), Principal("AWS", USER))
    )
    allowing = Statement("Allow", (START,), ("*",))
    decision = decide(
        Request(Caller.of(USER), START, FOREIGN), Policies((Policy((allowing,)),), Policy((grant,)))
    )
    assert decision == Decision("allowed", (grant, allowing), "allowed")


@pytest.mark.slow
def test_ten_thousand_statements_are_decided() -> None:
    statements = tuple(
        Statement(
            "Deny" if n % 2 else "Allow",
            actions=("athena:*", f"s3:Get{n}*"),
            resources=(
                f"arn:aws:athena:*:{A}:workgroup/w{n}",
                f"arn:aws:s3:::{n}/${{aws:username}}/*",
            ),
            conditions=(Condition("StringLike", "aws:PrincipalTag/team", (f"t{n}*",)),),
        )
        for n in range(10_000)
    )
    request = Request(
        Caller.of(USER),
        START,
        f"arn:aws:athena:eu-central-1:{A}:workgroup/w7776",
        context={"aws:username": ("ann",), "aws:PrincipalTag/team": ("t7776",)},
    )
    assert decide(request, Policies((Policy(statements),))) == Decision(
        "allowed", (statements[7776],), "allowed"
    )


RANK = {"denied": 0, "unknown": 1, "allowed": 2}
thorough = settings(derandomize=True, deadline=None, max_examples=tries(80))

conditions = st.builds(
    Condition,
    st.sampled_from(
        [
            "StringEquals",
            "StringNotEquals",
            "StringLikeIfExists",
            "ForAnyValue:StringLike",
            "ForAllValues:StringNotLike",
            "Null",
        ]
    ),
    st.sampled_from(["k", "l"]),
    st.lists(st.sampled_from(["a", "a*", "${l}", "true"]), min_size=1, max_size=2).map(tuple),
)
resources = st.sampled_from(
    ["*", WORKGROUP, "arn:aws:athena:*", "arn:aws:s3:::*", "arn:aws:athena"]
)
actions = st.sampled_from([START, "athena:*", "*", "s3:*"])
principals = st.sampled_from(
    [
        Principal("*", "*"),
        Principal("AWS", USER),
        Principal("AWS", A),
        Principal("AWS", ROLE),
        Principal("AWS", SESSION),
        Principal("CanonicalUser", "79a59d"),
        Principal("Service", "sns.amazonaws.com"),
    ]
)


def some(values: st.SearchStrategy[Any], least: int = 1, most: int = 2) -> st.SearchStrategy[Any]:
    """Return a strategy for tuples of a few values."""
    return st.lists(values, min_size=least, max_size=most, unique=True).map(tuple)


def statements(of_resource: bool) -> st.SearchStrategy[Statement]:
    """Return a strategy for statements with all elements."""
    effects = st.sampled_from(["Allow", "Deny"])
    anyone = st.just(())
    return st.one_of(
        st.builds(
            Statement,
            effects,
            actions=some(actions),
            resources=some(resources),
            conditions=some(conditions, 0),
            principals=some(principals) if of_resource else anyone,
        ),
        st.builds(
            Statement,
            effects,
            not_actions=some(actions),
            not_resources=some(resources),
            conditions=some(conditions, 0, 1),
            **({"not_principals": some(principals)} if of_resource else {}),
        ),
    )


def few(of_resource: bool) -> st.SearchStrategy[Policy]:
    """Return a strategy for small policies."""
    return st.lists(statements(of_resource), min_size=1, max_size=4).map(lambda s: Policy(tuple(s)))


policies = st.builds(Policies, some(few(False), 0), st.none() | few(True), st.none() | few(False))
known = st.sampled_from(
    [{}, {"k": ("a",)}, {"k": ("a", "b")}, {"k": ("b",), "l": ("a",)}, {"k": ("",)}]
)
requests = st.builds(
    Request,
    st.sampled_from([Caller.of(USER), Caller.of(SESSION), Caller.of(FEDERATED_USER)]),
    st.just(START),
    st.sampled_from([WORKGROUP, FOREIGN, "*"]),
    st.sampled_from([None, A, B]),
    known,
    st.sampled_from([frozenset(), frozenset({"l2"})]),
)


def with_statement(given_policies: Policies, statement: Statement, at: int) -> Policies:
    """Return the policies with one more statement in the policy of the resource or the identity."""
    if statement.principals or statement.not_principals:
        before = given_policies.resource.statements if given_policies.resource else ()
        more = Policy((*before[:at], statement, *before[at:]))
        return replace(given_policies, resource=more)
    return replace(given_policies, identity=(*given_policies.identity, Policy((statement,))))


@thorough
@given(requests, policies, st.booleans().flatmap(statements), st.integers(0, 4))
def test_another_deny_never_widens(
    request_: Request, given_policies: Policies, statement: Statement, at: int
) -> None:
    more = with_statement(given_policies, replace(statement, effect="Deny"), at)
    assert RANK[decide(request_, more).answer] <= RANK[decide(request_, given_policies).answer]


@thorough
@given(requests, policies, st.booleans().flatmap(statements), st.integers(0, 4))
def test_another_allow_never_narrows(
    request_: Request, given_policies: Policies, statement: Statement, at: int
) -> None:
    more = with_statement(given_policies, replace(statement, effect="Allow"), at)
    assert RANK[decide(request_, more).answer] >= RANK[decide(request_, given_policies).answer]


def backwards(policy_: Policy | None) -> Policy | None:
    """Return the policy with every list turned round."""
    if policy_ is None:
        return None
    return Policy(
        tuple(
            replace(
                statement,
                actions=statement.actions[::-1],
                not_actions=statement.not_actions[::-1],
                resources=statement.resources[::-1],
                not_resources=statement.not_resources[::-1],
                principals=statement.principals[::-1],
                not_principals=statement.not_principals[::-1],
                conditions=tuple(
                    replace(condition, values=condition.values[::-1])
                    for condition in statement.conditions[::-1]
                ),
            )
            for statement in policy_.statements[::-1]
        )
    )


@thorough
@given(requests, policies)
def test_the_order_of_lists_never_matters(request_: Request, given_policies: Policies) -> None:
    turned = Policies(
        tuple(p for p in map(backwards, given_policies.identity[::-1]) if p),
        backwards(given_policies.resource),
        backwards(given_policies.boundary),
    )
    forth, back = decide(request_, given_policies), decide(request_, turned)
    supporting = {
        s for policy_ in [backwards(Policy(forth.by))] if policy_ for s in policy_.statements
    }
    assert (back.answer, set(back.by), back.reason) == (forth.answer, supporting, forth.reason)


@thorough
@given(requests, policies)
def test_an_answer_holds_for_every_value_that_is_not_known(
    request_: Request, given_policies: Policies
) -> None:
    open_request = replace(request_, context={}, unknown=frozenset({"k", "l"}))
    answer_ = decide(open_request, given_policies).answer
    if answer_ != "unknown":
        choices = [(), ("",), ("a",), ("ab",), ("b",), ("true",)]
        answers = {
            decide(
                replace(request_, context={"k": k, "l": l_}, unknown=frozenset()), given_policies
            ).answer
            for k, l_ in itertools.product(choices, repeat=2)
        }
        assert answers == {answer_}


@thorough
@given(requests, policies)
def test_only_what_made_it_is_reported(request_: Request, given_policies: Policies) -> None:
    decision = decide(request_, given_policies)
    effects = {statement.effect for statement in decision.by}
    if decision.answer == "allowed":
        assert effects == {"Allow"}
    elif decision.answer == "denied":
        assert effects <= {"Deny"}


@thorough
@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_any_text_can_stand_in_a_policy(action: str, resource: str, principal: str) -> None:
    everything = Statement("Allow", ("*",), ("*",))
    policies_ = Policies(
        (Policy((everything,)), Policy((Statement("Deny", (action,), (resource,)),))),
        Policy(
            (Statement("Deny", (action,), (resource,), principals=(Principal("AWS", principal),)),)
        ),
    )
    decision = decide(Request(Caller.of(USER), START, WORKGROUP), policies_)
    assert decision.answer in ("allowed", "denied", "unknown")


def test_an_object_whose_key_reads_like_that_of_kms_needs_no_policy_of_its_own() -> None:
    policy = Policy((Statement("Allow", actions=("s3:GetObject",), resources=("*",)),))
    named = f"arn:aws:s3:::lake/x:{KEY.removeprefix('arn:aws:')}"
    decision = decide(Request(Caller.of(USER), "s3:GetObject", named, A), Policies((policy,)))
    assert (decision.answer, decision.reason) == ("allowed", "allowed")
