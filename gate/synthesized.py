"""What a synthesized stack grants: its users and roles with their policies, and the policies of
its resources, read from cdk.tf.json or from what `terraform show -json` prints of a plan.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from modules.iam.arn import partition_of
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


class NotReadable(Exception):
    """A file is not what it should be; the message says what is expected."""


@dataclass(frozen=True, slots=True)
class Document:
    """A policy and the Terraform address of the resource it stands in."""

    address: str
    kind: Literal["managed", "inline", "resource"]
    policy: Policy


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
        return Policy(tuple(s for d in self.documents for s in d.policy.statements))

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
    if not isinstance(content, dict):
        raise NotReadable(f"{file}: {_EXPECTED}")
    try:
        if "planned_values" in content or "values" in content:
            content = _from_plan(content)
        elif not {"resource", "provider", "terraform", "output"} & content.keys():
            raise NotReadable(f"{file}: {_EXPECTED}")
        return _Reader(file, content).stack()
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise NotReadable(f"{file}: {_EXPECTED} ({type(error).__name__}: {error})") from None


_EXPECTED = (
    "neither Terraform's JSON syntax nor a plan; expected what cdktf writes, or what "
    "`terraform show -json PLAN` prints"
)

# The longest policies that AWS takes are those of KMS keys, 32 KB; white space is not counted.
# https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html (2026-11)
_LONGEST = 128 * 1024

# A reference to an attribute of a resource; an escaped one is data.
_REFERENCE = re.compile(r"(?<!\$)\$\{((?:data\.)?[\w-]+\.[^${}.\s]+\.[\w.\[\]\"-]+)\}")
_TEMPLATE = re.compile(r"(?<![$%])[$%]\{[^}]*\}?")


class _Reader:
    """Reads one stack in Terraform's JSON syntax."""

    def __init__(self, file: Path, content: Mapping[str, Any]) -> None:
        self._file = file
        self._content = content
        self._problems: list[Problem] = []
        self._providers = dict(_providers(content.get("provider", {})))

    def stack(self) -> Stack:
        identities = self._identities()
        resource_policies = (*self._trusts(identities), *self._resource_policies())
        tags = [tag for provider in self._providers.values() if (tag := provider.tag)]
        metadata = self._content.get("//", {}).get("metadata", {})
        return Stack(
            name=metadata.get("stackName") or self._name_of(tags),
            file=self._file,
            block_tag=tags[0] if tags else None,
            accounts=tuple(provider.account for provider in self._providers.values()),
            regions=tuple(provider.region for provider in self._providers.values()),
            identities=tuple(identities.values()),
            resource_policies=resource_policies,
            problems=tuple(self._problems),
        )

    def _name_of(self, tags: list[str]) -> str:
        if tags:
            return tags[0].replace("/", "-").replace("_", "-")
        return self._file.parent.name if self._file.name == FILE else self._file.stem

    def _resources(self, *types: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield address and body of each resource of one of ``types``."""
        for kind in types:
            for name, body in self._content.get("resource", {}).get(kind, {}).items():
                yield f"{kind}.{name}", body

    def _provider(self, body: Mapping[str, Any]) -> "_Provider":
        key = body.get("provider", "aws")
        return self._providers.get(key, _Provider())

    def _arn(self, service: str, resource: str, body: Mapping[str, Any]) -> str:
        provider = self._provider(body)
        region = "" if service == "iam" else provider.region
        return f"arn:{provider.partition}:{service}:{region}:{provider.account}:{resource}"

    def _attribute(self, address: str, name: str) -> str | None:
        """Return an attribute of a resource, computed as AWS would; None when only AWS knows."""
        kind, _, key = address.partition(".")
        body = self._content.get("resource", {}).get(kind, {}).get(key)
        if body is None:
            return None
        match kind, name:
            case ("aws_iam_policy" | "aws_iam_role" | "aws_iam_user" | "aws_iam_group", "arn"):
                return self._arn("iam", f"{kind[8:]}{self._path(address, body)}", body)
            case ("aws_iam_policy", "id"):
                return self._attribute(address, "arn")
            case ("aws_iam_role" | "aws_iam_user" | "aws_iam_group", "id" | "name"):
                return self._name(address, body)
            case ("aws_s3_bucket", "id" | "bucket"):
                return self._name(address, body, "bucket")
            case ("aws_s3_bucket", "arn"):
                name = self._name(address, body, "bucket")
                return f"arn:{self._provider(body).partition}:s3:::{name}"
            case ("aws_kms_key", "arn"):
                # AWS makes up the id; the logical id stands for it.
                return self._arn("kms", f"key/{key}", body)
            case ("aws_kms_key", "id" | "key_id"):
                return key
            case ("aws_lambda_function", "arn"):
                name = self._name(address, body, "function_name")
                return self._arn("lambda", f"function:{name}", body)
        value = body.get(name)
        return self._text(value) if isinstance(value, str) else None

    def _name(self, address: str, body: Mapping[str, Any], attribute: str = "name") -> str:
        # Without a name Terraform makes one up.
        return self._text(body.get(attribute) or address.partition(".")[2])

    def _path(self, address: str, body: Mapping[str, Any]) -> str:
        return f"{body.get('path') or '/'}{self._name(address, body)}"

    def _text(self, value: str) -> str:
        """Return ``value`` with the references that can be resolved replaced, escapes undone."""

        def replaced(match: re.Match[str]) -> str:
            address, _, attribute = match[1].rpartition(".")
            found = self._attribute(address, attribute)
            return match[0] if found is None else found

        return _REFERENCE.sub(replaced, value).replace("$${", "${").replace("%%{", "%{")

    def _document(
        self, address: str, kind: Literal["managed", "inline", "resource"], value: object
    ) -> Document | None:
        """Return the policy in an attribute; None, with a problem noted, when it is unreadable."""
        text = self._text(value) if isinstance(value, str) else ""
        if len(text) > _LONGEST:
            problem = f"the policy has {len(text):,} characters, more than AWS takes of any kind"
            self._problems.append(Problem(address, problem))
            return None
        try:
            return Document(address, kind, Policy.from_document(json.loads(text)))
        except MalformedPolicy as error:
            self._problems.append(Problem(address, f"not an IAM policy: {error}"))
        except (ValueError, RecursionError):
            raw = value if isinstance(value, str) else ""
            self._problems.append(
                Problem(
                    address,
                    "the policy is an expression of Terraform's and stands in a plan only; "
                    "give the plan: terraform show -json PLAN"
                    if _TEMPLATE.search(raw) or not raw
                    else "the policy is not JSON",
                )
            )
        return None

    def _identities(self) -> dict[tuple[str, str, str], Identity]:
        granted = _Granted()
        attached: set[str] = set()
        documents: dict[str, Document] = {}
        managed: dict[str, tuple[str, dict[str, Any]]] = {}
        for address, body in self._resources("aws_iam_policy"):
            arn = self._attribute(address, "arn") or address
            managed[arn] = (address, body)
            if (document := self._document(address, "managed", body.get("policy"))) is not None:
                documents[arn] = document

        def grant(key: tuple[str, str, str], address: str, arn: str) -> None:
            attached.add(arn)
            if arn in managed:
                if arn in documents:
                    granted.add(key, address, documents[arn])
            else:
                granted.elsewhere(key, address, arn)

        for kind, address, account, name, body in self._attachments():
            grant((kind, account, name), address, self._text(str(body.get("policy_arn", ""))))
        for kind in ("user", "role", "group"):
            for address, body in self._resources(f"aws_iam_{kind}_policy"):
                key = (kind, self._provider(body).account, self._text(str(body.get(kind, ""))))
                if (document := self._document(address, "inline", body.get("policy"))) is not None:
                    granted.add(key, address, document)
        found: dict[tuple[str, str, str], Identity] = {}
        for kind in ("user", "role", "group"):
            for address, body in self._resources(f"aws_iam_{kind}"):
                key = (kind, self._provider(body).account, self._name(address, body))
                for inline in body.get("inline_policy") or ():
                    if document := self._document(address, "inline", inline.get("policy")):
                        granted.add(key, address, document)
                for arn in body.get("managed_policy_arns") or ():
                    grant(key, address, self._text(arn))
                found[key] = self._identity(kind, address, body)  # type: ignore[arg-type]
        for key, address in granted.addresses.items():
            kind, account, name = key
            if key not in found:
                partition = next(iter(self._providers.values()), _Provider()).partition
                arn = f"arn:{partition}:iam::{account}:{kind}/{name}"
                found[key] = Identity(address, kind, name, arn, account, here=False)  # type: ignore[arg-type]
        for group, user in self._memberships():
            granted.share(group, user)
        for arn, (address, body) in managed.items():
            if arn not in attached:
                account, name = self._provider(body).account, self._name(address, body)
                found["policy", account, name] = Identity(address, "policy", name, arn, account)
                if arn in documents:
                    granted.add(("policy", account, name), address, documents[arn])
        for address, body in self._resources(
            "aws_serverlessapplicationrepository_cloudformation_stack"
        ):
            account, name = self._provider(body).account, self._name(address, body)
            application = self._text(body.get("application_id", ""))
            found["application", account, name] = Identity(
                address, "application", name, application, account, aws_managed=(application,)
            )
        return {key: granted.given(key, identity) for key, identity in found.items()}

    def _identity(self, kind: IdentityKind, address: str, body: dict[str, Any]) -> Identity:
        account, name = self._provider(body).account, self._name(address, body)
        trust = None
        if kind == "role":
            trust = self._document(address, "resource", body.get("assume_role_policy"))
        return Identity(
            address,
            kind,
            name,
            self._attribute(address, "arn") or "",
            account,
            trust=trust,
            boundary=self._text(body.get("permissions_boundary") or "") or None,
            instance_profiles=tuple(
                self._name(place, profile)
                for place, profile in self._resources("aws_iam_instance_profile")
                if kind == "role" and self._text(str(profile.get("role", ""))) == name
            ),
            access_keys=tuple(
                place
                for place, access_key in self._resources("aws_iam_access_key")
                if kind == "user" and self._text(str(access_key.get("user", ""))) == name
            ),
        )

    def _attachments(self) -> Iterator[tuple[str, str, str, str, dict[str, Any]]]:
        """Yield kind, address, account and name of each identity that a policy is attached to,
        and the attachment."""
        for kind in ("user", "role", "group"):
            for address, body in self._resources(f"aws_iam_{kind}_policy_attachment"):
                account = self._provider(body).account
                yield kind, address, account, self._text(str(body.get(kind, ""))), body
        for address, body in self._resources("aws_iam_policy_attachment"):
            for kind in ("user", "role", "group"):
                for name in body.get(f"{kind}s") or ():
                    yield kind, address, self._provider(body).account, self._text(name), body

    def _memberships(self) -> Iterator[tuple[tuple[str, str, str], tuple[str, str, str]]]:
        for _, body in self._resources("aws_iam_user_group_membership"):
            account = self._provider(body).account
            for group in body.get("groups") or ():
                user = self._text(str(body.get("user", "")))
                yield ("group", account, self._text(group)), ("user", account, user)
        for _, body in self._resources("aws_iam_group_membership"):
            account = self._provider(body).account
            for user in body.get("users") or ():
                group = self._text(str(body.get("group", "")))
                yield ("group", account, group), ("user", account, self._text(user))

    def _trusts(self, identities: Mapping[Any, Identity]) -> Iterator[ResourcePolicy]:
        for one in identities.values():
            if one.trust:
                yield ResourcePolicy(one.address, "trust", one.arn, one.account, (one.trust,))

    def _resource_policies(self) -> Iterator[ResourcePolicy]:
        for address, body in self._resources("aws_s3_bucket_policy"):
            bucket = self._text(str(body.get("bucket", "")))
            arn = f"arn:{self._provider(body).partition}:s3:::{bucket}"
            yield from self._resource_policy(address, "bucket", arn, body)
        for address, body in self._resources("aws_kms_key"):
            if body.get("policy"):
                arn = self._attribute(address, "arn") or "*"
                yield from self._resource_policy(address, "key", arn, body)
        for address, body in self._resources("aws_kms_key_policy"):
            key = self._text(str(body.get("key_id", "")))
            arn = key if key.startswith("arn:") else self._arn("kms", f"key/{key}", body)
            yield from self._resource_policy(address, "key", arn, body)
        yield from self._functions()
        known = {"aws_s3_bucket_policy", "aws_kms_key", "aws_kms_key_policy", "aws_iam_policy"}
        known |= {f"aws_iam_{kind}_policy" for kind in ("user", "role", "group")}
        for kind in sorted(self._content.get("resource", {})):
            for address, body in self._resources(kind) if kind not in known else ():
                if isinstance(body.get("policy"), str) and "Statement" in body["policy"]:
                    yield from self._resource_policy(address, "other", "*", body)

    def _resource_policy(
        self, address: str, kind: ResourceKind, arn: str, body: Mapping[str, Any]
    ) -> Iterator[ResourcePolicy]:
        document = self._document(address, "resource", body.get("policy"))
        if document is not None:
            yield ResourcePolicy(address, kind, arn, self._provider(body).account, (document,))

    def _functions(self) -> Iterator[ResourcePolicy]:
        """Yield the policy of each function, which Lambda makes of its permissions."""
        permissions: dict[tuple[str, str], list[Document]] = {}
        for address, body in self._resources("aws_lambda_permission"):
            function = self._text(str(body.get("function_name", "")))
            arn = (
                function
                if function.startswith("arn:")
                else self._arn("lambda", f"function:{function}", body)
            )
            statement = self._permission(body, arn)
            key = (arn, self._provider(body).account)
            permissions.setdefault(key, []).append(
                Document(address, "resource", Policy((statement,)))
            )
        for (arn, account), documents in permissions.items():
            yield ResourcePolicy(documents[0].address, "function", arn, account, tuple(documents))

    def _permission(self, body: Mapping[str, Any], arn: str) -> Statement:
        """Return the statement that Lambda makes of a permission.

        https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html (2026-11).
        """
        principal = self._text(str(body.get("principal", "*")))
        if principal == "*":
            named = EVERYONE
        elif re.fullmatch(r"[0-9]{12}|arn:.*", principal):
            named = Principal("AWS", principal)
        else:
            named = Principal("Service", principal)
        conditions = [
            Condition(operator, key, (self._text(str(body[attribute])),))
            for attribute, operator, key in (
                ("principal_org_id", "StringEquals", "aws:PrincipalOrgID"),
                ("source_account", "StringEquals", "aws:SourceAccount"),
                ("source_arn", "ArnLike", "aws:SourceArn"),
                ("event_source_token", "StringEquals", "lambda:EventSourceToken"),
                ("function_url_auth_type", "StringEquals", "lambda:FunctionUrlAuthType"),
            )
            if body.get(attribute)
        ]
        qualifier = f":{self._text(str(body['qualifier']))}" if body.get("qualifier") else ""
        return Statement(
            "Allow",
            sid=str(body.get("statement_id", "")),
            principals=(named,),
            actions=(self._text(str(body.get("action", ""))),),
            resources=(f"{arn}{qualifier}",),
            conditions=tuple(conditions),
        )


@dataclass(frozen=True, slots=True)
class _Provider:
    account: str = ""
    region: str = ""
    tag: str | None = None

    @property
    def partition(self) -> str:
        return partition_of(self.region)


def _providers(part: Mapping[str, Any]) -> Iterator[tuple[str, _Provider]]:
    """Yield each AWS provider by the name that resources call it: ``aws`` or ``aws.alias``."""
    bodies = part.get("aws", [])
    for body in bodies if isinstance(bodies, list) else [bodies]:
        ids = body.get("allowed_account_ids") or [""]
        roles = [role.get("role_arn", "") for role in _list(body.get("assume_role"))]
        account = str(ids[0]) or "".join(roles[:1]).partition("::")[2].partition(":")[0]
        tags = [tags.get("tags") or {} for tags in _list(body.get("default_tags"))]
        tag = next((tags["athena-gate"] for tags in tags if "athena-gate" in tags), None)
        alias = body.get("alias")
        yield f"aws.{alias}" if alias else "aws", _Provider(account, body.get("region", ""), tag)


def _list(value: Any) -> list[dict[str, Any]]:
    return value if isinstance(value, list) else [value] if value else []


@dataclass(slots=True)
class _Granted:
    """What identities are granted, collected before it is known which of them are in the stack.

    Keys are kind, account and name of the identity.
    """

    documents: dict[tuple[str, str, str], list[Document]] = field(default_factory=dict)
    arns: dict[tuple[str, str, str], list[str]] = field(default_factory=dict)
    addresses: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def add(self, key: tuple[str, str, str], address: str, document: Document) -> None:
        self.addresses.setdefault(key, address)
        self.documents.setdefault(key, []).append(document)

    def elsewhere(self, key: tuple[str, str, str], address: str, arn: str) -> None:
        self.addresses.setdefault(key, address)
        self.arns.setdefault(key, []).append(arn)

    def share(self, group: tuple[str, str, str], user: tuple[str, str, str]) -> None:
        self.documents.setdefault(user, []).extend(self.documents.get(group, ()))
        self.arns.setdefault(user, []).extend(self.arns.get(group, ()))

    def given(self, key: tuple[str, str, str], identity: Identity) -> Identity:
        return replace(
            identity,
            policies=tuple(dict.fromkeys(self.documents.get(key, ()))),
            aws_managed=(*identity.aws_managed, *dict.fromkeys(self.arns.get(key, ()))),
        )


def _from_plan(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan, or a state, in Terraform's JSON syntax.

    https://developer.hashicorp.com/terraform/internals/json-format (2026-11). What is known only
    after apply is missing in the values; the configuration says which attribute it refers to.
    """
    values = plan.get("planned_values") or plan["values"]
    configuration = plan.get("configuration", {})
    expressions = dict(_expressions(configuration.get("root_module", {}), ""))
    resources: dict[str, dict[str, Any]] = {}
    for planned in _planned(values.get("root_module", {})):
        configured = expressions.get(planned["address"].partition("[")[0], {})
        body = {
            **{name: _reference(some) for name, some in configured.get("expressions", {}).items()},
            **_escaped({k: v for k, v in planned.get("values", {}).items() if v is not None}),
        }
        key = configured.get("provider_config_key", "aws")
        name = planned["address"].removeprefix(f"{planned['type']}.")
        resources.setdefault(planned["type"], {})[name] = {**body, "provider": key}
    providers = [
        {**_constant(provider.get("expressions", {})), "alias": provider.get("alias")}
        for provider in configuration.get("provider_config", {}).values()
        if provider.get("name") == "aws"
    ]
    return {"resource": resources, "provider": {"aws": providers}}


def _planned(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (one for one in module.get("resources", ()) if one.get("mode") == "managed")
    for child in module.get("child_modules", ()):
        yield from _planned(child)


def _expressions(module: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in module.get("resources", ()):
        yield f"{prefix}{resource['address']}", resource
    for name, call in module.get("module_calls", {}).items():
        yield from _expressions(call.get("module", {}), f"{prefix}module.{name}.")


def _reference(expression: Any) -> Any:
    """Return what an attribute refers to as Terraform writes it: ``${aws_iam_policy.x.arn}``."""
    if isinstance(expression, Mapping) and expression.get("references"):
        return f"${{{expression['references'][0]}}}"
    return _constant(expression)


def _constant(expression: Any) -> Any:
    if isinstance(expression, list):
        return [_constant(one) for one in expression]
    if not isinstance(expression, Mapping):
        return expression
    if "constant_value" in expression:
        return expression["constant_value"]
    return {name: _constant(one) for name, one in expression.items() if name != "references"}


def _escaped(value: Any) -> Any:
    """Return a value of a plan, in which nothing is a template, as Terraform's syntax has it."""
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, list):
        return [_escaped(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _escaped(one) for name, one in value.items()}
    return value
