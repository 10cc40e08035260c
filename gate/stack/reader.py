"""Reads a synthesized stack: the one place that does. What is not understood is a problem of the
stack, by name and place, and then nothing is proved of it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from athena_gate.gate.stack.beside import other_backend, other_workspace, unknown_files
from athena_gate.gate.stack.lake_formation import lake_grants
from athena_gate.gate.stack.model import Problem, Stack
from athena_gate.gate.stack.terraform_json import Provider, TerraformJson
from athena_gate.gate.stack.unknown import Place, unknown
from athena_gate.modules.files import (
    MEBIBYTE,
    TEXT_ALLOWED,
    Unreadable,
    parse_json,
    read_json,
    visible,
)
from athena_gate.modules.iam.attached import (
    Document,
    Identity,
    IdentityKind,
    ResourceKind,
    ResourcePolicy,
)
from athena_gate.modules.iam.policy import (
    EVERYONE,
    Condition,
    MalformedPolicy,
    Policy,
    Principal,
    Statement,
)

FILE = "cdk.tf.json"
ALLOWED = (
    f"allowed: a folder with {FILE} in it, such a file, or for gate prove a plan as `terraform "
    "show -json PLAN` prints it"
)
# A stack of 1,000 resources has some 2 MB.
STACK_LIMIT = 8 * MEBIBYTE
# A file with none of them is something else, such as a plan.
_SECTIONS = ("resource", "provider", "terraform", "output", "//")
# AWS makes the roles of an application, whose policies are not in the stack.
_APPLICATION = "aws_serverlessapplicationrepository_cloudformation_stack"
_KINDS: tuple[IdentityKind, ...] = ("user", "role")
# Kind, account and name of an identity.
_Key = tuple[IdentityKind, str, str]


class NotReadable(Exception):
    """A file is not what it should be; the message says what is expected."""


def files(place: Path) -> tuple[Path, ...]:
    """Return the files to read at ``place``: the file itself, or every cdk.tf.json in the folder.

    Raises ``NotReadable`` when there is none.
    """
    if place.exists() and not place.is_dir():
        return (place,)
    # What stacks/removed.py keeps of removed blocks is there to be destroyed, not to be applied.
    # By way of a link, which Terraform and pipelines follow, rglob does not find it.
    paths = {*place.rglob(FILE), *place.glob(f"*/{FILE}"), *place.glob(f"*/*/{FILE}")}
    every = [(one, one.relative_to(place).parts[:-2]) for one in paths]
    found = tuple(sorted(one for one, around in every if around != ("removed",)))
    if not found:
        what = "no such file or folder" if not place.exists() else f"holds no {FILE}"
        raise NotReadable(f"{visible(place)}: {what}; {ALLOWED}")
    return found


def not_readable(error: Unreadable) -> NotReadable:
    """Return ``error`` with what to give instead."""
    said = str(error).removesuffix(TEXT_ALLOWED)
    return NotReadable(said if "; allowed: " in said else f"{said}; {ALLOWED}")


def read(file: Path) -> Stack:
    """Return the stack in ``file``, with what is not understood of it, and of the files beside it
    that Terraform would read too, among its problems. Raises ``NotReadable``."""
    try:
        content = read_json(file, STACK_LIMIT)
    except Unreadable as error:
        raise not_readable(error) from None
    stack = read_content(content, file)
    beside = [*unknown_files(file)]
    terraform = stack.content.get("terraform", {})
    beside += other_workspace(file, terraform)
    beside += other_backend(file, terraform)
    problems = [Problem(name, reason) for name, reason in beside]
    folder = file.absolute().parent
    if folder.parent.name == "stacks" and folder.name != stack.name:
        # Whoever approves an apply in that folder means the other.
        reason = f"is {stack.name}, and the folder is that of {folder.name}"
        problems.append(Problem("//.metadata.stackName", reason))
    return replace(stack, problems=(*stack.problems, *problems))


def read_content(content: object, file: Path) -> Stack:
    """Return the stack whose JSON document is ``content``; ``file`` is where it is from, which is
    not looked at. Raises ``NotReadable``."""
    # A section may be of another type, which is a problem of that stack, but not all of them.
    if not isinstance(content, dict) or not any(
        isinstance(content.get(section), dict) for section in _SECTIONS
    ):
        raise NotReadable(f"{visible(file)}: is no stack in Terraform's JSON syntax; {ALLOWED}")
    return _Reader(file, content).stack()


# The longest policies that AWS takes are those of KMS keys, 32 KB; white space is not counted.
# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html (2026-11)
_LONGEST = 128 * 1024


class _Reader:
    """Reads the grants of one stack: of what is understood of it."""

    def __init__(self, file: Path, content: Mapping[str, Any]) -> None:
        self._file = file
        places = list(unknown(content))
        self._problems = [Problem(".".join(map(str, place)), reason) for place, reason in places]
        self._json = TerraformJson(_understood(content, [place for place, _ in places]))

    def stack(self) -> Stack:
        identities = self._identities()
        resource_policies = (*self._trusts(identities), *self._resource_policies())
        providers = self._json.providers.values()
        return Stack(
            name=self._name(),
            file=self._file,
            content={key: value for key, value in self._json.content.items() if key != "//"},
            block_tag=next((provider.tag for provider in providers if provider.tag), None),
            accounts=tuple(provider.account for provider in providers),
            regions=tuple(provider.region for provider in providers),
            identities=tuple(identities.values()),
            resource_policies=resource_policies,
            problems=tuple(self._problems),
            lake_grants=lake_grants(
                body for _, body in self._json.resources("aws_lakeformation_permissions")
            ),
        )

    def _name(self) -> str:
        metadata = self._json.content.get("//")
        metadata = metadata.get("metadata") if isinstance(metadata, dict) else None
        name = metadata.get("stackName") if isinstance(metadata, dict) else None
        return name if isinstance(name, str) and name else self._file.absolute().parent.name

    def _document(
        self, address: str, kind: Literal["managed", "inline", "resource"], value: object
    ) -> Document | None:
        """Return the policy in an attribute; None, with a problem noted, when it is unreadable."""
        text = self._json.text(value) if isinstance(value, str) else ""
        if len(text) > _LONGEST:
            problem = f"has a policy of {len(text):,} characters, more than AWS takes of any kind"
            self._problems.append(Problem(address, problem))
            return None
        try:
            parse_json(text, address)
            return Document(address, kind, Policy.from_json(text))
        except MalformedPolicy as error:
            self._problems.append(Problem(address, f"is no IAM policy: {error}"))
        except Unreadable as error:
            self._problems.append(
                Problem(address, f"has a policy that cannot be read: {error.problem}")
            )
        return None

    def _identities(self) -> dict[_Key, Identity]:
        granted, found = _Granted(), {}
        for kind in _KINDS:
            for address, body in self._json.resources(f"aws_iam_{kind}"):
                key = self._key(kind, body, self._json.name(address, body))
                found[key] = self._identity(key, address, body)
        self._attach(granted)
        for address, body in self._json.resources("aws_iam_role_policy"):
            key = self._key("role", body, self._text(body, "role"))
            granted.add(key, address, self._document(address, "inline", body.get("policy")))
        partition = next(iter(self._json.providers.values()), Provider()).partition
        for key, address in granted.addresses.items():
            if key not in found:
                kind, account, name = key
                arn = f"arn:{partition}:iam::{account}:{kind}/{name}"
                here = kind == "policy"
                found[key] = Identity(address, kind, name, arn, account, here=here)
        for address, body in self._json.resources(_APPLICATION):
            key = self._key("application", body, self._json.name(address, body))
            arn = self._text(body, "application_id")
            found[key] = Identity(address, *key[::2], arn, key[1], aws_managed=(arn,))
        return {key: granted.given(key, identity) for key, identity in found.items()}

    def _key(self, kind: IdentityKind, body: Mapping[str, Any], name: str) -> _Key:
        return kind, self._json.provider(body).account, name

    def _text(self, body: Mapping[str, Any], attribute: str) -> str:
        return self._json.text(str(body.get(attribute) or ""))

    def _identity(self, key: _Key, address: str, body: Mapping[str, Any]) -> Identity:
        kind, account, name = key
        trust = None
        if kind == "role":
            trust = self._document(address, "resource", body.get("assume_role_policy"))

        def of_it(resources: str, attribute: str) -> Iterator[tuple[str, dict[str, Any]]]:
            for place, other in self._json.resources(resources):
                if self._key(kind, other, self._text(other, attribute)) == key:
                    yield place, other

        profiles = of_it("aws_iam_instance_profile", "role") if kind == "role" else ()
        access_keys = of_it("aws_iam_access_key", "user") if kind == "user" else ()
        return Identity(
            address,
            kind,
            name,
            self._json.attribute(address, "arn") or "",
            account,
            trust=trust,
            boundary=self._text(body, "permissions_boundary") or None,
            instance_profiles=tuple(self._json.name(place, profile) for place, profile in profiles),
            access_keys=tuple(place for place, _ in access_keys),
        )

    def _attach(self, granted: "_Granted") -> None:
        """Grant the managed policies to those they are attached to, and note which are to none."""
        managed = {
            self._json.attribute(address, "arn") or address: (address, body)
            for address, body in self._json.resources("aws_iam_policy")
        }
        documents = {
            arn: self._document(address, "managed", body.get("policy"))
            for arn, (address, body) in managed.items()
        }
        attached = set()
        for key, address, arn in self._attachments():
            attached.add(arn)
            if arn in managed:
                granted.add(key, address, documents[arn])
            else:
                granted.elsewhere(key, address, arn)
        for arn in sorted(managed.keys() - attached):
            address, body = managed[arn]
            key = self._key("policy", body, arn.partition(":policy")[2].lstrip("/"))
            granted.add(key, address, documents[arn])

    def _attachments(self) -> Iterator[tuple[_Key, str, str]]:
        """Yield each identity that a managed policy is attached to, the address where that is
        said, and the policy's ARN."""
        for kind in _KINDS:
            for address, body in self._json.resources(f"aws_iam_{kind}_policy_attachment"):
                key = self._key(kind, body, self._text(body, kind))
                yield key, address, self._text(body, "policy_arn")

    def _trusts(self, identities: Mapping[Any, Identity]) -> Iterator[ResourcePolicy]:
        for one in identities.values():
            if one.trust:
                yield ResourcePolicy(one.address, "trust", one.arn, one.account, (one.trust,))

    def _resource_policies(self) -> Iterator[ResourcePolicy]:
        for address, body in self._json.resources("aws_s3_bucket_policy"):
            bucket = self._text(body, "bucket")
            arn = f"arn:{self._json.provider(body).partition}:s3:::{bucket}"
            yield from self._resource_policy(address, "bucket", arn, body)
        for address, body in self._json.resources("aws_sns_topic_policy"):
            arn = self._text(body, "arn")
            yield from self._resource_policy(address, "topic", arn, body)
        for address, body in self._json.resources("aws_kms_key"):
            if body.get("policy"):
                arn = self._json.attribute(address, "arn") or "*"
                yield from self._resource_policy(address, "key", arn, body)
        yield from self._functions()

    def _resource_policy(
        self, address: str, kind: ResourceKind, arn: str, body: Mapping[str, Any]
    ) -> Iterator[ResourcePolicy]:
        document = self._document(address, "resource", body.get("policy"))
        if document is not None:
            yield ResourcePolicy(address, kind, arn, self._json.provider(body).account, (document,))

    def _functions(self) -> Iterator[ResourcePolicy]:
        """Yield the policy of each function, which Lambda makes of its permissions."""
        permissions: dict[tuple[str, str], list[Document]] = {}
        for address, body in self._json.resources("aws_lambda_permission"):
            function = self._text(body, "function_name")
            arn = (
                function
                if function.startswith("arn:")
                else self._json.arn("lambda", f"function:{function}", body)
            )
            statement = self._permission(body, arn)
            key = (arn, self._json.provider(body).account)
            permissions.setdefault(key, []).append(
                Document(address, "resource", Policy((statement,)))
            )
        for (arn, account), documents in permissions.items():
            yield ResourcePolicy(documents[0].address, "function", arn, account, tuple(documents))

    def _permission(self, body: Mapping[str, Any], arn: str) -> Statement:
        """Return the statement that Lambda makes of a permission.

        https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html (2026-11).
        """
        principal = self._text(body, "principal")
        if principal == "*":
            named = EVERYONE
        elif re.fullmatch(r"[0-9]{12}|arn:.*", principal):
            named = Principal("AWS", principal)
        else:
            named = Principal("Service", principal)
        organization = self._text(body, "principal_org_id")
        of_it = Condition("StringEquals", "aws:PrincipalOrgID", (organization,))
        return Statement(
            "Allow",
            sid=self._text(body, "statement_id"),
            principals=(named,),
            actions=(self._text(body, "action"),),
            resources=(arn,),
            conditions=(of_it,) if organization else (),
        )


