"""What is true of a vendor: the content of its ``profile.hcl``.

A profile chooses among what ``modules.access`` knows; it holds no statement of a policy. The
policies of the vendor's page lie beside it, as they stand there: ``access.json``, ``trust.json``.
"""

import re
from collections.abc import Iterable
from datetime import date
from ipaddress import ip_network
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from athena_gate.modules.access.ways import PrincipalArn, TokenClaim
from athena_gate.modules.athena.page import page_policy
from athena_gate.modules.fields import Block, List, Settings, Tags, counted, pattern, unique
from athena_gate.modules.findings import Wrong
from athena_gate.modules.iam.conditions import UnknownOperator, parsed_operator
from athena_gate.modules.iam.guide import placeholders
from athena_gate.modules.iam.patterns import action_matches
from athena_gate.modules.iam.policy import Policy
from athena_gate.modules.reading import unknown

Class = Literal["query", "tables", "metadata"]
# Which of these calls the vendor makes itself, not through Athena.
Itself = Literal["glue", "sources", "results"]
Bundle = Literal[
    "all_databases",
    "databases",
    "delete_results",
    "fetch_results",
    "iceberg_metadata",
    "list_results",
    "list_sources",
    "named_queries",
    "partitions",
    "prepared_statements",
    "query_history",
    "search_tables",
    "table_versions",
]
# What the bundles of a class may be.
BUNDLES: dict[Class, tuple[Bundle, ...]] = {
    "query": (
        "all_databases",
        "delete_results",
        "fetch_results",
        "list_results",
        "named_queries",
        "prepared_statements",
        "search_tables",
        "table_versions",
    ),
    "tables": ("prepared_statements", "table_versions"),
    "metadata": (
        "all_databases",
        "databases",
        "iceberg_metadata",
        "list_sources",
        "partitions",
        "query_history",
        "search_tables",
    ),
}
GOOGLE = "accounts.google.com"
# What is handed over whatever the vendor: `modules.access.handoff`.
ORDINARY = (
    "account",
    "bucket",
    "catalog",
    "databases",
    "external_id",
    "instance_profile",
    "limits",
    "region",
    "results_location",
    "role",
    "role_arn",
    "schema",
    "workgroup",
)

# It becomes part of a role's description, of which IAM takes these characters:
# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html (2026-11).
Title = Annotated[
    str,
    pattern(
        "[!-~\u00a1-\u00ff]([ -~\u00a1-\u00ff]{0,98}[!-~\u00a1-\u00ff])?",
        "a name of 1 to 100 characters of one line",
    ),
]
Url = Annotated[str, pattern(r"https://[^\s\"<>]+", 'an address, as in "https://docs.example.com"')]


