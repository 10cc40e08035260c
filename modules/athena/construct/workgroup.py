"""An Athena workgroup with limits."""

from collections.abc import Mapping

from athena_gate.modules.athena.settings import Workgroup
from athena_gate.modules.bindings import (
    AthenaWorkgroup,
    AthenaWorkgroupConfiguration,
    AthenaWorkgroupConfigurationEngineVersion,
    AthenaWorkgroupConfigurationResultConfiguration,
    AthenaWorkgroupConfigurationResultConfigurationAclConfiguration,
    AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration,
    Construct,
    TerraformProvider,
)


def workgroup(
    scope: Construct,
    name: str,
    settings: Workgroup,
    *,
    description: str,
    results_location: str,
    account: str,
    results_owner: str | None,
    results_key: str | None,
    enforce: bool = True,
    tags: Mapping[str, str] | None = None,
    provider: TerraformProvider | None = None,
) -> AthenaWorkgroup:
    """Return a workgroup ``name``; with ``enforce`` its configuration overrides what clients ask
    for, without it they choose where results go.

    ``results_location`` is an S3 URI, ``results_owner`` the id of the account that must own its
    bucket, by default the workgroup's own ``account``, and ``results_key`` the ARN of a KMS key, or
    ``None`` for S3's own encryption.
    """
    acl = None
    if results_owner not in (None, account):
        # https://docs.aws.amazon.com/athena/latest/ug/query-results-specify-location-workgroup.html
        # (2026-11): else the owner of the bucket cannot read what lies in it.
        acl = AthenaWorkgroupConfigurationResultConfigurationAclConfiguration(
            s3_acl_option="BUCKET_OWNER_FULL_CONTROL"
        )
    if results_key:
        encryption = AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration(
            encryption_option="SSE_KMS", kms_key_arn=results_key
        )
    else:
        encryption = AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration(
            encryption_option="SSE_S3"
        )
    return AthenaWorkgroup(
        scope,
        "workgroup",
        name=name,
        description=description,
        # Query history and named queries are part of the workgroup; without this a workgroup that
        # was used cannot be destroyed.
        force_destroy=True,
        tags=dict(tags) if tags else None,
        configuration=AthenaWorkgroupConfiguration(
            enforce_workgroup_configuration=enforce,
            publish_cloudwatch_metrics_enabled=True,
            bytes_scanned_cutoff_per_query=settings.bytes_scanned_cutoff,
            engine_version=AthenaWorkgroupConfigurationEngineVersion(
                selected_engine_version=settings.engine_version
            ),
            result_configuration=AthenaWorkgroupConfigurationResultConfiguration(
                output_location=results_location,
                expected_bucket_owner=results_owner or account,
                encryption_configuration=encryption,
                acl_configuration=acl,
            ),
        ),
        provider=provider,
    )
