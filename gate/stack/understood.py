"""What a stack may hold: whatever is not in these tables is not understood, and not proved.

The names and the kinds of their values are those of Terraform's configuration syntax and of the AWS
provider (https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs, 2026-11). The tables
hold what the constructs can make in every mode, partition and backend, no less and no more.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from athena_gate.stacks.providers import HCP_CREDENTIALS


@dataclass(frozen=True, slots=True)
class Text:
    """A plain text without a template."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference, and nothing around it, to ``to``: an attribute of a resource of the same stack,
    such as ``aws_iam_user.name``; or, where ``or_text`` is true, a plain text."""

    to: str
    or_text: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number."""


@dataclass(frozen=True, slots=True)
class Truth:
    """``true`` or ``false``."""


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A text that holds an IAM policy, in which IAM's own variables are escaped."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    of: "Shape"


@dataclass(frozen=True, slots=True)
class Names:
    """A map with any names."""

    of: "Shape"


@dataclass(frozen=True, slots=True)
class Fields:
    """A nested block, or a map whose names are known."""

    fields: Mapping[str, "Shape"]


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a resource of the same stack that is one of ``kinds``, and an ``attribute`` of
    it: what a meta-argument names without ``${``."""

    kinds: tuple[str, ...]
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression of Terraform's, matched whole by one regular expression."""

    pattern: str


Shape = (
    Text | Reference | Number | Truth | PolicyText | Items | Names | Fields | Address | Expression
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of resource: what the claim on resources of it is called (see CLAIMS), and its
    arguments."""

    claim: str
    arguments: Mapping[str, Shape]


# What is claimed of the parts of a stack beside its policies' content, in the order it is shown.
CLAIMS = {
    "resources": "it consists of what the block asks for, nothing less and nothing more",
    "providers": "made by HashiCorp's AWS provider, in the accounts named and nowhere else",
    "backend": "the state is kept where gate.hcl says",
    "outputs": "handed over: what the form asks for, and secrets only encrypted",
    "identities": "users, roles and instance profiles are the ones named",
    "keys": "access keys are their user's, encrypted to the PGP key given when they are made",
    "attachments": "policies are attached to those they are for, to nobody else",
    "policies": "every policy says what the block makes it say",
    "workgroups": "workgroups enforce what the block says",
    "alarms": "alarms watch the workgroup of the block and tell the topic it names",
    "buckets": "buckets are private, encrypted and owned as the block says",
    "functions": "functions run as their own role, from the image named, for whom they are shared",
    "catalogs": "catalogs lead to the function of the block",
    "encryption-keys": "KMS keys are made as the block says",
    "lake-formation": "Lake Formation gives what the block asks for, and nothing to pass on",
}

_TEXT, _NUMBER, _TRUTH, _POLICY = Text(), Number(), Truth(), PolicyText()
_BUCKET = Reference("aws_s3_bucket.id")
_PARAMETERS = Names(Reference("aws_kms_key.key_id", or_text=True))
_CONNECTOR = (
    "aws_lambda_function",
    "aws_serverlessapplicationrepository_cloudformation_stack",
)
# The provider of the second account of a block that has two.
_PROVIDER = Expression(r"aws\.consumer")

# https://developer.hashicorp.com/terraform/language/meta-arguments (2026-11): of these, a resource
# has only the ones in its own row.
RESOURCES: Mapping[str, Kind] = {
    "aws_athena_data_catalog": Kind(
        "catalogs",
        {
            "depends_on": Items(Address(_CONNECTOR)),
            "description": _TEXT,
            "name": _TEXT,
            "parameters": Fields({"function": _TEXT}),
            "provider": _PROVIDER,
            "type": _TEXT,
        },
    ),
    "aws_athena_workgroup": Kind(
        "workgroups",
        {
            "configuration": Fields(
                {
                    "bytes_scanned_cutoff_per_query": _NUMBER,
                    "enforce_workgroup_configuration": _TRUTH,
                    "engine_version": Fields({"selected_engine_version": _TEXT}),
                    "publish_cloudwatch_metrics_enabled": _TRUTH,
                    "result_configuration": Fields(
                        {
                            "acl_configuration": Fields({"s3_acl_option": _TEXT}),
                            "encryption_configuration": Fields(
                                {"encryption_option": _TEXT, "kms_key_arn": _TEXT}
                            ),
                            "expected_bucket_owner": _TEXT,
                            "output_location": _TEXT,
                        }
                    ),
                }
            ),
            "description": _TEXT,
            "force_destroy": _TRUTH,
            "name": _TEXT,
            "provider": _PROVIDER,
            "tags": Names(_TEXT),
        },
    ),
    "aws_cloudwatch_metric_alarm": Kind(
        "alarms",
        {
            "alarm_actions": Items(_TEXT),
            "alarm_description": _TEXT,
            "alarm_name": _TEXT,
            "comparison_operator": _TEXT,
            "dimensions": Fields({"WorkGroup": _TEXT}),
            "evaluation_periods": _NUMBER,
            "metric_name": _TEXT,
            "namespace": _TEXT,
            "period": _NUMBER,
            "statistic": _TEXT,
            "threshold": _NUMBER,
            "treat_missing_data": _TEXT,
        },
    ),
    "aws_cloudwatch_log_group": Kind("functions", {"name": _TEXT, "retention_in_days": _NUMBER}),
    "aws_iam_access_key": Kind(
        "keys",
        {
            "lifecycle": Fields({"ignore_changes": Items(Expression("pgp_key"))}),
            "pgp_key": _TEXT,
            "user": Reference("aws_iam_user.name"),
        },
    ),
    "aws_iam_instance_profile": Kind(
        "identities", {"name": _TEXT, "path": _TEXT, "role": Reference("aws_iam_role.name")}
    ),
    "aws_iam_openid_connect_provider": Kind(
        "identities", {"client_id_list": Items(_TEXT), "url": _TEXT}
    ),
    "aws_iam_policy": Kind(
        "policies",
        {
            "description": _TEXT,
            "name": _TEXT,
            "path": _TEXT,
            "policy": _POLICY,
            "provider": _PROVIDER,
        },
    ),
    "aws_iam_role": Kind(
        "identities",
        {
            "assume_role_policy": _POLICY,
            "description": _TEXT,
            "force_detach_policies": _TRUTH,
            "max_session_duration": _NUMBER,
            "name": _TEXT,
            "path": _TEXT,
            "permissions_boundary": _TEXT,
            "provider": _PROVIDER,
        },
    ),
    "aws_iam_role_policy": Kind(
        "policies",
        {
            "name": _TEXT,
            "policy": _POLICY,
            "provider": _PROVIDER,
            "role": Reference("aws_iam_role.name"),
        },
    ),
    "aws_iam_role_policy_attachment": Kind(
        "attachments",
        {
            "policy_arn": Reference("aws_iam_policy.arn", or_text=True),
            "provider": _PROVIDER,
            "role": Reference("aws_iam_role.name", or_text=True),
        },
    ),
    "aws_iam_user": Kind(
        "identities",
        {"force_destroy": _TRUTH, "name": _TEXT, "path": _TEXT, "permissions_boundary": _TEXT},
    ),
    "aws_iam_user_policy_attachment": Kind(
        "attachments",
        {
            "policy_arn": Reference("aws_iam_policy.arn", or_text=True),
            "user": Reference("aws_iam_user.name"),
        },
    ),
    "aws_kms_key": Kind(
        "encryption-keys",
        {
            "deletion_window_in_days": _NUMBER,
            "description": _TEXT,
            "enable_key_rotation": _TRUTH,
            "policy": _POLICY,
        },
    ),
    "aws_lakeformation_permissions": Kind(
        "lake-formation",
        {
            "catalog_resource": _TRUTH,
            "data_location": Fields({"arn": _TEXT}),
            "database": Fields({"name": _TEXT}),
            "depends_on": Items(Address(("aws_iam_role", "aws_iam_user"))),
            "lf_tag_policy": Fields(
                {
                    "expression": Items(Fields({"key": _TEXT, "values": Items(_TEXT)})),
                    "resource_type": _TEXT,
                }
            ),
            "permissions": Items(_TEXT),
            "principal": _TEXT,
            "table": Fields({"database_name": _TEXT, "name": _TEXT, "wildcard": _TRUTH}),
            "table_with_columns": Fields(
                {
                    "column_names": Items(_TEXT),
                    "database_name": _TEXT,
                    "excluded_column_names": Items(_TEXT),
                    "name": _TEXT,
                    "wildcard": _TRUTH,
                }
            ),
        },
    ),
    "aws_lambda_function": Kind(
        "functions",
        {
            "depends_on": Items(
                Address(("aws_cloudwatch_log_group", "aws_iam_role_policy_attachment"))
            ),
            "description": _TEXT,
            "environment": Fields({"variables": Names(_TEXT)}),
            "function_name": _TEXT,
            "image_config": Fields({"command": Items(_TEXT)}),
            "image_uri": _TEXT,
            "memory_size": _NUMBER,
            "package_type": _TEXT,
            "role": Reference("aws_iam_role.arn"),
            "timeout": _NUMBER,
            "vpc_config": Fields({"security_group_ids": Items(_TEXT), "subnet_ids": Items(_TEXT)}),
        },
    ),
    "aws_lambda_permission": Kind(
        "functions",
        {
            "action": _TEXT,
            "depends_on": Items(Address(_CONNECTOR)),
            "function_name": _TEXT,
            "lifecycle": Fields({"replace_triggered_by": Items(Address(_CONNECTOR, "id"))}),
            "principal": _TEXT,
            "principal_org_id": _TEXT,
            "statement_id": _TEXT,
        },
    ),
    "aws_s3_bucket": Kind(
        "buckets",
        {
            "bucket": _TEXT,
            "force_destroy": _TRUTH,
            "provider": _PROVIDER,
            "timeouts": Fields({"create": _TEXT}),
        },
    ),
    "aws_s3_bucket_lifecycle_configuration": Kind(
        "buckets",
        {
            "bucket": _BUCKET,
            "provider": _PROVIDER,
            "rule": Items(
                Fields(
                    {
                        "abort_incomplete_multipart_upload": Items(
                            Fields({"days_after_initiation": _NUMBER})
                        ),
                        "expiration": Items(Fields({"days": _NUMBER})),
                        "filter": Items(Fields({"prefix": _TEXT})),
                        "id": _TEXT,
                        "status": _TEXT,
                    }
                )
            ),
        },
    ),
    "aws_s3_bucket_ownership_controls": Kind(
        "buckets",
        {"bucket": _BUCKET, "provider": _PROVIDER, "rule": Fields({"object_ownership": _TEXT})},
    ),
    "aws_s3_bucket_policy": Kind(
        "policies",
        {
            "bucket": _BUCKET,
            "depends_on": Items(Address(("aws_s3_bucket_public_access_block",))),
            "policy": _POLICY,
            "provider": _PROVIDER,
        },
    ),
    "aws_s3_bucket_public_access_block": Kind(
        "buckets",
        {
            "block_public_acls": _TRUTH,
            "block_public_policy": _TRUTH,
            "bucket": _BUCKET,
            "ignore_public_acls": _TRUTH,
            "provider": _PROVIDER,
            "restrict_public_buckets": _TRUTH,
        },
    ),
    "aws_s3_bucket_server_side_encryption_configuration": Kind(
        "buckets",
        {
            "bucket": _BUCKET,
            "provider": _PROVIDER,
            "rule": Items(
                Fields(
                    {
                        "apply_server_side_encryption_by_default": Fields(
                            {
                                "kms_master_key_id": Reference("aws_kms_key.arn", or_text=True),
                                "sse_algorithm": _TEXT,
                            }
                        ),
                        "bucket_key_enabled": _TRUTH,
                    }
                )
            ),
        },
    ),
    "aws_serverlessapplicationrepository_cloudformation_stack": Kind(
        "functions",
        {
            "application_id": _TEXT,
            "capabilities": Items(_TEXT),
            "depends_on": Items(Address(("aws_cloudwatch_log_group",))),
            "lifecycle": Fields(
                {
                    "ignore_changes": Items(Expression("parameters")),
                    "replace_triggered_by": Items(Address(("terraform_data",))),
                }
            ),
            "name": _TEXT,
            "parameters": _PARAMETERS,
            "semantic_version": _TEXT,
        },
    ),
    "aws_sns_topic": Kind("alarms", {"kms_master_key_id": _TEXT, "name": _TEXT}),
    "aws_sns_topic_policy": Kind(
        "policies", {"arn": Reference("aws_sns_topic.arn"), "policy": _POLICY}
    ),
    # Terraform's own, which keeps the parameters that the application's stack was made with.
    "terraform_data": Kind("functions", {"input": _PARAMETERS}),
}

PROVIDERS: Mapping[str, Shape] = {
    "aws": Items(
        Fields(
            {
                "alias": _TEXT,
                "allowed_account_ids": Items(_TEXT),
                "assume_role": Items(Fields({"role_arn": _TEXT})),
                "default_tags": Items(Fields({"tags": Names(_TEXT)})),
                "max_retries": _NUMBER,
                "region": _TEXT,
                "shared_config_files": Items(
                    Expression(
                        rf'\$\{{var\.{HCP_CREDENTIALS}\.(default|aliases\["[A-Za-z0-9_]+"\])'
                        r"\.shared_config_file\}"
                    )
                ),
            }
        )
    )
}

TERRAFORM: Mapping[str, Shape] = {
    "backend": Fields(
        {
            "local": Fields({"path": _TEXT}),
            "s3": Fields(
                {
                    "assume_role": Fields({"role_arn": _TEXT}),
                    "bucket": _TEXT,
                    "encrypt": _TRUTH,
                    "key": _TEXT,
                    "kms_key_id": _TEXT,
                    "region": _TEXT,
                    "use_lockfile": _TRUTH,
                }
            ),
        }
    ),
    "cloud": Fields(
        {
            "hostname": _TEXT,
            "organization": _TEXT,
            "workspaces": Fields({"name": _TEXT, "project": _TEXT, "tags": Items(_TEXT)}),
        }
    ),
    "required_providers": Fields({"aws": Fields({"source": _TEXT, "version": _TEXT})}),
    "required_version": _TEXT,
}

OUTPUT = Fields(
    {
        "description": _TEXT,
        "sensitive": _TRUTH,
        "value": Reference("aws_iam_access_key.encrypted_secret"),
    }
)
HANDOFF = Fields(
    {
        "description": _TEXT,
        "value": Names(Reference("aws_iam_access_key.id", or_text=True)),
    }
)

VARIABLES: Mapping[str, Shape] = {
    HCP_CREDENTIALS: Fields(
        {
            "description": _TEXT,
            "type": Expression(
                r"object\(\{ default = object\(\{ shared_config_file = string \}\), "
                r"aliases = map\(object\(\{ shared_config_file = string \}\)\) \}\)"
            ),
        }
    )
}
