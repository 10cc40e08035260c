"""A private, encrypted bucket."""

from athena_gate.modules.athena.settings import BUCKET_MADE_WITHIN, Results
from athena_gate.modules.athena.statements import deny_plain_http
from athena_gate.modules.bindings import (
    Construct,
    S3Bucket,
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
    S3BucketPolicy,
    S3BucketPublicAccessBlock,
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
    S3BucketTimeouts,
    TerraformProvider,
)
from athena_gate.modules.iam.policy import BUCKET_POLICY_LIMIT, Policy, Statement

# For results and spilled data: copies that nobody needs for long.
DEFAULT_EXPIRY_DAYS = 30


class PrivateBucket(Construct):
    """A bucket that is encrypted, closed to the public, without ACLs, and refuses plain HTTP."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        partition: str,
        kms_key: str | None = None,
        expire_after_days: int | None = None,
        expire_prefix: str = "",
        force_destroy: bool = False,
        adopted: bool = False,
        statements: tuple[Statement, ...] = (),
        provider: TerraformProvider | None = None,
    ) -> None:
        """Make the bucket ``name``.

        ``kms_key`` is a key's ARN, ``None`` means S3's own encryption; objects under
        ``expire_prefix`` expire after ``expire_after_days``, or never; ``force_destroy`` lets
        Terraform delete the bucket with its objects; in one that was ``adopted`` uploads never
        completed end under ``expire_prefix`` alone; ``statements`` join the bucket's policy;
        ``provider`` is the AWS provider when it is not the stack's default.
        """
        super().__init__(scope, construct_id)
        self.bucket = S3Bucket(
            self,
            "bucket",
            bucket=name,
            force_destroy=force_destroy,
            timeouts=S3BucketTimeouts(create=BUCKET_MADE_WITHIN),
            provider=provider,
        )
        # Every read of it is a call to Node.
        bucket = self.bucket.id
        default = (
            S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                sse_algorithm="aws:kms", kms_master_key_id=kms_key
            )
            if kms_key
            else S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                sse_algorithm="AES256"
            )
        )
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "encryption",
            bucket=bucket,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=default,
                    bucket_key_enabled=kms_key is not None,
                )
            ],
            provider=provider,
        )
        private = S3BucketPublicAccessBlock(
            self,
            "public_access_block",
            bucket=bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            provider=provider,
        )
        S3BucketOwnershipControls(
            self,
            "ownership",
            bucket=bucket,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
            provider=provider,
        )
        rules = [
            S3BucketLifecycleConfigurationRule(
                id="abort-uploads",
                status="Enabled",
                filter=[
                    S3BucketLifecycleConfigurationRuleFilter(
                        prefix=expire_prefix if adopted else ""
                    )
                ],
                abort_incomplete_multipart_upload=[
                    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                        days_after_initiation=1
                    )
                ],
            )
        ]
        if expire_after_days:
            rules.append(
                S3BucketLifecycleConfigurationRule(
                    id="expire",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix=expire_prefix)],
                    expiration=[
                        S3BucketLifecycleConfigurationRuleExpiration(days=expire_after_days)
                    ],
                )
            )
        S3BucketLifecycleConfiguration(
            self, "lifecycle", bucket=bucket, rule=rules, provider=provider
        )
        policy = Policy((*statements, deny_plain_http(partition, name)))
        S3BucketPolicy(
            self,
            "policy",
            bucket=bucket,
            policy=policy.terraform_json(BUCKET_POLICY_LIMIT),
            # Both write the bucket's access settings, and S3 answers 409 when they meet.
            depends_on=[private],
            provider=provider,
        )


def results_bucket(
    scope: Construct,
    results: Results,
    *,
    name: str,
    partition: str,
    kept_but: str | None = None,
    provider: TerraformProvider | None = None,
) -> None:
    """Make the bucket ``name`` that query results go to, as ``results`` says, unless it exists or
    Athena keeps them.

    With ``kept_but``, the prefix of the results, it was made by hand: what else is in it stays.
    """
    if results.create and not results.managed:
        PrivateBucket(
            scope,
            "results",
            name=name,
            partition=partition,
            kms_key=results.kms_key,
            expire_after_days=results.expire_after_days or DEFAULT_EXPIRY_DAYS,
            expire_prefix=kept_but or "",
            # Results are copies that expire anyway: a deleted block must not stay for them. What
            # else lies in a bucket that was made by hand is no copy.
            force_destroy=kept_but is None,
            adopted=kept_but is not None,
            provider=provider,
        )
