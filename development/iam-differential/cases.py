"""Seeded random requests and policies that both evaluators can read."""

import random
from dataclasses import dataclass
from typing import Any

from athena_gate.modules.iam import conditions, decide
from athena_gate.modules.iam.condition_keys import condition_key
from athena_gate.modules.iam.decide import Caller, Policies, Request
from athena_gate.modules.iam.policy import Policy

HOME, ABROAD = "111122223333", "444455556666"
Document = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One request and the policies it meets, as JSON."""

    caller: str
    service: bool
    action: str
    resource: str
    account: str
    context: dict[str, tuple[str, ...]]
    identity: list[Document]
    of_resource: Document | None
    boundary: Document | None

    def simulation(self) -> Document:
        """Return the case as the simulator takes it."""
        return {
            "request": {
                "principal": self.caller,
                "action": self.action,
                "resource": {"resource": self.resource, "accountId": self.account},
                # The simulator wants a list for a key of several values and nowhere else.
                "contextVariables": {
                    key: list(values) if key in SEVERAL else values[0]
                    for key, values in self.context.items()
                    if values
                },
            },
            "identityPolicies": [
                {"name": f"identity{n}", "policy": policy} for n, policy in enumerate(self.identity)
            ],
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
            **({"resourcePolicy": self.of_resource} if self.of_resource else {}),
            **(
                {"permissionBoundaryPolicies": [{"name": "boundary", "policy": self.boundary}]}
                if self.boundary
                else {}
            ),
        }

    def decided(self) -> str:
        """Return what the evaluator answers, in the simulator's words where there are some."""
        caller = Caller("service", self.caller) if self.service else Caller.of(self.caller)
        policies = [Policy.from_document(p) for p in self.identity]
        of_resource = Policy.from_document(self.of_resource) if self.of_resource else None
        boundary = Policy.from_document(self.boundary) if self.boundary else None
        decision = decide.decide(
            Request(caller, self.action, self.resource, self.account, self.context),
            Policies(tuple(policies), of_resource, boundary),
        )
        if decision.answer == "denied":
            return "ExplicitlyDenied" if decision.reason == "explicit deny" else "ImplicitlyDenied"
        return {"allowed": "Allowed", "unknown": "unknown"}[decision.answer]


