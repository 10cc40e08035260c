"""What a synthesized stack grants: its users and roles with their policies, and the policies of
its resources, read from cdk.tf.json or from what `terraform show -json` prints of a plan.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from gate.terraform_json import (
    Provider,
    TerraformJson,
    dictionaries,
    from_plan,
    is_expression,
    is_plan,
    is_stack,
    strings,
)
from modules.iam.decide import Caller
from modules.iam.patterns import arn_matches
from modules.iam.policy import (
    EVERYONE,
    Condition,
    MalformedPolicy,
    Policy,
    Principal,
    Statement,
)

IdentityKind = Literal["user", "role", "group", "policy", "application"]
ResourceKind = Literal["trust", "bucket", "key", "function", "other"]

FILE = "cdk.tf.json"
# AWS makes the roles of an application, whose policies are not in the stack.
_APPLICATION = "aws_serverlessapplicationrepository_cloudformation_stack"
_KINDS: tuple[IdentityKind, ...] = ("user", "role", "group")
# Kind, account and name of an identity.
_Key = tuple[IdentityKind, str, str]


class NotReadable(Exception):
    """A file is not what it should be; the message says what is expected."""


@dataclass(frozen=True, slots=True)
class Document:
    """A policy and the Terraform address of the resource it stands in."""

    address: str
    kind: Literal["managed", "inline", "resource"]
    policy: Policy

    def place(self, statement: Statement) -> str:
        """Return where ``statement``, one of this policy's, stands: ``address Sid``."""
        return f"{self.address} {statement.sid}".rstrip()


@dataclass(frozen=True, slots=True)
class Identity:
    """A user, role or group of the stack, or one from elsewhere that the stack attaches policies
    to; a managed policy that is attached to nobody; or an application whose role AWS makes.

    ``aws_managed`` are the ARNs of what it is granted beside ``policies``: managed policies (or
    the application) whose content stands elsewhere. ``here`` is False for one from elsewhere,
    whose ARN is guessed without its path, and whose trust is not known.
    """

    address: str
    kind: IdentityKind
    name: str
    arn: str
    account: str
    trust: Document | None = None
    policies: tuple[Document, ...] = ()
    aws_managed: tuple[str, ...] = ()
    boundary: str | None = None
    instance_profiles: tuple[str, ...] = ()
    access_keys: tuple[str, ...] = ()
    here: bool = True

    @property
    def caller(self) -> Caller:
        """Return who calls with these policies: the user, a session of the role, or (for a
        policy) of some role that it is attached to."""
        return caller_with(self.kind, self.arn)


def statements_of(documents: Iterable[Document]) -> tuple[Statement, ...]:
    """Return the statements of all ``documents``, which AWS sees as one policy."""
    return tuple(statement for document in documents for statement in document.policy.statements)


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """The policy of one resource: a role's trust policy, a bucket's, a key's, a function's.

    ``arn`` is ``*`` for a resource whose ARN cannot be computed.
    """

    address: str
    kind: ResourceKind
    arn: str
    account: str
    documents: tuple[Document, ...]

    @property
    def policy(self) -> Policy:
        """Return the documents as the one policy that AWS sees."""
        # Those of a function, which Lambda writes, are several.
        return Policy(statements_of(self.documents), self.documents[0].policy.version)

    def governs(self, resource: str) -> bool:
        """Return whether this is the policy of ``resource``, an ARN, or a pattern that matches
        the ARN of this one."""
        if "*" in resource and resource != "*":
            return arn_matches(resource, self.arn)
        return resource == self.arn or (
            self.kind == "bucket" and resource.startswith(f"{self.arn}/")
        )


def caller_with(kind: IdentityKind, arn: str) -> Caller:
    """Return who calls with the policies of the identity ``arn``."""
    if kind == "user":
        return Caller.of(arn)
    _, partition, _, _, account, _ = arn.split(":", 5)
    role = arn if kind == "role" else f"arn:{partition}:iam::{account}:role/whoever"
    return session_of(role)


