"""Which arguments are nested blocks and which are maps: Terraform's JSON syntax does not tell.

From the schema of the AWS provider 5.100.0 (`terraform providers schema -json`, 2026-11) and of
Terraform 1.11: https://developer.hashicorp.com/terraform/language/syntax/json (2026-11). Only what
a stack can hold is listed; anything else is refused rather than guessed.
"""

from collections.abc import Mapping

from athena_gate.gate.eject.hcl import NotEjectable

# By type of the resource (or kind of the block), with blocks within blocks alike.
BLOCKS: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "aws_athena_workgroup": "acl_configuration configuration engine_version "
        "result_configuration encryption_configuration",
        "aws_lakeformation_permissions": "data_location database expression lf_tag_policy table "
        "table_with_columns",
        "aws_lambda_function": "environment image_config vpc_config",
        "aws_s3_bucket": "timeouts",
        "aws_s3_bucket_lifecycle_configuration": "rule filter expiration "
        "abort_incomplete_multipart_upload",
        "aws_s3_bucket_ownership_controls": "rule",
        "aws_s3_bucket_server_side_encryption_configuration": "rule "
        "apply_server_side_encryption_by_default",
        "provider": "assume_role assume_role_with_web_identity default_tags ignore_tags",
        "cloud": "workspaces",
        "variable": "validation",
    }.items()
}
MAPS: Mapping[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "aws_athena_data_catalog": "parameters",
        "aws_athena_workgroup": "tags",
        "aws_cloudwatch_metric_alarm": "dimensions",
        "aws_lambda_function": "variables",
        "aws_serverlessapplicationrepository_cloudformation_stack": "parameters",
        "terraform_data": "input",
        "provider": "tags",
        # Since Terraform 1.6 nothing in a backend is a nested block.
        # https://developer.hashicorp.com/terraform/language/backend/s3 (2026-11)
        "backend": "assume_role assume_role_with_web_identity endpoints",
        "cloud": "tags",
        "output": "value",
        "variable": "default",
    }.items()
}
# Whose strings are expressions though they have no ${}.
BARE: Mapping[str, frozenset[str]] = {
    "resource": frozenset({"depends_on", "provider"}),
    "lifecycle": frozenset({"ignore_changes", "replace_triggered_by"}),
    "output": frozenset({"depends_on"}),
    "variable": frozenset({"type"}),
}
# Policies, which the provider compares by what they mean, so that they may be laid out anew.
POLICIES = frozenset({"assume_role_policy", "policy"})


def nested(kind: str, where: str, name: str, value: object) -> bool:
    """Return whether the argument ``name`` of a block of ``kind`` is a nested block.

    ``where`` names the block in errors. Raises ``NotEjectable`` for one that could be either.
    """
    items = value if isinstance(value, list) else [value]
    if not any(isinstance(item, Mapping) for item in items):
        return False
    if name in BLOCKS.get(kind, ()):
        return True
    if name in MAPS.get(kind, ()):
        return False
    raise NotEjectable(
        f"{where}: {name} is a nested block or a map, and gate eject does not know which; add it "
        "to gate/eject/schema.py"
    )
