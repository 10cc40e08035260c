"""What Immuta's user or role may do, and who may take the role."""

from modules.athena import statements
from modules.iam.arn import Arns
from modules.iam.policy import Policy, Principal, Statement
from modules.immuta.guide import GUIDE, values
from modules.immuta.settings import ImmutaSettings


def trust(settings: ImmutaSettings) -> Policy:
    """Return who may take the role that is made for ``instance_role``: EC2, for its instances.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2.html (2026-11).
    China has a name of its own: https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html
    (read 2016-02 in kubernetes/kubernetes#21858), confirmed by
    https://github.com/hashicorp/terraform-provider-aws/pull/47141 (2026-03). No condition: which
    instance gets the role is decided by iam:PassRole.
    """
    suffix = ".cn" if settings.account.arns.partition == "aws-cn" else ""
    return Policy(
        (
            Statement(
                "Allow",
                sid="Ec2",
                why="The instances that Immuta runs on.",
                principals=(Principal("Service", f"ec2.amazonaws.com{suffix}"),),
                actions=("sts:AssumeRole",),
            ),
        )
    )


def access(settings: ImmutaSettings) -> Policy:
    """Return what the user or role is granted."""
    if settings.grants == "documented":
        return GUIDE.documented_for(values(settings))
    return Policy(_least_privilege(settings))


def _least_privilege(settings: ImmutaSettings) -> tuple[Statement, ...]:
    arns = settings.account.arns
    # No aws:CalledVia here: Immuta's ODBC driver, whose version is unknown, can look up tables in
    # Glue and fetch results from S3 itself, and such calls don't carry it.
    direct_too = ()
    granted: tuple[Statement, ...] = (
        statements.run_queries(arns, settings.resource_name),
        named_queries(arns, settings.resource_name),
        statements.read_catalog(arns, statements.DEFAULT_CATALOG),
        statements.list_account(),
        statements.read_tables(arns, (settings.database,), direct_too),
        statements.read_default_database(arns, direct_too),
    )
    if settings.sources:
        granted += statements.read_sources(
            arns,
            [source.bucket for source in settings.sources],
            [location for source in settings.sources for location in source.locations],
            direct_too,
        )
    granted += statements.write_results(
        arns, settings.results_bucket, settings.results_path, direct_too
    )
    granted += statements.use_keys(
        arns,
        dict.fromkeys(source.kms_key for source in settings.sources if source.kms_key),
        settings.results.kms_key,
    )
    if settings.lake_formation:
        granted += (statements.lake_formation(),)
    return granted


def named_queries(arns: Arns, workgroup: str) -> Statement:
    """Return the statement that saves, reads and deletes queries in one workgroup."""
    return Statement(
        "Allow",
        sid="NamedQueries",
        why="Save and delete queries in the one workgroup, as the guide asks.",
        actions=(
            "athena:CreateNamedQuery",
            "athena:GetNamedQuery",
            "athena:BatchGetNamedQuery",
            "athena:ListNamedQueries",
            "athena:DeleteNamedQuery",
        ),
        resources=(arns.workgroup(workgroup),),
    )


def documents(settings: ImmutaSettings) -> dict[str, Policy]:
    """Return every policy that is deployed, trust policies apart, by the names of the guides."""
    return {"access": access(settings)}


def trusts(settings: ImmutaSettings) -> dict[str, Policy]:
    """Return the trust policy of the role that is made, if any, by the name of its guide."""
    made = settings.authentication == "instance_role" and settings.role_name is None
    return {"access": trust(settings)} if made else {}


def managed(settings: ImmutaSettings) -> tuple[str, ...]:
    """Return the ARNs of AWS's own policies that are attached: none."""
    del settings
    return ()


def remarks(settings: ImmutaSettings) -> tuple[str, ...]:
    """Return what a reviewer of ``settings`` should know: what is wider than need be, and what
    will not work."""
    found = []
    workgroup = settings.resource_name
    directory = f"{settings.results_bucket}/{settings.results_directory}"
    if settings.grants == "documented":
        outcome = "past this block's limits"
        found.append(
            "grants: documented opens every workgroup and the description of every table of the "
            f"account, and {directory}* also matches {directory}-old"
        )
        if settings.results.kms_key or any(source.kms_key for source in settings.sources):
            found.append("kms_key: documented grants no use of KMS keys, so reading data fails")
    else:
        outcome = "which least_privilege refuses"
    found.append(
        "workgroup: Immuta's form has no field for it, and queries that name none run in primary, "
        f"{outcome}; give Immuta the connection string argument Workgroup={workgroup}"
    )
    if settings.authentication == "instance_role":
        found.append(
            "authentication: instance_role has to be enabled by Immuta's support, and your Immuta "
            "profile needs the permission CREATE_S3_DATASOURCE_WITH_INSTANCE_ROLE"
        )
    if settings.role_name is not None:
        found.append(
            f"role_name: everything that uses the role {settings.role_name!r} gets this access, "
            "and the policies it has count towards the 10 that AWS attaches to a role"
        )
    if len(settings.sources) > 1:
        found.append(
            "source: Immuta tested data in a single bucket only; it says that several may work"
        )
    found.extend(
        f"source {source.bucket!r}: without prefixes, Immuta may read the whole bucket"
        for source in settings.sources
        if not source.prefixes
    )
    if not settings.results.create:
        found.append(
            f"results: neither Athena nor Immuta deletes results, and {settings.results_bucket!r} "
            f"keeps its own lifecycle; let it expire what lies under {settings.results_path}"
        )
    return (*found, *(settings.keys.remarks() if settings.keys else ()))
