"""What is true of a vendor: the content of its ``profile.hcl``.

A profile chooses among what ``modules.access`` knows; it holds no statement of a policy. The
policies of the vendor's page lie beside it, as they stand there: ``access.json``, ``trust.json``.
"""

from collections.abc import Iterable
from string import Formatter
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from athena_gate.modules.athena.page import page_policy
from athena_gate.modules.fields import Block, List, Settings, counted, pattern, unique
from athena_gate.modules.findings import Wrong
from athena_gate.modules.iam.guide import placeholders
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

Url = Annotated[str, pattern(r"https://[^\s\"<>]+", 'an address, as in "https://docs.example.com"')]
Date = Annotated[str, pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", 'a date, as in "2026-11-26"')]
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


def _filled_in(text: str) -> str:
    try:
        named = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
    except ValueError as error:
        raise Wrong("GATE502", f"{text!r}: {error}; a brace itself is written twice") from None
    _known(named)
    return text


def _known(named: Iterable[str]) -> None:
    for name in named:
        if name not in PLACEHOLDERS:
            raise Wrong("GATE502", unknown("placeholder", name, PLACEHOLDERS))


Filled = Annotated[str, AfterValidator(_filled_in)]
Sentence = Annotated[str, pattern(r"\S(?s:.*)[.!]", "a sentence that ends in a full stop")]


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

    @model_validator(mode="after")
    def _policies_beside_the_profile(self, info: ValidationInfo) -> Self:
        """Refuse files that are not the page's, and placeholders that stand for nothing."""
        folder = info.context["folder"] if info.context else None
        for name, digest in (("access", self.access), ("trust", self.trust)):
            if folder is None:
                continue
            if digest is not None:
                _known(placeholders(page_policy(folder / f"{name}.json", digest, self.names)))
            elif (folder / f"{name}.json").exists():
                raise Wrong(
                    "GATE501",
                    f"{name}.json lies beside the profile; say in {name} what its SHA-256 is",
                )
        return self


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

    principals: Annotated[List[str], unique()] = Field(
        (), description="The vendor's roles or accounts, where its page names them."
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

    issuer: str = Field(
        GOOGLE, description="The host (and path) of the provider that issues the tokens."
    )
    subject: str | None = Field(
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

    principal: Annotated[str, pattern(r"[a-z0-9.-]+\.amazonaws\.com", "a service principal")] = (
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
    tags: dict[str, str] = Field({}, description="Tags that it must carry, for this vendor.")


class ResultsNames(Settings):
    """How the results bucket is called."""

    prefix: str = Field(
        "",
        description="What the bucket's name starts with by default, and has to with `documented`, "
        "as the page's policies name no other bucket.",
    )


class Profile(Settings):
    """A ``profile.hcl``."""

    title: str = Field(description="The vendor as it writes itself.")
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
    addresses: Annotated[List[str], unique()] = Field(
        (), description="The addresses that the vendor calls from, in CIDR notation."
    )
    form: str = Field("", description="Where the vendor's form is.")
    labels: dict[str, str] = Field({}, description="What the form calls its fields.")
    fields: dict[str, Filled] = Field(
        {},
        description="Fields of the form beside the ordinary ones, with placeholders, as in "
        '`{ connection_string = "Workgroup={workgroup}" }`.',
    )
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
