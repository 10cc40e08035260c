"""Which condition keys a request has, how many values each has, and what they look like.

Global keys: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
(2026-11), whose "Availability", "Data type" and "Value type" the rows of GLOBAL_KEYS state. Keys of
a service: its page of the Service Authorization Reference, from actions.json.
"""

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from athena_gate.modules.iam.actions import condition_keys
from athena_gate.modules.iam.patterns import matches

Kind = Literal["text", "boolean", "number", "date", "address", "arn"]

Sent = Literal[
    "every request",
    "every signed request",
    "every request of an IAM user and no other",
    "every request with temporary credentials and no other",
    "every request but those through a VPC endpoint",
    "some requests",
]


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """What AWS documents of a condition key: the ``kind`` of its values (None when that is not
    known), whether a request can have ``several`` (None likewise), and in which it is ``sent``."""

    name: str
    kind: Kind | None
    several: bool | None
    sent: Sent


GLOBAL_KEYS = (
    # Properties of the principal.
    ConditionKey("aws:PrincipalArn", "arn", False, "every signed request"),
    ConditionKey("aws:PrincipalAccount", "text", False, "every request"),
    ConditionKey("aws:PrincipalOrgPaths", "text", True, "some requests"),
    ConditionKey("aws:PrincipalOrgID", "text", False, "some requests"),
    ConditionKey("aws:PrincipalTag/*", "text", False, "some requests"),
    ConditionKey("aws:PrincipalIsAWSService", "boolean", False, "every signed request"),
    ConditionKey("aws:PrincipalServiceName", "text", False, "some requests"),
    ConditionKey("aws:PrincipalServiceNamesList", "text", True, "some requests"),
    ConditionKey("aws:PrincipalType", "text", False, "every request"),
    ConditionKey("aws:userid", "text", False, "every request"),
    ConditionKey("aws:username", "text", False, "every request of an IAM user and no other"),
    # Properties of a role session.
    ConditionKey("aws:AssumedRoot", "boolean", False, "some requests"),
    ConditionKey("aws:FederatedProvider", None, False, "some requests"),
    ConditionKey(
        "aws:TokenIssueTime",
        "date",
        False,
        "every request with temporary credentials and no other",
    ),
    ConditionKey("aws:SignInSessionArn", "arn", False, "some requests"),
    ConditionKey("aws:MultiFactorAuthAge", "number", False, "some requests"),
    ConditionKey("aws:MultiFactorAuthPresent", "boolean", False, "some requests"),
    ConditionKey("aws:ChatbotSourceArn", "arn", False, "some requests"),
    ConditionKey("aws:Ec2InstanceSourceVpc", "text", False, "some requests"),
    ConditionKey("aws:Ec2InstanceSourcePrivateIPv4", "address", False, "some requests"),
    ConditionKey("aws:SourceIdentity", "text", False, "some requests"),
    ConditionKey("ec2:RoleDelivery", "number", False, "some requests"),
    ConditionKey("ec2:SourceInstanceArn", "arn", False, "some requests"),
    ConditionKey("glue:RoleAssumedBy", "text", False, "some requests"),
    ConditionKey("glue:CredentialIssuingService", "text", False, "some requests"),
    ConditionKey("codebuild:BuildArn", "arn", False, "some requests"),
    ConditionKey("codebuild:ProjectArn", "arn", False, "some requests"),
    ConditionKey("lambda:SourceFunctionArn", "arn", False, "some requests"),
    ConditionKey("ssm:SourceInstanceArn", "arn", False, "some requests"),
    ConditionKey("identitystore:UserId", "text", False, "some requests"),
    # Properties of the network.
    ConditionKey(
        "aws:SourceIp", "address", False, "every request but those through a VPC endpoint"
    ),
    ConditionKey("aws:SourceVpc", "text", False, "some requests"),
    ConditionKey("aws:SourceVpcArn", "arn", False, "some requests"),
    ConditionKey("aws:SourceVpce", "text", False, "some requests"),
    ConditionKey("aws:VpceAccount", "text", False, "some requests"),
    ConditionKey("aws:VpceOrgID", "text", False, "some requests"),
    ConditionKey("aws:VpceOrgPaths", "text", True, "some requests"),
    ConditionKey("aws:VpcSourceIp", "address", False, "some requests"),
    # Properties of the resource. "Always included for most service actions": not for all.
    ConditionKey("aws:ResourceAccount", "text", False, "some requests"),
    ConditionKey("aws:ResourceOrgID", "text", False, "some requests"),
    ConditionKey("aws:ResourceOrgPaths", "text", True, "some requests"),
    ConditionKey("aws:ResourceTag/*", "text", False, "some requests"),
    # Properties of the request.
    ConditionKey("aws:CalledVia", "text", True, "some requests"),
    ConditionKey("aws:CalledViaFirst", "text", False, "some requests"),
    ConditionKey("aws:CalledViaLast", "text", False, "some requests"),
    ConditionKey("aws:CalledViaAWSMCP", "text", False, "some requests"),
    ConditionKey("aws:ViaAWSService", "boolean", False, "every request"),
    ConditionKey("aws:ViaAWSMCPService", "boolean", False, "some requests"),
    ConditionKey("aws:CurrentTime", "date", False, "every request"),
    ConditionKey("aws:EpochTime", "date", False, "every request"),
    ConditionKey("aws:referer", "text", False, "some requests"),
    ConditionKey("aws:RequestedRegion", "text", False, "every request"),
    ConditionKey("aws:RequestTag/*", "text", False, "some requests"),
    ConditionKey("aws:TagKeys", "text", True, "some requests"),
    ConditionKey("aws:SecureTransport", "boolean", False, "every request"),
    ConditionKey("aws:SourceAccount", "text", False, "some requests"),
    ConditionKey("aws:SourceArn", "arn", False, "some requests"),
    ConditionKey("aws:SourceOrgID", "text", False, "some requests"),
    ConditionKey("aws:SourceOrgPaths", "text", True, "some requests"),
    ConditionKey("aws:UserAgent", "text", False, "every request"),
    ConditionKey("aws:IsMcpServiceAction", "boolean", False, "some requests"),
)

_TYPES: dict[str, Kind] = {
    "String": "text",
    "Bool": "boolean",
    "Numeric": "number",
    "Date": "date",
    "IPAddress": "address",
    "ARN": "arn",
}
_BY_NAME = {key.name.lower(): key for key in GLOBAL_KEYS}


@lru_cache(maxsize=4096)
def condition_key(name: str) -> ConditionKey:
    """Return what is known of the condition key ``name``, which has no case."""
    low = name.lower()
    found = _BY_NAME.get(low) or next(
        (key for start, key in _BY_NAME.items() if start.endswith("*") and matches(start, low)),
        None,
    )
    if found is None:
        # That of a service is in no request for another, and of its own few are in all.
        described = next((kind for key, kind in _of_services().items() if matches(key, low)), None)
        kind = _TYPES[described.removeprefix("ArrayOf")] if described else None
        several = described.startswith("ArrayOf") if described else None
        found = ConditionKey(name, kind, several, "some requests")
    return found


@cache
def _of_services() -> dict[str, str]:
    """Return the type of each key that is described, by its name in lower case."""
    return {
        name.lower(): kind for kind, names in condition_keys().items() for name in names.split()
    }