def _day(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError as error:
        raise Wrong("GATE504", f"{value!r}: {error}") from None
    return value


Date = Annotated[
    str,
    pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", 'a date, as in "2026-11-26"'),
    AfterValidator(_day),
]
Digest = Annotated[str, pattern(r"[0-9a-f]{64}", "the SHA-256 of the file, in hexadecimal")]
Action = Annotated[
    str, pattern(r"[a-z0-9-]+:[A-Za-z*?]+", 'an action, as in "athena:GetWorkGroup"')
]
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (2026-11)
ManagedPolicy = Annotated[
    str,
    pattern(
        r"(service-role/)?[\w+=,.@-]{1,128}",
        'the name of a policy of AWS\'s, as in "AmazonAthenaFullAccess"',
    ),
]
# What stands for a name of the reader's, in the texts of a profile and in its page's policies:
# `athena_gate.modules.access.guide.values` has the value of each.
PLACEHOLDERS = (
    "account",
    "audience",
    "bucket",
    "catalog",
    "database",
    "external_id",
    "organization_identifier",
    "partition",
    "principal",
    "provider",
    "region",
    "results_bucket",
    "results_directory",
    "results_folder",
    "results_path",
    "schema",
    "source_bucket",
    "source_location",
    "subject",
    "workgroup",
)


# Placeholders that stand for nothing but in one of these ways in, and classes.
_OF_WAYS = {
    "audience": ("web_identity",),
    "external_id": ("assumed_by", "trusted"),
    "organization_identifier": ("web_identity",),
    "principal": ("assumed_by", "trusted"),
    "provider": ("web_identity", "runs_on"),
    "subject": ("web_identity",),
}
_OF_CLASSES: dict[str, tuple[Class, ...]] = {
    "bucket": ("tables",),
    "database": ("query", "metadata"),
    "results_bucket": ("query", "tables"),
    "results_directory": ("query", "tables"),
    "results_folder": ("tables",),
    "results_path": ("query", "tables"),
    "schema": ("tables",),
    "workgroup": ("query", "tables"),
}


def _filled_in(text: str) -> str:
    try:
        parsed = [part for part in Formatter().parse(text) if part[1] is not None]
    except ValueError as error:
        raise Wrong("GATE502", f"{text!r}: {error}; a brace itself is written twice") from None
    _known(str(name) for _, name, _, _ in parsed)
    for _, name, width, conversion in parsed:
        # A width of 99,999,999 would be printed.
        if width or conversion:
            raise Wrong("GATE502", f"{text!r}: write the placeholder alone, as in {{{name}}}")
    return text


def _network(value: str) -> str:
    """Refuse what IAM takes for no address, and what holds every one."""
    try:
        network = ip_network(value)
    except ValueError:
        raise Wrong(
            "GATE504", f'{value!r} is not in CIDR notation; allowed: as in "203.0.113.7/32"'
        ) from None
    if network.prefixlen == 0:
        raise Wrong("GATE504", f"{value!r} holds every address; leave addresses out")
    return value


def _known(named: Iterable[str]) -> None:
    for name in named:
        if name not in PLACEHOLDERS:
            raise Wrong("GATE502", unknown("placeholder", name, PLACEHOLDERS))


Network = Annotated[str, AfterValidator(_network)]
# What a bucket's name starts with; the block's name and the account's id come after it.
BucketPrefix = Annotated[
    str,
    pattern(
        r"([a-z0-9][a-z0-9-]{0,39})?",
        "up to 40 lower-case letters, digits and hyphens, not starting with a hyphen",
    ),
]
Issuer = Annotated[
    str,
    pattern(
        r"[a-z0-9-]+(\.[a-z0-9-]+)+(:[0-9]+)?(/[\w.-]+)*",
        'a host, and a path where it has one, as in "token.example.com/v1"; no https://',
    ),
]
Filled = Annotated[str, AfterValidator(_filled_in)]


def _form_field(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name):
        raise Wrong(
            "GATE504", f"{name!r} is not valid; allowed: lower-case letters, digits, underscores"
        )
    if name in ORDINARY or name.startswith(("access_key_id", "encrypted_secret")):
        raise Wrong(
            "GATE504", f"{name!r} is an ordinary field, which the block fills in; labels name it"
        )
    return name


FormField = Annotated[str, AfterValidator(_form_field)]
Sentence = Annotated[str, pattern(r"\S(?s:.*)[.!]", "a sentence that ends in a full stop")]


def _of_its_kind(name: str, policy: Policy) -> None:
    """Refuse an access policy that says to whom, a trust policy that says on what, and names of
    the page's readers that nothing fills in.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html and
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    (2026-11): IAM refuses these.
    """
    for number, statement in enumerate(policy.statements, 1):
        where = f"{name}.json, statement {number}"
        has, lacks = (
            (statement.principals, statement.resources)
            if name == "access"
            else (statement.resources, statement.principals)
        )
        wrong, right = ("Principal", "Resource") if name == "access" else ("Resource", "Principal")
        if has:
            raise Wrong("GATE504", f"{where}: has a {wrong}, which no {name} policy has")
        if not lacks:
            raise Wrong("GATE504", f"{where}: has no {right}, which every {name} policy has")
        texts = (*statement.resources, *(principal.id for principal in statement.principals))
        for condition in statement.conditions:
            try:
                parsed_operator(condition.operator)
            except UnknownOperator as error:
                raise Wrong("GATE504", f"{where}: {error}") from None
        values = (value for condition in statement.conditions for value in condition.values)
        for text in (*statement.actions, *texts, *values):
            if not text.isprintable():
                raise Wrong("GATE504", f"{where}: {text!r} has characters that nobody can see")
        for text in texts:
            if "<" in text or ">" in text:
                raise Wrong(
                    "GATE504",
                    f"{where}: {text!r} has a name of its readers; say in names what it stands for",
                )


class Page(Settings):
    """The vendor's page. Its policies lie beside the profile, letter by letter."""

    title: str = Field(description="What the page is called.")
    source: Url = Field(description="Where it is published.")
    date: Date = Field(description="The day it was read.")
    access: Digest | None = Field(
        None, description="The SHA-256 of access.json, when the page has a policy."
    )
    trust: Digest | None = Field(
        None, description="The SHA-256 of trust.json, when the page has a trust policy."
    )
    names: dict[str, Filled] = Field(
        {},
        description="What the page writes for names of its readers, and what it stands for here, "
        'as in `{ "YOUR_BUCKET" = "{results_bucket}" }`; a name in `${...}` is written without.',
    )
    actions: Annotated[List[Action], unique()] = Field(
        (), description="The actions that a page without a policy lists."
    )
    managed: Annotated[List[ManagedPolicy], unique()] = Field(
        (),
        description="AWS's own policies that the page attaches in place of a policy of its own, by "
        "their names: the grants of `full_access`.",
    )
    attached: Annotated[List[ManagedPolicy], unique()] = Field(
        (),
        description="AWS's own policies that the page attaches beside its own, by their names: "
        "`documented` attaches them too.",
    )
    made: Annotated[List[str], unique()] = Field(
        (), description="What the page calls the users and roles that it has one make by hand."
    )

    @field_validator("names")
    @classmethod
    def _names_of_readers(cls, value: dict[str, str]) -> dict[str, str]:
        for written, meant in value.items():
            if not written or not any(part[1] for part in Formatter().parse(meant)):
                raise Wrong(
                    "GATE504",
                    f"{written!r} = {meant!r} says of no name of the page's readers what it stands "
                    "for; allowed: placeholders on the right",
                )
        return value

    @model_validator(mode="after")
    def _policies_beside_the_profile(self, info: ValidationInfo) -> Self:
        """Refuse files that are not the page's, and placeholders that stand for nothing."""
        folder = info.context["folder"] if info.context else None
        for name, digest in (("access", self.access), ("trust", self.trust)):
            if folder is None:
                continue
            if digest is not None:
                policy = page_policy(folder / f"{name}.json", digest, self.names)
                _known(placeholders(policy))
                _of_its_kind(name, policy)
            elif (folder / f"{name}.json").exists():
                raise Wrong(
                    "GATE501",
                    f"{name}.json lies beside the profile; say in {name} what its SHA-256 is",
                )
        return self

    def granted(self, folder: Path) -> tuple[str, ...]:
        """Return the actions that the page names: in the policies in ``folder``, or listed."""
        policies = [
            page_policy(folder / f"{name}.json", digest, self.names)
            for name, digest in (("access", self.access), ("trust", self.trust))
            if digest is not None
        ]
        named = (one for policy in policies for s in policy.statements for one in s.actions)
        return tuple(dict.fromkeys((*self.actions, *named)))


class Dropped(Settings):
    """What the page grants and the block does not."""

    reason: Sentence = Field(description="Why.")
    actions: Annotated[List[Action], unique(), counted(1, 200)] = Field(
        description="Actions of the page, also as patterns."
    )


class Beside(Settings):
    """What the block grants and the page does not name, for this vendor alone."""

    reason: Sentence = Field(description="Why.")
    actions: Annotated[List[Action], unique(), counted(1, 50)] = Field(
        description="The actions, by their whole names."
    )


class OfferedKeys(Settings):
    """The vendor takes access keys of an IAM user."""


class OfferedAssumedBy(Settings):
    """The vendor takes a role from an AWS account of its own."""

    principals: Annotated[List[PrincipalArn], unique()] = Field(
        (),
        description="The vendor's roles or accounts, where its page names them; an account by its "
        "id alone is one of the partition aws.",
    )
    external_id: Literal["required", "recommended", "unknown"] = Field(
        "required",
        description="Whether the vendor gives an external id: `required` refuses a block without.",
    )
    existing: bool = Field(
        False,
        description="Whether the page adds its policy to a role that the vendor takes already, "
        "which a block then names in `role_name`.",
    )


class OfferedWebIdentity(Settings):
    """The vendor takes a role with a token of an identity provider."""

    issuer: Issuer = Field(
        GOOGLE, description="The host (and path) of the provider that issues the tokens."
    )
    subject: TokenClaim | None = Field(
        None, description="The vendor's subject, where its page prints one for all readers."
    )
    audience: Literal["required", "recommended", "unknown"] = Field(
        "recommended",
        description="Whether the vendor's token says for which customer it is: "
        "`organization_identifier` with Google, else `audience`.",
    )


class OfferedRunsOn(Settings):
    """The customer runs the product, on machines whose role it uses."""

    on: Annotated[
        List[Literal["ec2", "ecs", "eks", "eks_pod_identity"]], unique(), counted(1, 4)
    ] = Field(description="Where it may run.")


class OfferedService(Settings):
    """An AWS service takes the role."""

    principal: Annotated[str, pattern(r"([a-z0-9-]+\.)+amazonaws\.com", "a service principal")] = (
        Field(description="The service's principal.")
    )


class OfferedTrusted(Settings):
    """Roles or users of the customer's own take the role."""


class Workgroup(Settings):
    """The workgroup that the vendor queries in."""

    enforced: bool = Field(
        True,
        description="Whether its settings override those of the client; not where the "
        "vendor says where tables lie.",
    )
    tags: Tags = Field({}, description="Tags that it must carry, for this vendor.")


class ResultsNames(Settings):
    """How the results bucket is called."""

    prefix: BucketPrefix = Field(
        "",
        description="What the bucket's name starts with by default, and has to with `documented`, "
        "as the page's policies name no other bucket.",
    )


def _given_here(text: str, info: ValidationInfo, item: tuple[int | str, ...]) -> None:
    """Refuse a placeholder in ``text`` that stands for nothing in any block of the vendor."""
    offered = [way for way in WAYS if info.data.get(way) is not None]
    for _, name, _, _ in Formatter().parse(text):
        ways, classes = _OF_WAYS.get(name or "", ()), _OF_CLASSES.get(name or "", ())
        if ways and offered and not set(ways).intersection(offered):
            raise Wrong(
                "GATE504",
                f"{{{name}}} stands for nothing without {' or '.join(ways)}, which the profile "
                "does not offer",
                item,
            )
        if classes and "cls" in info.data and info.data["cls"] not in classes:
            raise Wrong(
                "GATE504",
                f"{{{name}}} stands for nothing in the class {info.data['cls']}; it does in "
                f"{' and '.join(classes)}",
                item,
            )


class Profile(Settings):
    """A ``profile.hcl``."""

    title: Title = Field(description="The vendor as it writes itself.")
    cls: Class = Field(
        alias="class",
        description="`query` reads through Athena, `tables` also makes tables, `metadata` reads "
        "the catalog only.",
    )
    page: Annotated[Page, Block("page")] = Field(description="Its page.")
    keys: Annotated[OfferedKeys | None, Block("keys")] = Field(None, description="")
    assumed_by: Annotated[OfferedAssumedBy | None, Block("assumed_by")] = Field(
        None, description=""
    )
    web_identity: Annotated[OfferedWebIdentity | None, Block("web_identity")] = Field(
        None, description=""
    )
    runs_on: Annotated[OfferedRunsOn | None, Block("runs_on")] = Field(None, description="")
    service: Annotated[OfferedService | None, Block("service")] = Field(None, description="")
    trusted: Annotated[OfferedTrusted | None, Block("trusted")] = Field(None, description="")
    itself: Annotated[List[Itself], unique()] = Field(
        (), description="What the vendor calls itself, not through Athena."
    )
    bundles: Annotated[List[Bundle], unique()] = Field(
        (), description="What it does beside the ordinary."
    )
    workgroup: Annotated[Workgroup, Block("workgroup")] = Field(Workgroup(), description="")
    results: Annotated[ResultsNames, Block("results")] = Field(ResultsNames(), description="")
    addresses: Annotated[List[Network], unique(), counted(0, 50)] = Field(
        (), description="The addresses that the vendor calls from, in CIDR notation."
    )
    form: str = Field("", description="Where the vendor's form is.")
    fields: dict[FormField, Filled] = Field(
        {},
        description="Fields of the form beside the ordinary ones, with placeholders, as in "
        '`{ connection_string = "Workgroup={workgroup}" }`.',
    )
    labels: dict[str, str] = Field({}, description="What the form calls its fields.")
    dropped: Annotated[List[Dropped], Block("dropped")] = Field((), description="")
    beside: Annotated[List[Beside], Block("beside")] = Field((), description="")
    todo: List[Annotated[Sentence, AfterValidator(_filled_in)]] = Field(
        (), description="What the vendor or you must do besides."
    )

    @field_validator("bundles")
    @classmethod
    def _of_its_class(cls, value: tuple[Bundle, ...], info: ValidationInfo) -> tuple[Bundle, ...]:
        allowed = BUNDLES.get(info.data.get("cls", ""), value)
        for bundle in value:
            if bundle not in allowed:
                raise Wrong(
                    "GATE503",
                    f"{bundle!r} is nothing that a {info.data['cls']} vendor does; allowed: "
                    f"{', '.join(allowed)}",
                )
        return value

    @field_validator("fields")
    @classmethod
    def _stand_for_something(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        for name, text in value.items():
            _given_here(text, info, (name,))
        return value

    @field_validator("todo")
    @classmethod
    def _speak_of_something(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for number, text in enumerate(value):
            _given_here(text, info, (number,))
        return value

    @field_validator("labels")
    @classmethod
    def _of_fields(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        known = (*ORDINARY, *info.data.get("fields", ()))
        for name in value if "fields" in info.data else ():
            if name not in known:
                raise Wrong("GATE504", unknown("field", name, known), (name,))
        return value

    @field_validator("dropped")
    @classmethod
    def _on_the_page(cls, value: tuple[Dropped, ...], info: ValidationInfo) -> tuple[Dropped, ...]:
        page, folder = info.data.get("page"), info.context["folder"] if info.context else None
        # AWS says what is in its own policies, and may add to them.
        if page is None or folder is None or page.attached or page.managed:
            return value
        granted = page.granted(folder)
        for block, one in enumerate(value):
            for item, action in enumerate(one.actions):
                if not any(action_matches(action, theirs) for theirs in granted):
                    raise Wrong(
                        "GATE504",
                        f"{action!r} is not on the page, so that nothing is left out; "
                        f"allowed: {', '.join(granted) or 'nothing, as it names no action'}",
                        (block, "actions", item),
                    )
        return value

    @model_validator(mode="after")
    def _a_way_in(self) -> Self:
        if not self.ways:
            raise Wrong("GATE504", f"offers no way in; allowed: {', '.join(WAYS)}, each a block")
        return self

    @property
    def reads_files(self) -> bool:
        """Return whether the vendor gets at files of tables."""
        files = {"iceberg_metadata", "list_sources"}
        return self.cls != "metadata" or not files.isdisjoint(self.bundles)

    @property
    def ways(self) -> dict[str, Any]:
        """Return the ways in that the vendor offers, by the names of their blocks."""
        return {way: offered for way in WAYS if (offered := getattr(self, way)) is not None}


# The ways in, in the order in which they are told.
WAYS = ("keys", "assumed_by", "web_identity", "runs_on", "service", "trusted")
