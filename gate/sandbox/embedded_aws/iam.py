"""The calls for IAM users that moto 5.2.5 lacks; boundaries of roles it has.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPermissionsBoundary.html,
API_AttachedPermissionsBoundary.html and API_ListServiceSpecificCredentials.html (2026-11).
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


# Without it: a user with force_destroy is never destroyed, as the provider asks for these first and
# repeats the call on moto's 500. None can exist: moto has no call that creates one.
def list_service_specific_credentials(self: IamResponse) -> ActionResult:
    self.backend.get_user(self._get_param("UserName"))
    return ActionResult({"ServiceSpecificCredentials": []})


def _set_boundary(user: User, arn: str) -> None:
    # moto answers GetUser with the attributes it finds on the user, by their API name.
    vars(user)["permissions_boundary"] = {
        "PermissionsBoundaryType": "PermissionsBoundaryPolicy",
        "PermissionsBoundaryArn": arn,
    }


def fill_gaps() -> None:
    """Give moto's IAM the calls above, for every account of this process."""
    for call in (
        create_user,
        put_user_permissions_boundary,
        delete_user_permissions_boundary,
        list_service_specific_credentials,
    ):
        setattr(IamResponse, call.__name__, call)
