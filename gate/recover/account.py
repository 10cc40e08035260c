"""What stands in an account under the names of a stack, and whose it is.

Only what Terraform cannot make a second time is looked for; the rest (attachments, inline policies,
the settings of a bucket) it writes anew over what is there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from botocore import exceptions as aws_errors
from botocore.config import Config

from athena_gate.gate.doctor.aws import Caller, Refused, caller
from athena_gate.gate.recover.wanted import TAG, Place, Wanted
from athena_gate.modules.iam.actions import OPERATIONS
from athena_gate.modules.iam.arn import partition_of

_PATIENT = Config(
    connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 6}
)
_GONE = {
    "404",
    "NoSuchBucket",
    "NoSuchBucketPolicy",
    "NoSuchEntity",
    "NoSuchLifecycleConfiguration",
    "NoSuchTagSet",
    "NotFoundException",
    "ResourceNotFoundException",
    "ServerSideEncryptionConfigurationNotFoundError",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A thing that stands: by what id Terraform imports it, the value of the tag of whoever made
    it, ``None`` without one, whether it is ``empty``, without anything in it or set up, and
    ``whose`` it is where that is not of this account."""

    id: str
    tag: str | None
    empty: bool = False
    whose: str = ""


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key: whose it is, when it was made and last used, in ISO 8601; empty for never."""

    id: str
    user: str
    made: str
    used: str
    active: bool


class NotAllowed(Exception):
    """AWS would not say; the message names the call and its answer, whose code is ``code``."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Account:
    """The account of ``place``, as whoever Terraform would be there."""

    place: Place
    _caller: Caller
    _clients: dict[str, Any] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def ask(self, service: str, call: str, **arguments: Any) -> Any:
        """Return the answer to a ``call`` of ``service``, ``None`` when there is no such thing.
        Raises ``NotAllowed``."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._caller.session.create_client(
                    service, region_name=self.place.region, config=_PATIENT
                )
        try:
            return getattr(self._clients[service], call)(**arguments)
        except aws_errors.ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            text = str(error.response.get("Error", {}).get("Message", ""))
            # Athena has no code of its own for it (2026-11):
            # https://docs.aws.amazon.com/athena/latest/APIReference/API_GetWorkGroup.html
            missing = code == "InvalidRequestException" and "not found" in text.lower()
            if code in _GONE or missing or "does not exist" in text:
                return None
            raise NotAllowed(
                f"{_action(service, call)} was answered with {code or 'no reason'}", code
            ) from None
        except aws_errors.BotoCoreError as error:
            raise NotAllowed(f"{service} did not answer: {error}") from None

    def still(self, service: str, call: str, **arguments: Any) -> Any:
        """Return the answer to a ``call`` of ``service`` about what was there a moment ago. Raises
        ``NotAllowed``, also when it is gone."""
        answer = self.ask(service, call, **arguments)
        if answer is None:
            raise NotAllowed(f"{', '.join(map(str, arguments.values()))} was deleted meanwhile")
        return answer

    def listed(self, call: str, field: str, **arguments: Any) -> list[Any]:
        """Return what all pages of the answer to the ``call`` of IAM, a list, have in ``field``;
        nothing when there is no such user, role or group. Raises ``NotAllowed``."""
        # A page may be short, and more to come:
        # https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUserPolicies.html (2026-11).
        found: list[Any] = []
        more: dict[str, Any] = {}
        while True:
            answer = self.ask("iam", call, **arguments, **more) or {}
            found += answer.get(field, ())
            if not answer.get("IsTruncated"):
                return found
            more = {"Marker": answer["Marker"]}

    def arn(self, service: str, resource: str, *, region: str | None = None) -> str:
        """Return the ARN of a ``resource`` of this account."""
        where = self.place.region if region is None else region
        partition = partition_of(self.place.region)
        return f"arn:{partition}:{service}:{where}:{self.place.account}:{resource}"

    def stands(self, one: Wanted) -> Standing | None:
        """Return what stands under the name of ``one``. Raises ``NotAllowed``."""
        look = _LOOKS.get(one.type)
        return look(self, {**one.arguments, TAG: one.tag}) if look else None

    def access_keys(self, user: str) -> list[AccessKey]:
        """Return the access keys of ``user``. Raises ``NotAllowed``."""
        return [
            AccessKey(
                key["AccessKeyId"],
                user,
                _when(key.get("CreateDate")),
                self._last_use(key["AccessKeyId"]),
                key["Status"] == "Active",
            )
            for key in self.listed("list_access_keys", "AccessKeyMetadata", UserName=user)
        ]

    def _last_use(self, key: str) -> str:
        answer = self.ask("iam", "get_access_key_last_used", AccessKeyId=key)
        return _when((answer or {}).get("AccessKeyLastUsed", {}).get("LastUsedDate"))


def _action(service: str, call: str) -> str:
    """Return the action that a ``call`` of botocore's for ``service`` takes."""
    operation = "".join(word.title() for word in call.split("_"))
    prefix = "tag" if service == "resourcegroupstaggingapi" else service
    return OPERATIONS.get(f"{prefix}:{operation}", f"{prefix}:{operation}")