# What requests are about: an action, resources of its type, and other patterns for them.
TARGETS = {
    "s3:GetObject": ["arn:aws:s3:::lake/ann/1.csv", "arn:aws:s3:::lake/bob/x/2.csv"],
    "s3:ListBucket": ["arn:aws:s3:::lake"],
    "athena:StartQueryExecution": [
        "arn:aws:athena:eu-central-1:{account}:workgroup/reports",
        "arn:aws:athena:us-east-1:{account}:workgroup/ann",
    ],
    "sqs:SendMessage": ["arn:aws:sqs:eu-central-1:{account}:orders"],
    "kms:Decrypt": ["arn:aws:kms:eu-central-1:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab"],
    "sts:AssumeRole": ["arn:aws:iam::{account}:role/etl"],
    "athena:ListWorkGroups": ["*"],
}
OTHER_ACTIONS = [
    "*",
    "s3:*",
    "s3:Get*",
    "athena:*",
    "athena:?tartQuery*",
    "sqs:Send*",
    "kms:*",
    "sts:*",
]
OTHER_RESOURCES = [
    "*",
    "arn:aws:s3:::*",
    "arn:aws:s3:::lake/*",
    "arn:aws:s3:::lake/${aws:username}/*",
    "arn:aws:s3:::lake/${aws:PrincipalTag/team, 'bob'}/*",
    "arn:aws:s3:::l?ke*",
    "arn:aws:athena:*:*:workgroup/*",
    "arn:aws:athena:eu-*:*:workgroup/${aws:username}*",
    "arn:aws:athena:*",
    "arn:aws:athena:*:workgroup/reports",
    "arn:*:*:*:*:*",
    "arn:aws:sqs:eu-central-1:*:o*s",
    "arn:aws:iam::*:role/etl",
    "arn:aws:kms:*:*:key/*",
]
CALLERS = [
    *[f"arn:aws:iam::{HOME}:user/ann"] * 5,
    *[f"arn:aws:sts::{HOME}:assumed-role/etl/run1"] * 5,
    f"arn:aws:iam::{HOME}:root",
    f"arn:aws:sts::{HOME}:federated-user/ann",
    "sns.amazonaws.com",
]
PRINCIPALS: list[object] = [
    "*",
    {"AWS": "*"},
    {"AWS": HOME},
    {"AWS": f"arn:aws:iam::{HOME}:root"},
    {"AWS": f"arn:aws:iam::{HOME}:user/ann"},
    {"AWS": f"arn:aws:iam::{HOME}:role/etl"},
    {"AWS": f"arn:aws:sts::{HOME}:assumed-role/etl/run1"},
    {"AWS": f"arn:aws:sts::{HOME}:federated-user/ann"},
    {"AWS": [f"arn:aws:iam::{HOME}:user/ann", f"arn:aws:iam::{HOME}:root"]},
    {"AWS": [f"arn:aws:iam::{HOME}:user/bob", ABROAD]},
    {"Service": "sns.amazonaws.com"},
    {"Service": ["sqs.amazonaws.com", "lambda.amazonaws.com"]},
]
TEXTS = ["ann", "bob", "Ann", "a*", "*", "?nn", "${aws:username}", "${aws:PrincipalTag/team}"]
TEXTS += [
    "${aws:PrincipalTag/team, 'ann'}",
    "${aws:PrincipalTag/team,'ann'}",
    "a${*}",
    "${aws:TagKeys}",
    "",
    "x${$}y",
]
ARNS = [
    "arn:aws:sns:eu-central-1:111122223333:topic",
    "arn:aws:sns:*:111122223333:*",
    "arn:aws:sns:*:topic",
    "arn:aws:s?s:eu-*:*:topic",
    "arn:aws:logs:eu-central-1:111122223333:log-group:/x:*",
    "arn:aws:sns:eu-central-1:111122223333:${aws:username}",
]
# For each condition key: its type, values in a request, values in a policy.
KEYS: dict[str, tuple[str, list[str], list[str]]] = {
    "aws:username": ("String", ["ann"], TEXTS),
    "aws:PrincipalTag/team": ("String", ["ann", "bob", "a*", "x$y", ""], TEXTS),
    "aws:UserAgent": ("String", ["ann", "anna", "a*", ""], TEXTS),
    "aws:RequestedRegion": (
        "String",
        ["eu-central-1", "us-east-1"],
        ["eu-*", "us-east-1", "x", ""],
    ),
    "aws:SecureTransport": ("Bool", ["true", "false"], ["true", "false", "True"]),
    "aws:MultiFactorAuthAge": ("Numeric", ["0", "299", "300"], ["0", "300", "300.0", "299.5"]),
    "aws:CurrentTime": (
        "Date",
        ["2026-11-01T10:00:00Z", "2026-11-01T12:00:00+02:00"],
        ["2026-11-01T10:00:00Z", "2026-11-01", "2026-12-01T00:00:00Z"],
    ),
    "aws:EpochTime": ("Date", ["1793527200", "5"], ["1793527200", "1793527201", "6"]),
    "aws:SourceIp": (
        "IpAddress",
        ["203.0.113.7", "2001:db8::7"],
        ["203.0.113.0/24", "203.0.113.7", "198.51.100.0/24", "2001:db8::/32", "2001:db8::7"],
    ),
    "aws:SourceArn": (
        "Arn",
        [
            "arn:aws:sns:eu-central-1:111122223333:topic",
            "arn:aws:logs:eu-central-1:111122223333:log-group:/x:y",
        ],
        ARNS,
    ),
    "aws:TagKeys": ("String", ["ann", "bob", "cost"], TEXTS),
    "aws:PrincipalOrgPaths": (
        "String",
        ["o-1/r-1/ou-1/", "o-1/r-1/ou-2/"],
        ["o-1/*", "o-1/r-1/ou-1/", "x"],
    ),
}
SEVERAL = ("aws:TagKeys", "aws:PrincipalOrgPaths")
COMPARISONS = [
    "Equals",
    "NotEquals",
    "LessThan",
    "LessThanEquals",
    "GreaterThan",
    "GreaterThanEquals",
]
OPERATORS = {
    "String": [n for n in conditions.OPERATORS if n.startswith("String")],
    "Arn": [n for n in conditions.OPERATORS if n.startswith("Arn")],
    "Bool": ["Bool"],
    "Numeric": [f"Numeric{name}" for name in COMPARISONS],
    "Date": [f"Date{name}" for name in COMPARISONS],
    "IpAddress": ["IpAddress", "NotIpAddress"],
}


