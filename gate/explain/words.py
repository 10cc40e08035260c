"""Actions, resources, conditions and principals of policies in plain words."""

import re
from collections.abc import Iterable, Sequence

from athena_gate.modules.iam.conditions import UnknownOperator, parsed_operator
from athena_gate.modules.iam.policy import Condition, Principal

# What an action does, where the first word of its name does not say it.
_DOES = {
    "athena:StartQueryExecution": "run queries",
    "athena:StopQueryExecution": "stop queries",
    "athena:GetQueryExecution": "watch queries",
    "athena:BatchGetQueryExecution": "watch queries",
    "athena:ListQueryExecutions": "list queries",
    "athena:GetQueryResults": "read results",
    "athena:GetQueryResultsStream": "read results",
    "athena:GetWorkGroup": "read settings",
    "athena:StartSession": "run Spark",
    "kms:Decrypt": "decrypt with",
    "kms:Encrypt": "encrypt with",
    "kms:GenerateDataKey": "encrypt with",
    "lakeformation:GetDataAccess": "read data that Lake Formation governs",
    "lambda:InvokeFunction": "call",
    "dynamodb:PartiQLSelect": "read",
    "dynamodb:Query": "read",
    "dynamodb:Scan": "read",
    "logs:PutLogEvents": "write",
    "s3:GetBucketLocation": "locate",
    "s3:AbortMultipartUpload": "abort uploads to",
    "s3:ListMultipartUploadParts": "list uploads to",
    "s3:ListBucketMultipartUploads": "list uploads to",
    "sns:Publish": "tell",
    "sts:AssumeRole": "take",
    "sts:AssumeRoleWithWebIdentity": "take",
    "sts:TagSession": "tag sessions of",
}
_VERBS = {
    "Get": "read",
    "Describe": "read",
    "Head": "read",
    "List": "list",
    "Put": "write",
    "Create": "create",
    "Update": "change",
    "Delete": "delete",
    "Start": "start",
    "Stop": "stop",
}
_FIRST = (
    "run queries",
    "watch queries",
    "stop queries",
    "list queries",
    "read results",
    "call",
    "take",
    "locate",
    "list",
    "read",
    "write",
    "create",
    "change",
    "delete",
    "decrypt with",
    "encrypt with",
)
_WHEN = {
    "DateEquals": "at {}",
    "DateNotEquals": "at any time but {}",
    "DateLessThan": "before {}",
    "DateLessThanEquals": "until {}",
    "DateGreaterThan": "after {}",
    "DateGreaterThanEquals": "from {} on",
}
SERVICES = {
    "athena": "Athena",
    "dynamodb": "DynamoDB",
    "glue": "Glue",
    "iam": "IAM",
    "kms": "KMS",
    "lakeformation": "Lake Formation",
    "lambda": "Lambda",
    "logs": "CloudWatch Logs",
    "s3": "S3",
    "s3tables": "S3 Tables",
    "sns": "SNS",
    "sts": "STS",
}


def verb(action: str) -> str:
    """Return what ``action``, a value of an Action element, does: ``read`` for s3:GetObject."""
    if action in _DOES:
        return _DOES[action]
    service, _, name = action.partition(":")
    if not name or name == "*":
        place = f" in {SERVICES.get(service, service)}" if name else ""
        return f"do everything{place}"
    found = re.match(r"(?:Batch)?([A-Z][a-z]+)", name)
    if found and found[1] in _VERBS and "*" not in name:
        return _VERBS[found[1]]
    return action if "*" in name or not found else found[1].lower()


def verbs(actions: Iterable[str]) -> str:
    """Return what ``actions`` do, each once: ``read, list and write``."""
    found = dict.fromkeys(verb(action) for action in actions)
    return joined(sorted(found, key=lambda one: _FIRST.index(one) if one in _FIRST else 99))


def lists(actions: Iterable[str]) -> str:
    """Return what actions that take no resource list: ``list data catalogs and workgroups``; an
    empty text when one of them does something else."""
    names = []
    for action in actions:
        name = action.partition(":")[2]
        if not name.startswith("List") or "*" in name:
            return ""
        name = name.removeprefix("List").replace("WorkGroup", "Workgroup")
        names.append(re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower())
    return f"list {joined(names)}"


def joined(parts: Iterable[str], last: str = "and") -> str:
    """Return ``a, b and c``."""
    *first, final = [*parts] or [""]
    return f"{', '.join(first)} {last} {final}" if first else final


def resource(pattern: str, account: str = "") -> str:
    """Return what ``pattern``, a value of a Resource element, matches: ``objects of acme-lake
    under sales/``; with the account where it is another than ``account``."""
    if pattern == "*":
        return "everything"
    parts = pattern.split(":", 5)
    if len(parts) < 6:
        return pattern
    _, _, service, region, owner, name = parts
    kind, _, rest = name.partition("/" if "/" in name else ":")
    elsewhere = f" in account {owner}" if owner and owner != account and owner != "*" else ""
    everywhere = " in every region" if region == "*" else ""
    return f"{_named(service, kind, rest, name)}{everywhere}{elsewhere}"