@dataclass(slots=True)
class _Granted:
    """What identities are granted, collected before it is known which of them are in the stack."""

    documents: dict[_Key, list[Document]] = field(default_factory=dict)
    arns: dict[_Key, list[str]] = field(default_factory=dict)
    addresses: dict[_Key, str] = field(default_factory=dict)

    def add(self, key: _Key, address: str, document: Document | None) -> None:
        """Grant ``document``; an unreadable one only makes the identity known."""
        self.addresses.setdefault(key, address)
        self.documents.setdefault(key, []).extend([document] if document else [])

    def elsewhere(self, key: _Key, address: str, arn: str) -> None:
        """Grant the managed policy ``arn``, which stands elsewhere."""
        self.addresses.setdefault(key, address)
        self.arns.setdefault(key, []).append(arn)

    def given(self, key: _Key, identity: Identity) -> Identity:
        """Return ``identity`` with what it is granted."""
        return replace(
            identity,
            policies=tuple(dict.fromkeys(self.documents.get(key, ()))),
            aws_managed=(*identity.aws_managed, *dict.fromkeys(self.arns.get(key, ()))),
        )


def _understood(content: Mapping[str, Any], unknowns: Iterable[Place]) -> dict[str, Any]:
    """Return ``content`` without the resources and the other sections that ``unknowns`` lie in."""
    without: dict[str, Any] = {}
    for section, *rest in unknowns:
        # A section other than "resource" is taken or left as a whole.
        path = [str(name) for name in (section, *rest[: 2 if section == "resource" else 0])]
        part = without
        for name in path[:-1]:
            part = part.setdefault(name, {})
            if part is None:
                break
        else:
            part[path[-1]] = None
    return _left(content, without)


def _left(found: Mapping[str, Any], without: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``found`` without the places in ``without``, of which one that is None is whole."""
    return {
        name: _left(value, without[name]) if name in without else value
        for name, value in found.items()
        if without.get(name, value) is not None
    }
