"""The vendor's page as data: the policies that lie beside its profile."""

from collections.abc import Mapping

from athena_gate.modules.access.settings import Access, MetadataAccess, QueryAccess, TablesAccess
from athena_gate.modules.athena.page import page_policy
from athena_gate.modules.athena.statements import DEFAULT_CATALOG
from athena_gate.modules.iam.guide import Drop, Guide, fill
from athena_gate.modules.iam.policy import Policy, Statement

# Why a page's policy may leave out what a vendor that asks Glue itself is granted; for the others,
# Athena asks (modules/athena/beside.py).
_ASKS_GLUE = dict.fromkeys(
    (
        "glue:GetDatabase",
        "glue:GetDatabases",
        "glue:GetTable",
        "glue:GetTables",
        "glue:GetPartition",
        "glue:GetPartitions",
        "glue:BatchGetPartition",
    ),
    "The vendor looks up tables in Glue itself, with their columns, locations and partitions.",
)


def guides(block: type[Access]) -> Mapping[str, Guide]:
    """Return the vendor's page."""
    page = block.profile.page
    documented = _policy(block, "access.json", page.access)
    itself = block.profile.cls == "metadata" or "glue" in block.profile.itself
    if documented is None and page.actions:
        listed = Statement("Allow", sid="Listed", actions=page.actions, resources=("*",))
        documented = Policy((listed,))
    return {
        "access": Guide(
            vendor=block.profile.title,
            title=page.title,
            source=page.source,
            date=page.date,
            documented=documented,
            documented_trust=_policy(block, "trust.json", page.trust),
            attached=page.attached,
            drops=tuple(Drop(one.reason, one.actions) for one in block.profile.dropped),
            beside={
                **(_ASKS_GLUE if itself else {}),
                **{action: one.reason for one in block.profile.beside for action in one.actions},
            },
        )
    }


def documented(settings: Access) -> Policy:
    """Return the policy of the page, made out for ``settings``."""
    policy = guides(type(settings))["access"].documented
    assert policy is not None
    return fill(policy, values(settings))


def documented_trust(settings: Access) -> Policy:
    """Return the trust policy of the page, made out for ``settings``."""
    policy = guides(type(settings))["access"].documented_trust
    assert policy is not None
    return fill(policy, values(settings))


def _policy(block: type[Access], name: str, digest: str | None) -> Policy | None:
    if digest is None:
        return None
    return page_policy(block.folder / name, digest, block.profile.page.names)


def values(settings: Access) -> dict[str, tuple[str, ...]]:
    """Return what the placeholders of pages stand for in ``settings``."""
    account, way = settings.account, settings.assumed_by or settings.trusted
    offered = settings.profile.assumed_by
    principals = way.principals if way else ()
    token, printed = settings.web_identity, settings.profile.web_identity
    found: dict[str, tuple[str, ...]] = {
        "partition": (account.arns.partition,),
        "region": (account.region,),
        "account": (account.id,),
        "workgroup": (),
        "catalog": (DEFAULT_CATALOG,),
        "database": getattr(settings, "databases", ()),
        "source_bucket": tuple(s.bucket for s in getattr(settings, "sources", ())),
        "source_location": getattr(settings, "locations", ()),
        "results_bucket": (),
        "results_path": (),
        "results_directory": (),
        "bucket": (),
        "schema": (),
        "results_folder": (),
        "principal": principals or (offered.principals if offered else ()),
        "external_id": (way.external_id,) if way and way.external_id else (),
        "subject": _known((token.subject or printed.subject) if token and printed else None),
        "audience": _known(token.audience if token else None),
        "organization_identifier": _known(token.organization_identifier if token else None),
        "provider": (settings.provider,) if settings.provider else (),
    }
    if isinstance(settings, QueryAccess):
        found |= {
            "workgroup": (settings.workgroup_name,),
            "catalog": (settings.catalog,),
            "results_bucket": (settings.results_bucket,),
            "results_path": (settings.results_path,),
            "results_directory": (settings.results_path.removesuffix("/"),),
        }
    elif isinstance(settings, TablesAccess):
        found |= {
            "workgroup": (settings.workgroup_name,),
            "bucket": (settings.bucket,),
            "schema": (settings.schema,),
            "results_folder": (settings.results_folder or settings.schema,),
            "results_bucket": (settings.bucket,),
            "results_path": (settings.results_prefix,),
            "results_directory": (settings.results_prefix.removesuffix("/"),),
        }
    elif isinstance(settings, MetadataAccess):
        found["workgroup"] = settings.workgroups
    return found


def _known(value: str | None) -> tuple[str, ...]:
    return (value,) if value else ()
