"""What a vendor may do, and who may take its role: statements chosen by the vendor's profile."""

from typing import Any

from athena_gate.modules import until
from athena_gate.modules.access import guide
from athena_gate.modules.access.profile import GOOGLE
from athena_gate.modules.access.settings import Access, MetadataAccess, QueryAccess, TablesAccess
from athena_gate.modules.athena import grants as lake
from athena_gate.modules.athena import statements
from athena_gate.modules.athena.alarm import alarm_remarks
from athena_gate.modules.athena.catalogs import statements as catalogs
from athena_gate.modules.athena.catalogs.settings import catalog_remarks
from athena_gate.modules.athena.settings import (
    LakeFormation,
    LakeFormationWriter,
    access_points,
    shared_results,
    source_remarks,
)
from athena_gate.modules.athena.statements import CALLED_VIA_ATHENA, DEFAULT_CATALOG
from athena_gate.modules.command_line import to_run
from athena_gate.modules.findings import Remark
from athena_gate.modules.iam.arn import managed_policy
from athena_gate.modules.iam.policy import Condition, Policy, Principal, Statement
from athena_gate.modules.lake_formation import LakeGrant


def documents(settings: Access) -> dict[str, Policy]:
    """Return the policy that is deployed, by the name of its page."""
    return {"access": access(settings)}


def trusts(settings: Access) -> dict[str, Policy]:
    """Return the trust policy of the role that is made, if any."""
    return {"access": trust(settings)} if settings.makes_role else {}


def managed(settings: Access) -> tuple[str, ...]:
    """Return the ARNs of AWS's own policies that are attached, as the vendor's page has it."""
    page, partition = settings.profile.page, settings.account.arns.partition
    names = {"full_access": page.managed, "documented": page.attached}.get(settings.grants, ())
    return tuple(managed_policy(partition, name) for name in names)


def access(settings: Access) -> Policy:
    """Return what the user or role is granted."""
    # A role that is there has other rights, which a Deny would take as well.
    ends = until.ending if settings.existing_role is None else until.allowing
    return ends(_granted(settings), settings.until)


def _granted(settings: Access) -> Policy:
    if settings.grants == "documented":
        return guide.documented(settings)
    if isinstance(settings, QueryAccess):
        granted = _query(settings)
    elif isinstance(settings, TablesAccess):
        granted = _tables(settings)
    elif isinstance(settings, MetadataAccess):
        granted = _metadata(settings)
    governed = settings.lake_formation or any(one.lake_formation for one in settings.catalogs)
    if governed and settings.grants == "least_privilege":
        granted += (statements.lake_formation(),)
    if settings.restricted_to_vendor_ips:
        granted += (statements.deny_other_addresses(settings.profile.addresses),)
    if settings.only_from is not None:
        places = settings.only_from
        granted += (statements.deny_from_elsewhere(places.addresses, places.vpc_endpoints),)
    points = access_points(settings.account, getattr(settings, "sources", ()))
    return Policy(statements.through_access_points(granted, points))


def _query(settings: QueryAccess) -> tuple[Statement, ...]:
    arns, name, bundles = settings.account.arns, settings.workgroup_name, settings.profile.bundles
    if settings.grants == "full_access":
        return (
            *_buckets(settings, direct=True),
            *statements.use_catalog_key(arns, settings.account.catalog_kms_key, writes=False),
        )
    granted: tuple[Statement, ...] = (statements.run_queries(arns, name),)
    if "named_queries" in bundles:
        granted += (statements.named_queries(arns, name),)
    if "prepared_statements" in bundles:
        granted += (statements.prepared_statements(arns, name),)
    granted += (
        statements.read_catalog(arns, DEFAULT_CATALOG, *catalogs.registered(settings.catalogs)),
        statements.list_account(),
    )
    if settings.databases:
        granted += (statements.read_tables(arns, settings.databases, _unless(settings, "glue")),)
    granted += (
        *_more_of_the_catalog(settings),
        statements.read_default_database(arns, _unless(settings, "glue")),
    )
    granted += catalogs.granted(arns, settings.catalogs, _unless(settings, "glue"))
    granted += _buckets(settings)
    if settings.results.managed:
        key, catalog = settings.results.kms_key, settings.account.catalog_kms_key
        granted += statements.use_keys(arns, settings.source_keys, None)
        granted += statements.use_catalog_key(arns, catalog, writes=False)
        return (*granted, *((statements.managed_results_key(arns, name, key),) if key else ()))
    bucket, path = settings.results_bucket, settings.results_path
    if settings.fetches_results:
        granted += (statements.fetch_results(arns, bucket, path),)
    if "list_results" in bundles:
        granted += (statements.list_results(arns, bucket),)
    if "delete_results" in bundles:
        granted += (statements.delete_results(arns, bucket, path),)
    return (
        *granted,
        *statements.use_keys(arns, settings.source_keys, settings.results.kms_key),
        *statements.use_catalog_key(arns, settings.account.catalog_kms_key, writes=False),
    )