def account(place: Place) -> Account:
    """Return the account of ``place``. Raises ``Refused`` when no credentials lead there."""
    found = caller(place.region, place.assume_role)
    if found.account != place.account:
        raise Refused(
            f"the credentials are of account {found.account}, the stack is in {place.account}",
            f"export AWS_PROFILE of a profile in {place.account}",
        )
    return Account(place, found)


def looks_for(kind: str) -> bool:
    """Return whether resources of the type ``kind`` are looked for by their names."""
    return kind in _LOOKS


def _when(date: datetime | None) -> str:
    return date.strftime("%Y-%m-%d %H:%M") if date else ""


def tag_of(tags: Any) -> str | None:
    """Return the value of the tag in ``tags``, as any of AWS's services has them."""
    pairs = (
        tags.items()
        if isinstance(tags, Mapping)
        else [
            (one.get("Key", one.get("TagKey")), one.get("Value", one.get("TagValue")))
            for one in tags or ()
        ]
    )
    return next((str(value) for name, value in pairs if name == TAG), None)


def bucket_there(account: Account, name: str) -> tuple[bool, str]:
    """Return whether there is a bucket ``name``, and whose it is where that is not ``account``'s.
    Raises ``NotAllowed``."""
    # A bucket of another account may be open to this one:
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html (2026-11).
    owner = account.place.account
    try:
        found = account.ask("s3", "head_bucket", Bucket=name, ExpectedBucketOwner=owner)
    except NotAllowed as error:
        if error.code != "403":
            raise
        return True, "another account's, or these credentials may not look at it"
    return found is not None, ""


def _bucket(account: Account, of: Mapping[str, Any]) -> Standing | None:
    name = of["bucket"]
    there, whose = bucket_there(account, name)
    if whose:
        return Standing(name, None, whose=whose)
    if not there:
        return None
    tags = account.ask("s3", "get_bucket_tagging", Bucket=name)
    tag = tag_of((tags or {}).get("TagSet"))
    return Standing(name, tag, tags is None and _is_bare(account, name))


def _is_bare(account: Account, bucket: str) -> bool:
    """Return whether ``bucket``, which has no tag at all, holds nothing and is not set up: whoever
    makes one by hand sets it up, and a run that was cut short has not come to it."""
    held = account.ask("s3", "list_object_versions", Bucket=bucket, MaxKeys=1) or {}
    if held.get("Versions") or held.get("DeleteMarkers"):
        return False
    versioning = account.ask("s3", "get_bucket_versioning", Bucket=bucket) or {}
    return not versioning.get("Status") and all(
        account.ask("s3", call, Bucket=bucket) is None
        for call in ("get_bucket_policy", "get_bucket_lifecycle_configuration")
    )


def _user(account: Account, of: Mapping[str, Any]) -> Standing | None:
    found = account.ask("iam", "get_user", UserName=of["name"])
    return Standing(of["name"], tag_of(found["User"].get("Tags"))) if found else None


def _role(account: Account, of: Mapping[str, Any]) -> Standing | None:
    found = account.ask("iam", "get_role", RoleName=of["name"])
    return Standing(of["name"], tag_of(found["Role"].get("Tags"))) if found else None


def _policy(account: Account, of: Mapping[str, Any]) -> Standing | None:
    arn = account.arn("iam", f"policy{of.get('path', '/')}{of['name']}", region="")
    found = account.ask("iam", "get_policy", PolicyArn=arn)
    return Standing(arn, tag_of(found["Policy"].get("Tags"))) if found else None


def _instance_profile(account: Account, of: Mapping[str, Any]) -> Standing | None:
    found = account.ask("iam", "get_instance_profile", InstanceProfileName=of["name"])
    return Standing(of["name"], tag_of(found["InstanceProfile"].get("Tags"))) if found else None


