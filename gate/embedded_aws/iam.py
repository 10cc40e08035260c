"""Permissions boundaries of IAM users, which moto 5.2.5 ignores (it knows those of roles).

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html
and API_AttachedPermissionsBoundary.html beside it (2026-11).
"""

from moto.core.responses import ActionResult, EmptyResult
from moto.iam.models import User
from moto.iam.responses import IamResponse

_create_user = IamResponse.create_user


# Without it: the second plan wants to add the boundary that the first apply has already sent.
def create_user(self: IamResponse) -> ActionResult:
    result = _create_user(self)
    boundary = self._get_param("PermissionsBoundary")
    if boundary:
        _set_boundary(self.backend.get_user(self._get_param("UserName")), boundary)
    return result


# Without it: a changed boundary cannot be applied.
def put_user_permissions_boundary(self: IamResponse) -> ActionResult:
    user = self.backend.get_user(self._get_param("UserName"))
    _set_boundary(user, self._get_param("PermissionsBoundary"))
    return EmptyResult()


# Without it: a boundary cannot be taken away.
def delete_user_permissions_boundary(self: IamResponse) -> ActionResult:
    vars(self.backend.get_user(self._get_param("UserName"))).pop("permissions_boundary", None)
    return EmptyResult()


def _set_boundary(user: User, arn: str) -> None:
    # moto answers GetUser with the attributes it finds on the user, by their API name.
    vars(user)["permissions_boundary"] = {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": arn,
    }


def fill_gaps() -> None:
    """Give moto's IAM the calls above, for every account of this process."""
    for call in (create_user, put_user_permissions_boundary, delete_user_permissions_boundary):
        setattr(IamResponse, call.__name__, call)