def _buckets(settings: QueryAccess, direct: bool = False) -> tuple[Statement, ...]:
    """Return the statements on sources and results; with ``direct``, not through Athena only."""
    arns, bucket, path = settings.account.arns, settings.results_bucket, settings.results_path
    through = () if direct else _unless(settings, "results")
    found: tuple[Statement, ...] = ()
    if not settings.results.managed:
        found = statements.write_results(arns, bucket, path, through)
    if bucket in settings.owners:
        found += (statements.hand_to_owner(arns, bucket, path, through),)
    if not settings.sources:
        return found
    return (
        *statements.read_sources(
            arns,
            [source.bucket for source in settings.sources],
            settings.locations,
            () if direct else _unless(settings, "sources"),
        ),
        *found,
    )


def _more_of_the_catalog(settings: QueryAccess | MetadataAccess) -> tuple[Statement, ...]:
    arns, bundles = settings.account.arns, settings.profile.bundles
    conditions = () if settings.profile.cls == "metadata" else _unless(settings, "glue")
    granted: tuple[Statement, ...] = ()
    if "table_versions" in bundles:
        granted += (statements.table_versions(arns, settings.databases, conditions),)
    if "all_databases" in bundles or settings.list_all_databases:
        granted += (statements.list_databases(arns, conditions),)
    if "search_tables" in bundles:
        granted += (statements.search_tables(arns, settings.databases, conditions),)
    return granted


def _metadata(settings: MetadataAccess) -> tuple[Statement, ...]:
    arns, bundles = settings.account.arns, settings.profile.bundles
    granted: tuple[Statement, ...] = (
        statements.describe_tables(
            arns,
            settings.databases,
            with_databases="databases" in bundles,
            with_partitions="partitions" in bundles,
        ),
        *_more_of_the_catalog(settings),
    )
    if "list_sources" in bundles and settings.sources:
        buckets = [source.bucket for source in settings.sources]
        granted += (statements.list_metadata(arns, buckets),)
    if "iceberg_metadata" in bundles and settings.sources:
        granted += (statements.read_metadata(arns, settings.locations),)
        granted += statements.use_keys(arns, settings.source_keys, None)
    if settings.workgroups:
        granted += (statements.query_history(arns, settings.workgroups),)
    key = settings.account.catalog_kms_key
    return (*granted, *statements.use_catalog_key(arns, key, writes=False))


def _tables(settings: TablesAccess) -> tuple[Statement, ...]:
    arns, workgroup = settings.account.arns, settings.workgroup_name
    granted: tuple[Statement, ...] = (
        statements.run_own_queries(arns, workgroup),
        statements.read_catalog_entries(arns, DEFAULT_CATALOG),
        statements.write_tables(arns, settings.schema),
        statements.read_default_database(arns, ()),
        *statements.write_bucket(arns, settings.bucket),
    )
    if "prepared_statements" in settings.profile.bundles:
        granted += (statements.prepared_statements(arns, workgroup),)
    if "table_versions" in settings.profile.bundles:
        granted += (statements.table_versions(arns, (settings.schema,), ()),)
    if settings.databases:
        granted += (statements.read_tables(arns, settings.databases, _unless(settings, "glue")),)
    if settings.sources:
        granted += statements.read_sources(
            arns,
            [source.bucket for source in settings.sources],
            settings.locations,
            _unless(settings, "sources"),
        )
    if settings.bucket in settings.owners:
        granted += (statements.hand_to_owner(arns, settings.bucket, "", (), "BucketOwner"),)
    return (
        *granted,
        *statements.use_keys(arns, settings.source_keys, settings.kms_key),
        *statements.use_catalog_key(arns, settings.account.catalog_kms_key, writes=True),
    )