def session_of(role: str) -> Caller:
    """Return a session of the role with this ARN."""
    _, partition, _, _, account, resource = role.split(":", 5)
    name = resource.rsplit("/", 1)[-1]
    return Caller.of(f"arn:{partition}:sts::{account}:assumed-role/{name}/session", issuer=role)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the stack that could not be read, so that nothing is known of it."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack; ``block_tag`` is ``kind/name`` of its block in gate.hcl, or None for one that is
    not ours; ``accounts`` are the account ids of its providers, the default one's first."""

    name: str
    file: Path
    block_tag: str | None
    accounts: tuple[str, ...]
    regions: tuple[str, ...]
    identities: tuple[Identity, ...]
    resource_policies: tuple[ResourcePolicy, ...]
    problems: tuple[Problem, ...]

    def policy_of(self, resource: str) -> ResourcePolicy | None:
        """Return the policy of ``resource`` (an ARN, or a pattern of one), if it is here."""
        return next((place for place in self.resource_policies if place.governs(resource)), None)


def files(place: Path) -> tuple[Path, ...]:
    """Return the files to read at ``place``: the file itself, or every cdk.tf.json in the folder.

    Raises ``NotReadable`` when there is none.
    """
    if place.is_file():
        return (place,)
    found = tuple(sorted(place.rglob(FILE)))
    if not found:
        what = "no such file or folder" if not place.exists() else f"holds no {FILE}"
        raise NotReadable(
            f"{place}: {what}; allowed: a folder with {FILE} in it, such a file, or a plan as "
            "`terraform show -json PLAN` prints it"
        )
    return found


