"""Fields that are of different subjects, in one block: all its claims hold."""

import json
from pathlib import Path

import pytest

from athena_gate.gate.prove import prove_grants
from athena_gate.gate.stack.reader import read_content
from athena_gate.stacks.configuration import load
from athena_gate.stacks.expected import expected_json

KEY = "arn:aws:kms:eu-central-1:{}:key/11111111-2222-3333-4444-555555555555"
ACCOUNTS = f"""
account "analytics" {{
  id              = "111122223333"
  region          = "eu-central-1"
  catalog_kms_key = "{KEY.format("111122223333")}"
}}
"""
TRUSTED = 'trusted {\n principals = ["arn:aws:iam::111122223333:role/bi"]\n}'
BLOCKS = {
    "managed results and an encrypted catalog": f"""
superset "x" {{
  account   = "analytics"
  databases = ["sales"]
  {TRUSTED}
  source "acme-lake" {{}}
  workgroup {{
    name   = "bi"
    create = false
  }}
  results {{
    managed = true
  }}
}}
""",
    "a spill key made here and a table's key of a third account": f"""
dynamodb_connector "x" {{
  owner    = "analytics"
  consumer = "analytics"
  tables   = ["orders"]
  readers  = ["arn:aws:iam::111122223333:role/bi"]
  table "orders" {{
    kms_key = "{KEY.format("222233334444")}"
  }}
  spill {{
    create_kms_key = true
  }}
}}
""",
    "an end, and an alarm that tells later too": f"""
superset "x" {{
  account   = "analytics"
  databases = ["sales"]
  until     = "2099-03-31"
  {TRUSTED}
  source "acme-lake" {{}}
  workgroup {{
    alarm {{
      bytes_per_day = 1099511627776
    }}
  }}
}}
""",
    "the same for dbt, with table buckets of S3 Tables": """
dbt "x" {
  account   = "analytics"
  mode      = "run"
  databases = ["dbt_ci"]
  until     = "2099-03-31"
  trusted   = ["arn:aws:iam::111122223333:role/ci"]
  catalog "s3tablescatalog/acme-web" {
    databases = ["web"]
  }
  catalog "s3tablescatalog/acme-hr" {
    databases      = ["hr"]
    lake_formation = true
  }
  workgroup {
    alarm {
      bytes_per_hour = 1099511627776
    }
  }
}
""",
    "what was made by hand, with keys and grants of all kinds": f"""
superset "x" {{
  account   = "analytics"
  databases = ["sales"]
  {TRUSTED}
  adopted {{
    role      = "by-hand"
    workgroup = "hand-made"
  }}
  source "their-lake" {{
    owner   = "444455556666"
    kms_key = "{KEY.format("444455556666")}"
  }}
  lake_formation {{
    table "sales.orders" {{}}
  }}
  workgroup {{
    alarm {{
      bytes_per_hour = 1099511627776
    }}
  }}
}}
""",
    "an end, places, grants of others and another account's catalog": f"""
superset "x" {{
  account   = "analytics"
  databases = ["sales"]
  until     = "2099-03-31"
  {TRUSTED}
  lake_formation {{
    grants = false
  }}
  only_from {{
    addresses = ["52.1.2.0/24"]
  }}
  catalog "partner" {{
    owner          = "999999999999"
    databases      = ["orders"]
    lake_formation = true
  }}
}}
""",
}


@pytest.mark.parametrize("what", BLOCKS)
def test_all_claims_hold(tmp_path: Path, what: str) -> None:
    file = tmp_path / "gate.hcl"
    file.write_text(ACCOUNTS + BLOCKS[what])
    configuration = load(file)
    (block,) = configuration.blocks
    content = json.loads(json.dumps(expected_json(block, configuration.backend)))
    stack = read_content(content, Path("cdk.tf.json"))
    failed = [one for one in prove_grants(stack, block).results if not one.holds]
    assert failed == []