def _unless(settings: Access, calls: Any) -> tuple[Condition, ...]:
    """Return the condition that only Athena calls, unless the vendor makes these ``calls`` itself,
    which then carry no aws:CalledVia."""
    return () if calls in settings.profile.itself else (CALLED_VIA_ATHENA,)


def grants(settings: Access) -> tuple[LakeGrant, ...]:
    """Return what Lake Formation is to grant, whoever grants it."""
    given, who = settings.lake_formation, settings.identity_arn
    if isinstance(settings, MetadataAccess) and given is not None:
        return lake.read(who, given, settings.databases, "DESCRIBE")
    if not isinstance(given, LakeFormation):
        return ()
    read = lake.read(who, given, getattr(settings, "databases", ()))
    if isinstance(settings, TablesAccess) and isinstance(given, LakeFormationWriter):
        written = lake.write(
            who,
            given,
            (settings.schema,),
            f"{settings.account.arns.bucket(settings.bucket)}/{settings.schema}",
            exists=not settings.create_bucket and settings.bucket not in settings.owners,
        )
        read = (*written, *read)
    return lake.with_default_database(who, given, read)


def trust(settings: Access) -> Policy:
    """Return who may take the role."""
    return until.allowing(_trusted(settings), settings.until)


def _trusted(settings: Access) -> Policy:
    documented = settings.grants == "documented" and settings.profile.page.trust is not None
    # A token may say more than the page compares, and what the block says of it holds.
    if documented and settings.web_identity is None:
        return guide.documented_trust(settings)
    return Policy((_trust(settings),))


def _trust(settings: Access) -> Statement:
    if settings.assumed_by is not None:
        offered = settings.profile.assumed_by
        principals = settings.assumed_by.principals or (offered.principals if offered else ())
        return Statement(
            "Allow",
            sid="Vendor",
            why="The vendor's own role or account, for this customer alone.",
            principals=tuple(Principal("AWS", one) for one in principals),
            actions=("sts:AssumeRole",),
            conditions=_external_id(settings.assumed_by.external_id),
        )
    if settings.trusted is not None:
        return Statement(
            "Allow",
            sid="NamedOnly",
            why="These may take the role, and nobody else of their accounts.",
            principals=tuple(Principal("AWS", one) for one in settings.trusted.principals),
            actions=("sts:AssumeRole",),
            conditions=_external_id(settings.trusted.external_id),
        )
    if settings.service is not None:
        return _service(settings)
    if settings.web_identity is not None:
        return _token(settings)
    return _machines(settings)


def _external_id(value: str | None) -> tuple[Condition, ...]:
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html (2026-11)
    return (Condition("StringEquals", "sts:ExternalId", (value,)),) if value else ()


def _service(settings: Access) -> Statement:
    assert settings.service is not None
    assert settings.profile.service is not None
    conditions = [Condition("StringEquals", "aws:SourceAccount", (settings.account.id,))]
    if settings.service.source_arns:
        conditions.append(Condition("ArnEquals", "aws:SourceArn", settings.service.source_arns))
    return Statement(
        "Allow",
        sid="Service",
        why="The AWS service, for resources of this account only.",
        principals=(Principal("Service", settings.profile.service.principal),),
        actions=("sts:AssumeRole",),
        conditions=tuple(conditions),
    )


def _token(settings: Access) -> Statement:
    """Return the statement that takes a token of the identity provider.

    Which claim of a token a key compares:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    (2026-11).
    """
    return Statement(
        "Allow",
        sid="Token",
        why="The vendor's own identity, with a token made out for you.",
        principals=(Principal("Federated", settings.provider or GOOGLE),),
        actions=("sts:AssumeRoleWithWebIdentity",),
        conditions=tuple(
            Condition("StringEquals", key, (value,)) for key, value in token(settings).items()
        ),
    )


