"""Access keys of an IAM user, in generations."""

from athena_gate.modules.athena.settings import Keys
from athena_gate.modules.bindings import (
    Construct,
    IamAccessKey,
    IamUser,
    TerraformResourceLifecycle,
)


def access_keys(scope: Construct, user: IamUser, keys: Keys) -> dict[str, IamAccessKey]:
    """Return an access key of ``user`` for each generation, its secret encrypted with PGP.

    A key is bound to its generation's name, so that adding or removing one leaves the other as it
    is. With ``pgp_key`` the provider keeps only the encrypted secret in the state (measured
    2026-11, provider 5.100.0). To the provider another PGP key is another access key, also the
    same one with a later expiry: what is made keeps the key it was made with, and the other is for
    the next generation.
    """
    return {
        generation: IamAccessKey(
            scope,
            f"key-{generation}",
            user=user.name,
            pgp_key=keys.public_key,
            lifecycle=TerraformResourceLifecycle(ignore_changes=["pgp_key"]),
        )
        for generation in keys.generations
    }
