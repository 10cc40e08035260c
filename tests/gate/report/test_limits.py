"""What a stack costs at most and how long it keeps what."""

import json
from pathlib import Path
from typing import Any

from athena_gate.gate.report.limits import Limits, hours, limits
from athena_gate.gate.stack.reader import read
from athena_gate.modules.athena.alarm import size

CONTENT: dict[str, Any] = {
    "provider": {
        "aws": [
            {"region": "eu-central-1", "allowed_account_ids": ["111122223333"]},
            {
                "alias": "consumer",
                "region": "eu-central-1",
                "allowed_account_ids": ["444455556666"],
            },
        ]
    },
    "resource": {
        "aws_athena_workgroup": {
            "w": {
                "name": "dot",
                "provider": "aws.consumer",
                "configuration": {
                    "bytes_scanned_cutoff_per_query": 10 * 1024**3,
                    "enforce_workgroup_configuration": True,
                    "engine_version": {"selected_engine_version": "AUTO"},
                    "result_configuration": {
                        "output_location": "s3://results/dot/",
                        "encryption_configuration": {
                            "encryption_option": "SSE_KMS",
                            "kms_key_arn": "${aws_kms_key.k.arn}",
                        },
                    },
                },
            }
        },
        "aws_s3_bucket": {"b": {"bucket": "results", "force_destroy": True}, "c": {"bucket": "c"}},
        "aws_s3_bucket_lifecycle_configuration": {
            "l": {
                "bucket": "${aws_s3_bucket.b.id}",
                "rule": [
                    {"filter": [{"prefix": "out/"}], "expiration": [{"days": 7}]},
                    {"filter": [{"prefix": ""}], "expiration": [{"days": 1}]},
                ],
            }
        },
        "aws_s3_bucket_server_side_encryption_configuration": {
            "e": {
                "bucket": "${aws_s3_bucket.b.id}",
                "rule": [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            }
        },
        "aws_s3_bucket_public_access_block": {"p": {"bucket": "${aws_s3_bucket.b.id}"}},
        "aws_s3_bucket_policy": {
            "q": {
                "bucket": "${aws_s3_bucket.b.id}",
                "policy": json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": {
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": "arn:aws:s3:::results/*",
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        },
                    }
                ),
            }
        },
        "aws_iam_user": {"u": {"name": "dot"}},
        "aws_iam_access_key": {"k": {"user": "${aws_iam_user.u.name}"}},
        "aws_iam_role": {
            "r": {
                "name": "dbt",
                "max_session_duration": 5400,
                "assume_role_policy": json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": {
                            "Effect": "Allow",
                            "Principal": {"AWS": "111122223333"},
                            "Action": "sts:AssumeRole",
                        },
                    }
                ),
            }
        },
    },
}


def test_limits_are_those_of_the_stack(tmp_path: Path) -> None:
    (tmp_path / "cdk.tf.json").write_text(json.dumps(CONTENT))
    assert limits(read(tmp_path / "cdk.tf.json"), CONTENT) == (
        Limits(
            "Athena workgroup",
            "dot",
            "444455556666",
            (
                ("A query is stopped after scanning", "10 GiB"),
                ("Engine", "AUTO"),
                ("Clients may choose other settings", "no"),
                ("Results go to", "s3://results/dot/"),
                ("Results are encrypted with", "AWS KMS, a key made here"),
            ),
        ),
        Limits(
            "Bucket",
            "results",
            "111122223333",
            (
                ("Objects are deleted after", "7 days under out/, 1 day"),
                ("Encrypted with", "S3's own keys (SSE-S3)"),
                ("Open to the public", "no, blocked"),
                ("Without TLS", "refused"),
                ("When the block is destroyed", "deleted with what it holds"),
            ),
        ),
        Limits(
            "Bucket",
            "c",
            "111122223333",
            (
                ("Objects are deleted after", "never"),
                ("Encrypted with", "nothing that is said here"),
                ("Open to the public", "not blocked here"),
                ("Without TLS", "not refused here"),
                ("When the block is destroyed", "kept until somebody empties it"),
            ),
        ),
        Limits(
            "User",
            "dot",
            "111122223333",
            (("Access keys", "1"), ("Secrets", "in the state")),
        ),
        Limits("Role", "dbt", "111122223333", (("A session ends after", "1 hour 30 minutes"),)),
    )


def test_amounts_are_in_the_largest_unit_that_fits() -> None:
    assert [size(n) for n in (10, 10 * 1024**2, 100 * 1024**3, 1536 * 1024**3, 7 * 10**18)] == [
        "10 bytes",
        "10 MiB",
        "100 GiB",
        "1.5 TiB",
        "6.072 EiB",
    ]
    assert [hours(n) for n in (900, 3600, 43200)] == ["15 minutes", "1 hour", "12 hours"]