def token(settings: Access) -> dict[str, str]:
    """Return what a token must say to open the role, by condition key."""
    if settings.runs_on is not None:
        namespace, account = settings.runs_on.namespace, settings.runs_on.service_account
        # https://docs.aws.amazon.com/eks/latest/userguide/associate-service-account-role.html
        # (2026-11).
        return {
            f"{settings.issuer}:aud": "sts.amazonaws.com",
            f"{settings.issuer}:sub": f"system:serviceaccount:{namespace}:{account}",
        }
    given, offered = settings.web_identity, settings.profile.web_identity
    assert given is not None
    assert offered is not None
    claims = {
        "sub": given.subject or offered.subject,
        "oaud": given.organization_identifier,
        "aud": given.audience,
    }
    return {f"{settings.issuer}:{claim}": value for claim, value in claims.items() if value}


def _machines(settings: Access) -> Statement:
    """Return the statement that lets machines of the customer's take the role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_switch-role-ec2.html,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html and
    https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html (2026-11). China has a name of
    its own for EC2: https://github.com/hashicorp/terraform-provider-aws/pull/47141 (2026-03).
    """
    assert settings.runs_on is not None
    account, arns = settings.account, settings.account.arns
    if settings.runs_on.on == "eks":
        return _token(settings)
    if settings.runs_on.on == "eks_pod_identity":
        return Statement(
            "Allow",
            sid="PodIdentity",
            why="The pods of this account's clusters that the role is associated with.",
            principals=(Principal("Service", "pods.eks.amazonaws.com"),),
            actions=("sts:AssumeRole", "sts:TagSession"),
            conditions=(Condition("StringEquals", "aws:SourceAccount", (account.id,)),),
        )
    if settings.runs_on.on == "ecs":
        tasks = f"arn:{arns.partition}:ecs:{account.region}:{account.id}:*"
        return Statement(
            "Allow",
            sid="EcsTasks",
            why="The tasks of this account that the role is given to.",
            principals=(Principal("Service", "ecs-tasks.amazonaws.com"),),
            actions=("sts:AssumeRole",),
            conditions=(
                Condition("ArnLike", "aws:SourceArn", (tasks,)),
                Condition("StringEquals", "aws:SourceAccount", (account.id,)),
            ),
        )
    suffix = ".cn" if arns.partition == "aws-cn" else ""
    return Statement(
        "Allow",
        sid="Ec2",
        why="The instances that the product runs on; iam:PassRole decides which.",
        principals=(Principal("Service", f"ec2.amazonaws.com{suffix}"),),
        actions=("sts:AssumeRole",),
    )