class Generator:
    """Makes random cases, half of which should be about the same things."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def case(self) -> Case:
        """Return the next case."""
        rng = self.rng
        caller = rng.choice(CALLERS)
        is_identity = not caller.endswith((":root", ".com"))
        # A root user cannot take a role, which the simulator does not know: nothing to compare.
        actions = [a for a in TARGETS if not (caller.endswith(":root") and a == "sts:AssumeRole")]
        action = rng.choice(actions)
        account = HOME if action == "athena:ListWorkGroups" else rng.choice([HOME, HOME, ABROAD])
        resource = rng.choice(TARGETS[action]).replace("{account}", account)
        context = {
            key: tuple(rng.sample(values, rng.randint(1, 2) if key in SEVERAL else 1))
            for key, (_, values, _) in KEYS.items()
            if rng.random() < 0.6 or condition_key(key).sent == "every request"
        }
        context.pop("aws:username", None)
        if ":user/" in caller:
            context["aws:username"] = (caller.rsplit("/", 1)[-1],)
        # Through a VPC endpoint: the request says that it has none.
        context.setdefault("aws:SourceIp", ())
        return Case(
            caller,
            caller.endswith(".com"),
            action,
            resource,
            account,
            context,
            [
                self.policy(action, resource, None)
                for _ in range(rng.choice([0, 1, 1, 2]) * is_identity)
            ],
            self.policy(action, resource, caller) if rng.random() < 0.7 else None,
            self.policy(action, resource, None) if is_identity and rng.random() < 0.25 else None,
        )

    def policy(self, action: str, resource: str, caller: str | None) -> Document:
        """Return a policy; one of a resource if there is a caller."""
        version = "2012-10-17" if self.rng.random() < 0.9 else "2008-10-17"
        statements = [
            self.statement(action, resource, caller) for _ in range(self.rng.randint(1, 3))
        ]
        return {"Version": version, "Statement": statements}

    def statement(self, action: str, resource: str, caller: str | None) -> Document:
        """Return a statement."""
        rng = self.rng
        statement: Document = {"Effect": rng.choice(["Allow"] * 4 + ["Deny"])}
        element = "Action" if rng.random() < 0.85 else "NotAction"
        statement[element] = self.some([action, *OTHER_ACTIONS, *TARGETS])
        is_trust = caller is not None and action == "sts:AssumeRole"
        if not is_trust:
            element = "Resource" if rng.random() < 0.85 else "NotResource"
            statement[element] = self.some([resource, *OTHER_RESOURCES])
        if caller is not None:
            denies = statement["Effect"] == "Deny" and not is_trust
            element = "NotPrincipal" if denies and rng.random() < 0.3 else "Principal"
            statement[element] = rng.choice(PRINCIPALS)
        if rng.random() < 0.5:
            statement["Condition"] = self.conditions()
        return statement

    def conditions(self) -> Document:
        """Return one or two conditions."""
        rng = self.rng
        block: Document = {}
        for _ in range(rng.choice([1, 1, 2])):
            key = rng.choice(list(KEYS))
            kind, _, wanted = KEYS[key]
            operator = rng.choice(OPERATORS[kind])
            if rng.random() < 0.1:
                block.setdefault("Null", {})[key] = rng.choice(["true", "false"])
                continue
            if rng.random() < (0.9 if key in SEVERAL else 0.05):
                operator = f"{rng.choice(['ForAllValues', 'ForAnyValue'])}:{operator}"
            if rng.random() < 0.2:
                operator += "IfExists"
            block.setdefault(operator, {})[key] = self.some(wanted)
        return block

    def some(self, values: list[str]) -> str | list[str]:
        """Return one of the values, often the first, or a few of them."""
        rng = self.rng
        if rng.random() < 0.6:
            return values[0]
        if rng.random() < 0.5:
            return rng.choice(values)
        return sorted(set(rng.choices(values, k=rng.randint(1, 3))))