def _named(service: str, kind: str, rest: str, name: str) -> str:
    match service, kind:
        case "s3", "accesspoint":
            point, through, key = rest.partition("/object/")
            under = f" under {key[:-1]}" if key not in ("", "*") else ""
            return f"{'objects of ' * bool(through)}access point {point}{under}"
        case "s3", _ if "/" not in name:
            return f"bucket {name}" if name != "*" else "every bucket and object"
        case "s3", _:
            bucket, _, key = name.partition("/")
            return f"objects of {bucket}" + (f" under {key[:-1]}" if key != "*" else "")
        case "glue", "catalog":
            return f"the Glue catalog {rest}".rstrip()
        case "glue", "database" if "/" in rest:
            return f"database {_nested(rest)}"
        case "glue", "table":
            database, _, table = rest.rpartition("/")
            if "/" in database:
                what = "tables of" if table == "*" else f"table {table} of"
                return f"{what} {_nested(database)}"
            return f"tables of {database}" if table == "*" else f"table {database}.{table}"
        case "s3tables", "bucket":
            bucket, _, table = rest.partition("/")
            return f"tables of table bucket {bucket}" if table else f"table bucket {bucket}"
        case "glue", "userDefinedFunction":
            return f"functions of {rest.partition('/')[0]}"
        case "dynamodb", "table" if rest.endswith("/index/*"):
            return f"indexes of table {rest.removesuffix('/index/*')}"
        case "logs", _ if name.startswith("log-group:"):
            return f"log group {name.removeprefix('log-group:').removesuffix(':*')}"
        case "kms", "key":
            return "every KMS key" if rest == "*" else f"KMS key {rest}"
    kinds = {"datacatalog": "data catalog"}
    if rest == "*":
        return f"every {kinds.get(kind, kind)}"
    return f"{kinds.get(kind, kind)} {rest}" if rest else name


def _nested(database: str) -> str:
    """Return ``web of the catalog s3tablescatalog/lake`` for s3tablescatalog/lake/web."""
    catalog, _, name = database.rpartition("/")
    return f"{name} of the catalog {catalog}"


def condition(one: Condition) -> str:
    """Return ``one`` in words, to follow a description of a request: ``through Athena only``."""
    values = joined(one.values, "or")
    try:
        quantifier, operator, if_exists = parsed_operator(one.operator)
    except UnknownOperator:
        return f"where {one.key} {one.operator} {values}"
    negative = "Not" in operator
    match one.key.lower(), negative:
        case "aws:calledvia", False:
            return f"only through {joined(map(_service, one.values), 'or')}"
        case "kms:viaservice", False:
            return f"only through {joined(map(_service, one.values), 'or')}"
        case "aws:viaawsservice", False:
            return "made by the caller itself" if values == "false" else "made by an AWS service"
        case "aws:securetransport", False:
            return "without TLS" if values == "false" else "over TLS"
        case "aws:sourceip", _:
            return f"from {'any address but ' if negative else ''}{values}"
        case "aws:sourcevpce", _:
            other = "not through VPC endpoint" if negative else "through VPC endpoint"
            return f"{other} {values}"
        case "sts:externalid", False:
            return f"with the external id {values}"
        case "aws:principalorgid", False:
            return f"by members of the organization {values}"
        case "s3:prefix", False:
            return f"listing under {values.removesuffix('*')}"
        case "kms:encryptioncontext:aws:s3:arn", False:
            return f"for objects of {joined((v.rpartition(':')[2] for v in one.values), 'or')}"
        case "s3tables:namespace", False:
            return f"in the namespace {values}"
        case "aws:currenttime", _ if operator in _WHEN and not if_exists:
            # A day begins at midnight.
            days = joined((value.removesuffix("T00:00:00Z") for value in one.values), "or")
            return _WHEN[operator].format(days)
        case "accounts.google.com:sub", False:
            return f"as the Google account {values}"
        case "accounts.google.com:oaud", False:
            return f"with a token for {values}"
        case "accounts.google.com:aud", False:
            return f"with a token of the client {values}"
    if operator == "Null":
        return f"{'without' if values == 'true' else 'with'} {one.key}"
    relation = "is none of" if negative else "is"
    if operator in ("StringLike", "StringNotLike", "ArnLike", "ArnNotLike"):
        relation = "is not like" if negative else "is like"
    if "LessThan" in operator or "GreaterThan" in operator:
        relation = f"is {re.sub(r'(?<!^)(?=[A-Z])', ' ', operator).lower()}"
    some = "all of " if quantifier == "ForAllValues" else ""
    missing = ", where it is given" if if_exists else ""
    return f"where {some}{one.key} {relation} {values}{missing}"


def conditions(several: Sequence[Condition]) -> str:
    """Return the conditions in words; all of them must be met."""
    return ", ".join(condition(one) for one in several)


def principal(one: Principal) -> str:
    """Return whom ``one`` names: ``role ci``."""
    if one.id == "*":
        return "anyone"
    if one.kind == "Federated":
        return f"whoever {one.id} vouches for"
    if one.kind == "Service":
        return f"the service {one.id}"
    if one.id.isdigit() or one.id.endswith(":root"):
        account = one.id if one.id.isdigit() else one.id.split(":")[4]
        return f"whoever account {account} lets"
    parts = one.id.split(":", 5)
    if len(parts) < 6:
        return one.id
    return f"{parts[5].replace('/', ' ', 1)} of account {parts[4]}"


def _service(value: str) -> str:
    name = value.partition(".")[0]
    return SERVICES.get(name, value)
