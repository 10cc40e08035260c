"""Whether a stack makes Lake Formation give what its block needs, and no more."""

from collections.abc import Iterable, Iterator

from athena_gate.gate.stack.model import Stack
from athena_gate.modules.iam.result import Failure, Result
from athena_gate.modules.lake_formation import LakeGrant


def proved(stack: Stack, wanted: Iterable[LakeGrant]) -> Iterator[Result]:
    """Yield whether the grants of ``stack`` are those ``wanted``, a need and a never of each
    holder; nothing where none is made and none is wanted."""
    made = {one: None for grant in stack.lake_grants for one in grant.each()}
    asked = {one: None for grant in wanted for one in grant.each()}
    for principal in dict.fromkeys(grant.principal for grant in (*asked, *made)):
        missing = [one for one in asked if one.principal == principal and one not in made]
        beyond = [one for one in made if one.principal == principal and one not in asked]
        kind, _, name = principal.split(":", 5)[-1].partition("/")
        holder = f"{kind} {name.rpartition('/')[2]}"
        yield Result(
            "need",
            "lake-formation-grants",
            "be given by Lake Formation what it reads and writes",
            holder,
            tuple(Failure(f"nothing in the stack gives {one.says}") for one in missing),
        )
        yield Result(
            "never",
            "no-other-lake-formation-grant",
            "nothing else from Lake Formation",
            holder,
            tuple(Failure(f"Lake Formation gives {one.says}") for one in beyond),
        )
