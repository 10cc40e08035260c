"""What was made by hand, as the vendor's page has it, and keeps its name in a block."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from athena_gate.modules.access.ways import RoleName
from athena_gate.modules.fields import Settings, WorkgroupName, pattern
from athena_gate.modules.findings import Wrong

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11)
UserName = Annotated[
    str,
    pattern(
        r"[A-Za-z0-9_+=,.@-]{1,64}",
        "a user's name without path or ARN: 1 to 64 letters, digits and _ + = , . @ -",
    ),
]
# The workgroup that every account has:
# https://docs.aws.amazon.com/athena/latest/ug/user-created-workgroups.html (2026-11).
PRIMARY = "primary"


class Adopted(Settings):
    """Names that are kept; what is not named is made, and called after the block."""

    user: UserName | None = Field(None, description="The IAM user; only with keys.")
    role: RoleName | None = Field(None, description="The IAM role that the vendor takes.")
    workgroup: WorkgroupName | None = Field(
        None, description="The workgroup; not `primary`, which is everybody's."
    )
    bucket: bool = Field(
        False,
        description="`true` when the block's bucket was made by hand: it is never emptied, and "
        "nothing but results expires in it.",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self == Adopted.model_construct():
            raise Wrong("GATE302", "names nothing; name a user, role or workgroup, or remove it")
        return self
