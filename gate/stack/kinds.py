"""What a plan shows of each kind of resource beside the arguments that its stack gives.

From the schema of the AWS provider 5.100.0 and from plans of every mode (2026-11). A kind that is
not here, and an attribute that is not named here, is not understood.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Kind:
    """``computed`` are the attributes that AWS decides, with all below them: unknown until apply,
    then as they were. ``blocks`` are arguments that are nested blocks, at any depth; the JSON does
    not tell them from maps. ``defaults`` are what the provider fills in, with the value.

    ``identity`` are the attributes by which one finds the real thing, whatever its address.
    ``repeats`` are computed attributes that show what other resources of the stack have made, with
    the attributes of those: whatever else they hold was made by hand.
    """

    computed: frozenset[str]
    blocks: frozenset[str] = frozenset()
    defaults: Mapping[str, object] = field(default_factory=dict)
    identity: tuple[str, ...] = ("name",)
    repeats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _kind(computed: str, blocks: str = "", identity: str = "name", **defaults: object) -> Kind:
    known = MappingProxyType(defaults)
    named = tuple(identity.split())
    return Kind(frozenset(computed.split()), frozenset(blocks.split()), known, named)


def _repeating(repeats: Mapping[str, tuple[str, ...]], computed: str, **more: Any) -> Kind:
    return replace(_kind(computed, **more), repeats=repeats)


# What a bucket mirrors of the resources that configure it:
# https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/s3_bucket (2026-11).
_BUCKET = (
    "acceleration_status acl arn bucket_domain_name bucket_prefix bucket_regional_domain_name "
    "cors_rule grant hosted_zone_id id lifecycle_rule logging object_lock_configuration "
    "object_lock_enabled policy region replication_configuration request_payer "
    "server_side_encryption_configuration versioning website website_domain website_endpoint"
)
_ACCESS_KEY = (
    "create_date encrypted_secret encrypted_ses_smtp_password_v4 id key_fingerprint secret "
    "ses_smtp_password_v4"
)
# What it is on, of which an apply sets one, and the account by each; whoever may pass on what.
_LAKE_GRANT = (
    "data_location data_location.0.catalog_id database database.0.catalog_id id lf_tag "
    "lf_tag_policy lf_tag_policy.0.catalog_id permissions_with_grant_option table "
    "table.0.catalog_id table.0.name table_with_columns table_with_columns.0.catalog_id"
)
_FUNCTION = (
    "architectures arn code_sha256 ephemeral_storage id invoke_arn last_modified logging_config "
    "qualified_arn qualified_invoke_arn signing_job_arn signing_profile_version_arn "
    "source_code_hash source_code_size tracing_config version vpc_config.0.vpc_id"
)

KINDS: Mapping[str, Kind] = {
    "aws_athena_data_catalog": _kind("arn id"),
    "aws_athena_workgroup": _kind(
        "arn configuration.0.engine_version.0.effective_engine_version id",
        "acl_configuration configuration engine_version result_configuration "
        "encryption_configuration",
        state="ENABLED",
    ),
    "aws_cloudwatch_log_group": _kind("arn id log_group_class name_prefix"),
    "aws_cloudwatch_metric_alarm": _kind(
        "arn evaluate_low_sample_count_percentiles id",
        actions_enabled=True,
        identity="alarm_name",
    ),
    "aws_iam_access_key": _kind(_ACCESS_KEY, status="Active", identity="id"),
    "aws_iam_instance_profile": _kind("arn create_date id name_prefix unique_id"),
    "aws_iam_policy": _kind("arn attachment_count id name_prefix policy_id"),
    "aws_iam_role": _repeating(
        {"inline_policy": ("name", "policy"), "managed_policy_arns": ("policy_arn",)},
        "arn create_date id inline_policy managed_policy_arns name_prefix unique_id",
        max_session_duration=3600,
    ),
    "aws_iam_role_policy": _kind("id name_prefix", identity="role name"),
    "aws_iam_role_policy_attachment": _kind("id", identity="role policy_arn"),
    "aws_iam_user": _kind("arn id unique_id"),
    "aws_iam_user_policy_attachment": _kind("id", identity="user policy_arn"),
    "aws_kms_key": _kind(
        "arn id key_id multi_region rotation_period_in_days",
        customer_master_key_spec="SYMMETRIC_DEFAULT",
        is_enabled=True,
        key_usage="ENCRYPT_DECRYPT",
        identity="id",
    ),
    "aws_lakeformation_permissions": _kind(
        _LAKE_GRANT,
        "data_location database expression lf_tag_policy table table_with_columns",
        identity="id",
        catalog_resource=False,
    ),
    "aws_lambda_function": _kind(
        _FUNCTION,
        "environment image_config vpc_config",
        reserved_concurrent_executions=-1,
        identity="function_name",
    ),
    "aws_lambda_permission": _kind("id statement_id_prefix", identity="function_name statement_id"),
    "aws_s3_bucket": _repeating({"policy": ("policy",)}, _BUCKET, identity="bucket"),
    "aws_s3_bucket_lifecycle_configuration": _kind(
        "expected_bucket_owner id",
        "rule filter expiration abort_incomplete_multipart_upload",
        transition_default_minimum_object_size="all_storage_classes_128K",
        identity="bucket",
    ),
    "aws_s3_bucket_ownership_controls": _kind("id", "rule", identity="bucket"),
    "aws_s3_bucket_policy": _kind("id", identity="bucket"),
    "aws_s3_bucket_public_access_block": _kind("id", identity="bucket"),
    "aws_s3_bucket_server_side_encryption_configuration": _kind(
        "id", "rule apply_server_side_encryption_by_default", identity="bucket"
    ),
    "aws_serverlessapplicationrepository_cloudformation_stack": _kind("id outputs"),
    "aws_sns_topic": _repeating(
        {"policy": ("policy",)},
        "arn beginning_archive_time fifo_throughput_scope id name_prefix owner policy "
        "signature_version tracing_config",
    ),
    "aws_sns_topic_policy": _kind("id owner", identity="arn"),
    "terraform_data": _kind("id output", identity="id"),
}
# The same of a provider's configuration.
PROVIDER_BLOCKS = frozenset({"assume_role", "default_tags"})
# Policies, which the provider compares by what they mean, so that they may be laid out anew.
POLICIES = frozenset({"assume_role_policy", "policy"})