def read(file: Path) -> Stack:
    """Return the stack in ``file``. Raises ``NotReadable``."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise NotReadable(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NotReadable(f"{file}: not a text file in UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotReadable(f"{file}:{error.lineno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise NotReadable(f"{file}: nested too deeply to be Terraform's JSON") from None
    try:
        content = from_plan(content) if is_plan(content) else content
    except (AttributeError, KeyError, TypeError):
        content = None
    if not is_stack(content):
        raise NotReadable(
            f"{file}: neither Terraform's JSON syntax nor a plan; expected what cdktf writes, or "
            "what `terraform show -json PLAN` prints"
        )
    return _Reader(file, content).stack()


# The longest policies that AWS takes are those of KMS keys, 32 KB; white space is not counted.
# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html (2026-11)
_LONGEST = 128 * 1024


class _Reader:
    """Reads the grants of one stack."""

    def __init__(self, file: Path, content: Mapping[str, Any]) -> None:
        self._file = file
        self._json = TerraformJson(content)
        self._problems: list[Problem] = []

    def stack(self) -> Stack:
        identities = self._identities()
        resource_policies = (*self._trusts(identities), *self._resource_policies())
        tags = [tag for provider in self._json.providers.values() if (tag := provider.tag)]
        metadata = self._json.content.get("//", {}).get("metadata", {})
        return Stack(
            name=metadata.get("stackName") or self._name_of(tags),
            file=self._file,
            block_tag=tags[0] if tags else None,
            accounts=tuple(provider.account for provider in self._json.providers.values()),
            regions=tuple(provider.region for provider in self._json.providers.values()),
            identities=tuple(identities.values()),
            resource_policies=resource_policies,
            problems=tuple(self._problems),
        )

    def _name_of(self, tags: list[str]) -> str:
        if tags:
            return tags[0].replace("/", "-").replace("_", "-")
        return self._file.parent.name if self._file.name == FILE else self._file.stem

    def _document(
        self, address: str, kind: Literal["managed", "inline", "resource"], value: object
    ) -> Document | None:
        """Return the policy in an attribute; None, with a problem noted, when it is unreadable."""
        text = self._json.text(value) if isinstance(value, str) else ""
        if len(text) > _LONGEST:
            problem = f"the policy has {len(text):,} characters, more than AWS takes of any kind"
            self._problems.append(Problem(address, problem))
            return None
        try:
            return Document(address, kind, Policy.from_json(text))
        except MalformedPolicy as error:
            self._problems.append(Problem(address, f"not an IAM policy: {error}"))
        except (ValueError, RecursionError):
            raw = value if isinstance(value, str) else ""
            self._problems.append(
                Problem(
                    address,
                    "the policy is an expression of Terraform's and stands in a plan only; "
                    "give the plan: terraform show -json PLAN"
                    if is_expression(raw) or not raw
                    else "the policy is not JSON",
                )
            )
        return None

    def _identities(self) -> dict[_Key, Identity]:
        granted, found = _Granted(), {}
        for kind in _KINDS:
            for address, body in self._json.resources(f"aws_iam_{kind}"):
                key = self._key(kind, body, self._json.name(address, body))
                found[key] = self._identity(key, address, body)
        self._attach(granted)
        self._inline(granted)
        for group, user in self._memberships():
            granted.share(group, user)
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
            for address, body in self._json.resources("aws_iam_policy_attachment"):
                for name in strings(body.get(f"{kind}s")):
                    key = self._key(kind, body, self._json.text(name))
                    yield key, address, self._text(body, "policy_arn")
            for address, body in self._json.resources(f"aws_iam_{kind}"):
                key = self._key(kind, body, self._json.name(address, body))
                for arn in strings(body.get("managed_policy_arns")):
                    yield key, address, self._json.text(arn)

    def _inline(self, granted: "_Granted") -> None:
        for kind in _KINDS:
            for address, body in self._json.resources(f"aws_iam_{kind}_policy"):
                key = self._key(kind, body, self._text(body, kind))
                granted.add(key, address, self._document(address, "inline", body.get("policy")))
            for address, body in self._json.resources(f"aws_iam_{kind}"):
                key = self._key(kind, body, self._json.name(address, body))
                for inline in dictionaries(body.get("inline_policy")):
                    if text := inline.get("policy"):
                        granted.add(key, address, self._document(address, "inline", text))

    def _memberships(self) -> Iterator[tuple[_Key, _Key]]:
        """Yield group and user of each membership."""
        for _, body in self._json.resources("aws_iam_user_group_membership"):
            user = self._key("user", body, self._text(body, "user"))
            for group in strings(body.get("groups")):
                yield self._key("group", body, self._json.text(group)), user
        for _, body in self._json.resources("aws_iam_group_membership"):
            group_key = self._key("group", body, self._text(body, "group"))
            for name in strings(body.get("users")):
                yield group_key, self._key("user", body, self._json.text(name))

    def _trusts(self, identities: Mapping[Any, Identity]) -> Iterator[ResourcePolicy]:
        for one in identities.values():
            if one.trust:
                yield ResourcePolicy(one.address, "trust", one.arn, one.account, (one.trust,))

    def _resource_policies(self) -> Iterator[ResourcePolicy]:
        for address, body in self._json.resources("aws_s3_bucket_policy"):
            bucket = self._text(body, "bucket")
            arn = f"arn:{self._json.provider(body).partition}:s3:::{bucket}"
            yield from self._resource_policy(address, "bucket", arn, body)
        for address, body in self._json.resources("aws_kms_key"):
            if body.get("policy"):
                arn = self._json.attribute(address, "arn") or "*"
                yield from self._resource_policy(address, "key", arn, body)
        for address, body in self._json.resources("aws_kms_key_policy"):
            key = self._text(body, "key_id")
            arn = key if key.startswith("arn:") else self._json.arn("kms", f"key/{key}", body)
            yield from self._resource_policy(address, "key", arn, body)
        yield from self._functions()
        known = {"aws_s3_bucket_policy", "aws_kms_key", "aws_kms_key_policy", "aws_iam_policy"}
        known |= {f"aws_iam_{kind}_policy" for kind in ("user", "role", "group")}
        for kind in sorted(self._json.content.get("resource", {})):
            for address, body in self._json.resources(kind) if kind not in known else ():
                if isinstance(body.get("policy"), str) and "Statement" in body["policy"]:
                    yield from self._resource_policy(address, "other", "*", body)

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
        conditions = [
            Condition(operator, key, (self._text(body, attribute),))
            for attribute, operator, key in (
                ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
                ("source_account", "StringEquals", "aws:SourceAccount"),
                ("source_arn", "ArnLike", "aws:SourceArn"),
                ("event_source_token", "StringEquals", "lambda:EventSourceToken"),
                ("function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
            )
            if body.get(attribute)
        ]
        qualifier = f":{self._text(body, 'qualifier')}" if body.get("qualifier") else ""
        return Statement(
            "Allow",
            sid=self._text(body, "statement_id"),
            principals=(named,),
            actions=(self._text(body, "action"),),
            resources=(f"{arn}{qualifier}",),
            conditions=tuple(conditions),
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

    def share(self, group: _Key, user: _Key) -> None:
        """Grant a user what its group has."""
        self.addresses.setdefault(user, self.addresses.get(group, ""))
        self.documents.setdefault(user, []).extend(self.documents.get(group, ()))
        self.arns.setdefault(user, []).extend(self.arns.get(group, ()))

    def given(self, key: _Key, identity: Identity) -> Identity:
        """Return ``identity`` with what it is granted."""
        return replace(
            identity,
            policies=tuple(dict.fromkeys(self.documents.get(key, ()))),
            aws_managed=(*identity.aws_managed, *dict.fromkeys(self.arns.get(key, ()))),
        )
