"""What a stack costs at most and how long it keeps what: read from the stack's JSON."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from athena_gate.gate.report.flow import WORKGROUP
from athena_gate.gate.stack.model import Stack
from athena_gate.gate.text import counted
from athena_gate.modules.athena.alarm import size

_REFERENCE = re.compile(r"\$\{(aws_\w+)\.([\w-]+)\.\w+\}")
_ENCRYPTION = {
    "AES256": "S3's own keys (SSE-S3)",
    "SSE_S3": "S3's own keys (SSE-S3)",
    "aws:kms": "AWS KMS",
    "SSE_KMS": "AWS KMS",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """A resource, the id of its account, and what limits it: pairs of a setting and its value."""

    resource: str
    name: str
    account: str
    settings: tuple[tuple[str, str], ...]


def limits(stack: Stack, content: Mapping[str, Any]) -> tuple[Limits, ...]:
    """Return the limits of the resources in ``content``, the JSON of ``stack``."""
    resources = _Resources(stack, content)
    return tuple(
        found
        for part in (
            *(_workgroups, _alarms, _buckets, _functions, _logs, _keys, _applications),
            _identities,
        )
        for found in part(resources)
    )


class _Resources:
    def __init__(self, stack: Stack, content: Mapping[str, Any]) -> None:
        self.stack = stack
        self._resources: Mapping[str, Mapping[str, Any]] = content.get("resource", {})
        providers = content.get("provider", {}).get("aws", [])
        aliases = (f"aws.{p['alias']}" if p.get("alias") else "aws" for p in providers)
        self._accounts = dict(zip(aliases, stack.accounts, strict=False))

    def of(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any], str]]:
        """Yield the logical id, the body and the account of each resource of one kind."""
        for logical_id, body in self._resources.get(kind, {}).items():
            yield logical_id, body, self._accounts.get(body.get("provider", "aws"), "")

    def at(self, address: str) -> Mapping[str, Any]:
        """Return the body of the resource at an address; empty for one from elsewhere."""
        kind, _, name = address.partition(".")
        body: Mapping[str, Any] = self._resources.get(kind, {}).get(name, {})
        return body


def _workgroups(resources: _Resources) -> Iterator[Limits]:
    for _, body, account in resources.of("aws_athena_workgroup"):
        given = body.get("configuration", {})
        results = given.get("result_configuration", {})
        encryption = results.get("encryption_configuration", {})
        enforced = given.get("enforce_workgroup_configuration")
        cutoff = given.get("bytes_scanned_cutoff_per_query")
        yield Limits(
            WORKGROUP,
            str(body.get("name")),
            account,
            (
                ("A query is stopped after scanning", size(cutoff) if cutoff else "never"),
                ("Engine", given.get("engine_version", {}).get("selected_engine_version", "AUTO")),
                ("Clients may choose other settings", "no" if enforced else "yes"),
                ("Results go to", results.get("output_location", "where the client says")),
                ("Results are encrypted with", _encrypted(encryption, "encryption_option")),
            ),
        )


def _alarms(resources: _Resources) -> Iterator[Limits]:
    for _, body, account in resources.of("aws_cloudwatch_metric_alarm"):
        workgroup = ", ".join(body.get("dimensions", {}).values())
        yield Limits(
            "Alarm",
            str(body.get("alarm_name")),
            account,
            (
                (
                    f"All queries in {workgroup} together may scan",
                    f"{size(body.get('threshold', 0))} in {hours(body.get('period', 0))}",
                ),
                (
                    "Beyond that, nothing is stopped, and told is",
                    ", ".join(body.get("alarm_actions", [])) or "nobody",
                ),
            ),
        )


def _encrypted(given: Mapping[str, Any], option: str) -> str:
    key = given.get("kms_key_arn") or given.get("kms_master_key_id")
    named = _ENCRYPTION.get(given.get(option, ""), "nothing that is said here")
    made_here = key and _REFERENCE.fullmatch(key)
    return f"{named}, {'a key made here' if made_here else key}" if key else named


def _buckets(resources: _Resources) -> Iterator[Limits]:
    with_tls = {
        policy.arn.rpartition(":::")[2]
        for policy in resources.stack.resource_policies
        for statement in policy.policy.statements
        if statement.effect == "Deny"
        and any(
            condition.key.lower() == "aws:securetransport" for condition in statement.conditions
        )
    }

    def of_bucket(kind: str, logical_id: str) -> Iterator[Mapping[str, Any]]:
        for _, body, _account in resources.of(kind):
            found = _REFERENCE.fullmatch(str(body.get("bucket")))
            if found and found[2] == logical_id:
                yield body

    for logical_id, bucket, account in resources.of("aws_s3_bucket"):
        rules = [
            rule
            for body in of_bucket("aws_s3_bucket_lifecycle_configuration", logical_id)
            for rule in body.get("rule", [])
        ]
        encryption = [
            rule.get("apply_server_side_encryption_by_default", {})
            for body in of_bucket("aws_s3_bucket_server_side_encryption_configuration", logical_id)
            for rule in body.get("rule", [])
        ]
        private = any(of_bucket("aws_s3_bucket_public_access_block", logical_id))
        name = str(bucket.get("bucket"))
        yield Limits(
            "Bucket",
            name,
            account,
            (
                ("Objects are deleted after", ", ".join(_expiries(rules)) or "never"),
                ("Encrypted with", _encrypted((encryption or [{}])[0], "sse_algorithm")),
                ("Open to the public", "no, blocked" if private else "not blocked here"),
                ("Without TLS", "refused" if name in with_tls else "not refused here"),
                (
                    "When the block is destroyed",
                    "deleted with what it holds"
                    if bucket.get("force_destroy")
                    else "kept until somebody empties it",
                ),
            ),
        )


def _expiries(rules: list[Mapping[str, Any]]) -> Iterator[str]:
    for rule in rules:
        for expiration in rule.get("expiration") or ():
            prefixes = [found.get("prefix") for found in rule.get("filter") or ()]
            under = "".join(f" under {prefix}" for prefix in prefixes if prefix)
            yield f"{counted(expiration['days'], 'day')}{under}"


def _functions(resources: _Resources) -> Iterator[Limits]:
    for _, body, account in resources.of("aws_lambda_function"):
        yield Limits(
            "Lambda function",
            str(body.get("function_name")),
            account,
            (
                ("Memory", f"{body.get('memory_size')} MB"),
                ("A call ends after", f"{body.get('timeout')} seconds"),
                ("Image", str(body.get("image_uri"))),
            ),
        )


def _logs(resources: _Resources) -> Iterator[Limits]:
    for _, body, account in resources.of("aws_cloudwatch_log_group"):
        kept = body.get("retention_in_days")
        yield Limits(
            "Log group",
            str(body.get("name")),
            account,
            (("Logs are deleted after", counted(kept, "day") if kept else "never"),),
        )


def _keys(resources: _Resources) -> Iterator[Limits]:
    for _, body, account in resources.of("aws_kms_key"):
        yield Limits(
            "KMS key",
            str(body.get("description")),
            account,
            (
                ("Rotated by AWS", "every year" if body.get("enable_key_rotation") else "no"),
                (
                    "Deleted after its block",
                    counted(body.get("deletion_window_in_days") or 30, "day"),
                ),
            ),
        )


def _applications(resources: _Resources) -> Iterator[Limits]:
    kind = "aws_serverlessapplicationrepository_cloudformation_stack"
    for _, body, account in resources.of(kind):
        parameters = body.get("parameters", {})
        yield Limits(
            "Serverless application",
            str(body.get("application_id")),
            account,
            (
                ("Version", str(body.get("semantic_version"))),
                ("Memory", f"{parameters.get('LambdaMemory')} MB"),
                ("A call ends after", f"{parameters.get('LambdaTimeout')} seconds"),
            ),
        )


def _identities(resources: _Resources) -> Iterator[Limits]:
    for identity in resources.stack.identities:
        settings = []
        if identity.access_keys:
            hidden = all(resources.at(address).get("pgp_key") for address in identity.access_keys)
            secret = "encrypted to a PGP key before it is stored" if hidden else "in the state"
            settings += [("Access keys", str(len(identity.access_keys))), ("Secrets", secret)]
        if identity.kind == "role" and identity.here:
            longest = resources.at(identity.address).get("max_session_duration") or 3600
            settings.append(("A session ends after", hours(longest)))
        if identity.boundary:
            settings.append(("Permissions boundary", identity.boundary))
        if settings:
            yield Limits(
                identity.kind.capitalize(), identity.name, identity.account, tuple(settings)
            )


def hours(seconds: int) -> str:
    """Return a number of seconds as hours and minutes."""
    parts = [(seconds // 3600, "hour"), (seconds % 3600 // 60, "minute")]
    return " ".join(counted(n, unit) for n, unit in parts if n)
