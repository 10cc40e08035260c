"""Ways in: how a vendor gets to act in the account. Each is a block within the vendor's block."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from athena_gate.modules.fields import (
    PERMISSION_SET,
    List,
    Settings,
    counted,
    pattern,
    unique,
    whole_arn,
)
from athena_gate.modules.findings import Wrong
from athena_gate.modules.iam.arn import PARTITIONS

# An account as a whole, by its id or its root, or one role or user of it; wildcards are no names:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
# (2026-11).
PrincipalArn = Annotated[
    str,
    pattern(
        rf"[0-9]{{12}}|arn:({PARTITIONS}):iam::[0-9]{{12}}:"
        r"(root|(role|user)/([\w+=,.@-]+/)*[\w+=,.@-]{1,64})",
        "an account's id, or the ARN of a role or user, as in "
        '"arn:aws:iam::111122223333:role/vendor"',
    ),
    AfterValidator(whole_arn),
]
OwnPrincipal = Annotated[
    str,
    pattern(
        rf"arn:({PARTITIONS}):iam::[0-9]{{12}}:(role|user)/([\w+=,.@-]+/)*[\w+=,.@-]{{1,64}}",
        'the ARN of a role or user, as in "arn:aws:iam::111122223333:role/analyst"',
        "GATE204",
    ),
    AfterValidator(whole_arn),
]
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11)
ExternalId = Annotated[
    str, pattern(r"[\w+=,.@:/-]{2,1224}", "2 to 1,224 letters, digits and _ + = , . @ : / -")
]
TokenClaim = Annotated[
    str,
    pattern(
        r"[\w.:/@+=|-]{1,255}",
        "1 to 255 letters, digits and _ . : / @ + = | -, without spaces or wildcards",
    ),
]
ProviderArn = Annotated[
    str,
    pattern(
        rf"arn:({PARTITIONS}):iam::[0-9]{{12}}:oidc-provider/[\w.:/-]{{1,255}}",
        "the ARN of an OIDC provider, as in "
        '"arn:aws:iam::111122223333:oidc-provider/token.example.com"',
        "GATE204",
    ),
]


def _attachable(value: str) -> str:
    if value.startswith(PERMISSION_SET):
        # https://docs.aws.amazon.com/singlesignon/latest/userguide/permissionsetcustom.html
        # (2026-11): its policies are those of the permission set.
        raise Wrong(
            "GATE307",
            f"{value!r} is a role of IAM Identity Center, to which nobody else attaches a policy; "
            "trust it with trusted {}, or put the policy into its permission set",
        )
    return value


RoleName = Annotated[
    str,
    pattern(
        r"[A-Za-z0-9_+=,.@-]{1,64}",
        "a role's name without path or ARN: 1 to 64 letters, digits and _ + = , . @ -",
    ),
    AfterValidator(_attachable),
]
# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ (2026-11)
KubernetesName = Annotated[
    str, pattern(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", "a name of Kubernetes, in lower case")
]
SourceArn = Annotated[
    str, pattern(rf"arn:({PARTITIONS}):[a-z0-9-]+:[a-z0-9-]*:[0-9]{{12}}:[^*?\s]+", "an ARN")
]


class AssumedBy(Settings):
    """The vendor takes a role from its own AWS account."""

    role_name: RoleName | None = Field(
        None,
        description="A role that the vendor takes already, instead of a role made here: the policy "
        "is attached. Only where the vendor's page does so.",
    )

    principals: Annotated[List[PrincipalArn], unique(), counted(0, 10)] = Field(
        (),
        description="The vendor's roles or account; may be left out where its page prints them.",
    )
    external_id: ExternalId | None = Field(
        None, description="The external id that the vendor gives you, and nobody else."
    )

    @field_validator("principals", "external_id")
    @classmethod
    def _whose_trust(cls, value: object, info: ValidationInfo) -> object:
        if value and info.data.get("role_name"):
            raise Wrong(
                "GATE301", "has no effect beside role_name, whose trust policy is yours; remove it"
            )
        return value


class WebIdentity(Settings):
    """The vendor takes a role with a token of an identity provider."""

    subject: TokenClaim | None = Field(
        None,
        description="Whom the token is about (`sub`); may be left out where the vendor's page "
        "prints it.",
    )
    organization_identifier: TokenClaim | None = Field(
        None,
        description="What the vendor puts into a token of Google's for you alone "
        "(`accounts.google.com:oaud`).",
    )
    audience: TokenClaim | None = Field(
        None, description="Whom the token is for (`aud`; with Google, its authorized party)."
    )
    provider: ProviderArn | None = Field(
        None,
        description="The identity provider that stands in IAM; one is made when it is left out. "
        "Google needs none.",
    )


class RunsOn(Settings):
    """The product runs on machines of yours."""

    on: Literal["ec2", "ecs", "eks", "eks_pod_identity"] | None = Field(
        None, description="What it runs on: a role is made that such machines take."
    )
    role_name: RoleName | None = Field(
        None,
        validate_default=True,
        description="A role that exists, instead of a role made here: the policy is attached.",
    )
    provider: ProviderArn | None = Field(
        None, validate_default=True, description="`eks`: the cluster's OIDC provider in IAM."
    )
    namespace: KubernetesName | None = Field(
        None, validate_default=True, description="`eks`: the namespace of the service account."
    )
    service_account: KubernetesName | None = Field(
        None, validate_default=True, description="`eks`: the name of the service account."
    )

    @field_validator("role_name")
    @classmethod
    def _one_role(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "on" in info.data and (value is None) == (info.data["on"] is None):
            raise Wrong(
                "GATE303", "give either on, for a role made here, or role_name, for one of yours"
            )
        return value

    @field_validator("provider", "namespace", "service_account")
    @classmethod
    def _for_a_cluster(cls, value: str | None, info: ValidationInfo) -> str | None:
        if "on" not in info.data:
            return value
        if value is None and info.data["on"] == "eks":
            raise Wrong("GATE302", 'is missing, and on = "eks" needs it')
        if value is not None and info.data["on"] != "eks":
            raise Wrong("GATE301", 'has no effect without on = "eks"; remove it')
        return value


class Service(Settings):
    """An AWS service takes the role, for resources of this account."""

    source_arns: Annotated[List[SourceArn], unique(), counted(0, 10)] = Field(
        (), description="The service's resources for which it may; by default all of the account."
    )


class Trusted(Settings):
    """Roles or users of your own take the role."""

    principals: Annotated[List[OwnPrincipal], unique(), counted(1, 20)] = Field(
        description="The ARNs of the roles and users that may take the role."
    )
    external_id: ExternalId | None = Field(
        None, description="A text that they must give as well, if any."
    )
