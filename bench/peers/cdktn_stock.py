"""What one Dot block makes, written for stock cdktn: see bench/README.md.

Runs in a folder that holds the PGP public key in base64, ``key.b64``.
"""

# Its libraries are in an environment of their own.
# mypy: disable-error-code="import-not-found"

import json
from pathlib import Path

from cdktn import (
    App,
    LocalBackend,
    TerraformOutput,
    TerraformResourceLifecycle,
    TerraformStack,
)
from cdktn_provider_aws.athena_workgroup import (
    AthenaWorkgroup,
    AthenaWorkgroupConfiguration,
    AthenaWorkgroupConfigurationEngineVersion,
    AthenaWorkgroupConfigurationResultConfiguration,
    AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration,
)
from cdktn_provider_aws.iam_access_key import IamAccessKey
from cdktn_provider_aws.iam_policy import IamPolicy
from cdktn_provider_aws.iam_user import IamUser
from cdktn_provider_aws.iam_user_policy_attachment import IamUserPolicyAttachment
from cdktn_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktn_provider_aws.s3_bucket import S3Bucket
from cdktn_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
)
from cdktn_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktn_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktn_provider_aws.s3_bucket_public_access_block import (
    S3BucketPublicAccessBlock,
)
from cdktn_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)

ACCOUNT = "111122223333"
NAME = "dot-reporting"
RESULTS = f"{NAME}-results-{ACCOUNT}"
RESULTS_LOCATION = f"s3://{RESULTS}/{NAME}/"


def compact(policy: object) -> str:
    return json.dumps(policy, separators=(",", ":"))


app = App()
stack = TerraformStack(app, NAME)
LocalBackend(stack, path="terraform.tfstate")
AwsProvider(
    stack,
    "aws",
    region="eu-central-1",
    allowed_account_ids=[ACCOUNT],
    max_retries=10,
    default_tags=[
        AwsProviderDefaultTags(tags={"owner": "data-platform", "athena-gate": "dot/reporting"})
    ],
)

policy = IamPolicy(
    stack,
    "access",
    name=NAME,
    path="/",
    description="What Dot may do in Athena.",
    policy=compact(json.loads(Path(__file__).with_name("access.json").read_text())),
)
user = IamUser(stack, "user", name=NAME, path="/", force_destroy=True)
IamUserPolicyAttachment(stack, "attach-access", user=user.name, policy_arn=policy.arn)
key = IamAccessKey(
    stack,
    "key",
    user=user.name,
    pgp_key=Path("key.b64").read_text(),
    lifecycle=TerraformResourceLifecycle(ignore_changes=["pgp_key"]),
)

bucket = S3Bucket(stack, "bucket", bucket=RESULTS, force_destroy=True)
S3BucketServerSideEncryptionConfigurationA(
    stack,
    "encryption",
    bucket=bucket.id,
    rule=[
        S3BucketServerSideEncryptionConfigurationRuleA(
            apply_server_side_encryption_by_default=(
                S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                    sse_algorithm="AES256"
                )
            ),
            bucket_key_enabled=False,
        )
    ],
)
private = S3BucketPublicAccessBlock(
    stack,
    "public_access_block",
    bucket=bucket.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)
S3BucketOwnershipControls(
    stack,
    "ownership",
    bucket=bucket.id,
    rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
)
S3BucketLifecycleConfiguration(
    stack,
    "lifecycle",
    bucket=bucket.id,
    rule=[
        S3BucketLifecycleConfigurationRule(
            id="abort-uploads",
            status="Enabled",
            filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
            abort_incomplete_multipart_upload=[
                S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                    days_after_initiation=1
                )
            ],
        ),
        S3BucketLifecycleConfigurationRule(
            id="expire",
            status="Enabled",
            filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
            expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=30)],
        ),
    ],
)
S3BucketPolicy(
    stack,
    "bucket_policy",
    bucket=bucket.id,
    policy=compact(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "DenyInsecureTransport",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": ["s3:*"],
                    "Resource": [f"arn:aws:s3:::{RESULTS}", f"arn:aws:s3:::{RESULTS}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
                }
            ],
        }
    ),
    depends_on=[private],
)

AthenaWorkgroup(
    stack,
    "workgroup",
    name=NAME,
    description="Queries of Dot",
    force_destroy=True,
    configuration=AthenaWorkgroupConfiguration(
        enforce_workgroup_configuration=True,
        publish_cloudwatch_metrics_enabled=True,
        bytes_scanned_cutoff_per_query=100 * 1024**3,
        engine_version=AthenaWorkgroupConfigurationEngineVersion(
            selected_engine_version="Athena engine version 3"
        ),
        result_configuration=AthenaWorkgroupConfigurationResultConfiguration(
            output_location=RESULTS_LOCATION,
            expected_bucket_owner=ACCOUNT,
            encryption_configuration=(
                AthenaWorkgroupConfigurationResultConfigurationEncryptionConfiguration(
                    encryption_option="SSE_S3"
                )
            ),
        ),
    ),
)

TerraformOutput(
    stack,
    "handoff",
    value={
        "region": "eu-central-1",
        "workgroup": NAME,
        "catalog": "AwsDataCatalog",
        "databases": "sales",
        "results_location": RESULTS_LOCATION,
        "access_key_id_2026-11": key.id,
    },
    description="What the vendor's form asks for; no secrets.",
)
TerraformOutput(
    stack,
    "encrypted_secret_2026-11",
    value=key.encrypted_secret,
    sensitive=True,
    description="The secret access key 2026-11, PGP message in base64.",
)
app.synth()