def _oidc_provider(account: Account, of: Mapping[str, Any]) -> Standing | None:
    arn = account.arn("iam", f"oidc-provider/{of['url'].removeprefix('https://')}", region="")
    found = account.ask("iam", "get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
    return Standing(arn, tag_of(found.get("Tags"))) if found else None


def _athena(account: Account, kind: str, name: str) -> Standing:
    arn = account.arn("athena", f"{kind}/{name}")
    tags = account.ask("athena", "list_tags_for_resource", ResourceARN=arn)
    return Standing(name, tag_of((tags or {}).get("Tags")))


def _workgroup(account: Account, of: Mapping[str, Any]) -> Standing | None:
    found = account.ask("athena", "get_work_group", WorkGroup=of["name"]) or {}
    return _athena(account, "workgroup", of["name"]) if found.get("WorkGroup") else None


def _catalog(account: Account, of: Mapping[str, Any]) -> Standing | None:
    found = account.ask("athena", "get_data_catalog", Name=of["name"]) or {}
    return _athena(account, "datacatalog", of["name"]) if found.get("DataCatalog") else None


def _log_group(account: Account, of: Mapping[str, Any]) -> Standing | None:
    name = of["name"]
    found = account.ask("logs", "describe_log_groups", logGroupNamePrefix=name) or {}
    if not any(one["logGroupName"] == name for one in found.get("logGroups", ())):
        return None
    arn = account.arn("logs", f"log-group:{name}")
    tags = account.ask("logs", "list_tags_for_resource", resourceArn=arn)
    return Standing(name, tag_of((tags or {}).get("tags")))


def _function(account: Account, of: Mapping[str, Any]) -> Standing | None:
    name = of["function_name"]
    found = account.ask("lambda", "get_function", FunctionName=name)
    return Standing(name, tag_of(found.get("Tags"))) if found else None


def _permission(account: Account, of: Mapping[str, Any]) -> Standing | None:
    name, statement = of["function_name"], of["statement_id"]
    found = account.ask("lambda", "get_policy", FunctionName=name)
    if found is None or f'"{statement}"' not in found["Policy"]:
        return None
    function = _function(account, of)
    return Standing(f"{name}/{statement}", function.tag if function else None)


def _application(account: Account, of: Mapping[str, Any]) -> Standing | None:
    name = f"serverlessrepo-{of['name']}"
    found = account.ask("cloudformation", "describe_stacks", StackName=name)
    stacks = [
        one
        for one in (found or {}).get("Stacks", ())
        if one["StackStatus"] not in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE")
    ]
    return Standing(name, tag_of(stacks[0].get("Tags"))) if stacks else None


def _kms_key(account: Account, of: Mapping[str, Any]) -> Standing | None:
    # Has no name: the tag and the description tell.
    for resource in tagged(account, of[TAG], ["kms:key"]):
        key = resource.rpartition("/")[2]
        about = account.ask("kms", "describe_key", KeyId=key) or {}
        about = about.get("KeyMetadata", {})
        if about.get("Description") == of.get("description") and about.get("Enabled"):
            return Standing(key, of[TAG])
    return None


def tagged(account: Account, tag: str, types: Sequence[str]) -> Iterator[str]:
    """Yield the ARNs of what in ``account`` is of ``types`` and has the ``tag`` of a stack. Raises
    ``NotAllowed``."""
    token = ""
    while True:
        answer = account.ask(
            "resourcegroupstaggingapi",
            "get_resources",
            TagFilters=[{"Key": TAG, "Values": [tag]}],
            ResourceTypeFilters=[*types],
            PaginationToken=token,
        )
        for one in (answer or {}).get("ResourceTagMappingList", ()):
            yield str(one["ResourceARN"])
        token = (answer or {}).get("PaginationToken", "")
        if not token:
            return


# By type of resource: what its name is looked up with, and the id it is imported by.
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs, "Import" of each (2026-11).
_LOOKS: Mapping[str, Callable[[Account, Mapping[str, Any]], Standing | None]] = {
    "aws_athena_data_catalog": _catalog,
    "aws_athena_workgroup": _workgroup,
    "aws_cloudwatch_log_group": _log_group,
    "aws_iam_instance_profile": _instance_profile,
    "aws_iam_openid_connect_provider": _oidc_provider,
    "aws_iam_policy": _policy,
    "aws_iam_role": _role,
    "aws_iam_user": _user,
    "aws_kms_key": _kms_key,
    "aws_lambda_function": _function,
    "aws_lambda_permission": _permission,
    "aws_s3_bucket": _bucket,
    "aws_serverlessapplicationrepository_cloudformation_stack": _application,
}