def remarks(settings: Access) -> tuple[Remark, ...]:
    """Return what a reviewer of ``settings`` should know: what is wider than need be, and what
    will not work."""
    vendor = settings.vendor_name
    known = {name: ", ".join(value) for name, value in guide.values(settings).items()}
    found = [
        Remark("GATE701", "to do", sentence.format_map(known)) for sentence in settings.profile.todo
    ]
    if settings.grants == "full_access":
        # Glue's starts jobs with roles that it may pass, and opens the catalog to other accounts:
        # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSGlueConsoleFullAccess.html
        # (2026-11).
        later = "; what is set up with them for other roles or accounts goes on after until"
        found.append(
            Remark(
                "GATE605",
                "grants",
                f"full_access attaches {' and '.join(settings.profile.page.managed)}, which reach "
                f"far beyond this block{later if settings.until else ''}",
            )
        )
    if isinstance(settings, QueryAccess):
        found += shared_results(settings.workgroup_name, settings.results, vendor)
    if isinstance(settings, QueryAccess) and settings.results.managed:
        found.append(
            Remark(
                "GATE730",
                "results",
                f"{vendor} must name no location of results, which Athena refuses beside managed "
                "ones; these go after 24 hours, and no query uses those of another again",
            )
        )
    if isinstance(settings, QueryAccess | TablesAccess):
        found += alarm_remarks(settings.watched)
    if settings.grants == "documented":
        found.append(
            Remark(
                "GATE702",
                "grants",
                f"documented is the policy of the vendor's page; {to_run('parity')} says what is "
                f"wider in it, and {to_run('prove')} what does not work",
            )
        )
    if settings.grants == "documented" and settings.account.catalog_kms_key:
        text = "documented grants no use of the catalog's KMS key, so that its tables are closed"
        found.append(Remark("GATE713", "grants", text))
    if (
        settings.makes_role
        and settings.assumed_by is not None
        and settings.assumed_by.external_id is None
    ):
        found.append(
            Remark(
                "GATE601",
                "assumed_by",
                f"without external_id, whoever makes {vendor} use this role's ARN reaches your "
                "data; ask for one",
            )
        )
    offered = settings.profile.web_identity
    if settings.web_identity is not None and offered is not None and settings.issuer == GOOGLE:
        if settings.web_identity.organization_identifier is None:
            found.append(
                Remark(
                    "GATE603",
                    "web_identity",
                    f"without organization_identifier, a token that {vendor} has for another "
                    "customer opens the role too",
                )
            )
        if settings.account.arns.partition == "aws-cn":
            # https://docs.amazonaws.cn/en_us/aws/latest/userguide/iam.html (2026-11)
            found.append(
                Remark(
                    "GATE709",
                    "web_identity",
                    "AWS in China does not take every web identity; whether it takes Google's was "
                    "not tested",
                )
            )
    found += lake.remarks(settings.lake_formation)
    owners = [source.owner for source in getattr(settings, "sources", ())]
    found += catalog_remarks(settings.catalogs, owners, vendor)
    if getattr(settings, "list_all_databases", False):
        found.append(
            Remark(
                "GATE615",
                "list_all_databases",
                f"with true, {vendor} sees names and descriptions of all databases of the "
                "account, as AWS's policy for SHOW DATABASES has it; without it, of those named",
            )
        )
    if settings.existing_role is not None:
        found.append(
            Remark(
                "GATE705",
                str(settings.way),
                f"everything that uses the role {settings.existing_role!r} gets this access, and "
                "the policies it has count towards the 10 that AWS attaches to a role",
            )
        )
    if settings.adopted is not None and (settings.adopted.user or settings.adopted.role):
        kind = "user" if settings.adopted.user else "role"
        also = ", nor are access keys made before" if settings.adopted.user else ""
        found.append(
            Remark(
                "GATE640",
                "adopted",
                f"what was attached to the {kind} {settings.identity_name!r} by hand is not looked "
                f"at here{also}; {to_run(f'adopt {settings.name}')} shows it",
            )
        )
    if settings.restrict_to_vendor_ips is False:
        found.append(
            Remark(
                "GATE604",
                "restrict_to_vendor_ips",
                f"with false, {vendor}'s keys work from any address on the internet",
            )
        )
    found += source_remarks(getattr(settings, "sources", ()), settings.account)
    if settings.only_from is not None:
        found += settings.only_from.remarks(vendor, settings.profile.addresses)
    elif settings.keys is not None and not settings.profile.addresses:
        others = [way for way in settings.profile.ways if way != "keys"]
        if others:
            found.append(
                Remark(
                    "GATE706",
                    "keys",
                    f"they work from anywhere until they are removed; {vendor} also offers "
                    f"{', '.join(others)}, without a secret that it keeps",
                )
            )
    if not isinstance(settings, TablesAccess | MetadataAccess):
        sources = getattr(settings, "sources", ())
        found += [
            Remark(
                "GATE703",
                "source",
                f"without prefixes, {vendor} may read the whole bucket",
                source.bucket,
            )
            for source in sources
            if not source.prefixes and settings.grants != "documented"
        ]
    if isinstance(settings, TablesAccess):
        if not settings.create_bucket:
            found.append(
                Remark(
                    "GATE704",
                    "bucket",
                    f"{vendor} may read, overwrite and delete everything in {settings.bucket!r}; "
                    "better give it a bucket that holds nothing else",
                )
            )
        if settings.workgroup is None:
            found.append(
                Remark(
                    "GATE708",
                    "workgroup",
                    "primary is shared by the whole account and its limits are not set here; "
                    f"workgroup {{}} makes one for {vendor}",
                )
            )
    keys = settings.keys.remarks() if settings.keys else ()
    return (*found, *keys, *until.remarks(settings.until))
