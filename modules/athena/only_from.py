"""From where a user or role may call: an option of every block that makes one."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from athena_gate.modules.fields import List, Settings, counted, pattern, unique
from athena_gate.modules.findings import Remark, Wrong

Network = IPv4Network | IPv6Network

# Registries that nothing on the internet calls from:
# https://www.iana.org/assignments/iana-ipv4-special-registry/,
# https://www.iana.org/assignments/iana-ipv6-special-registry/ (2026-11).
_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"),
            *("::/8", "fc00::/7", "fe80::/10", "ff00::/8"),
        ),
    )
)
# https://www.rfc-editor.org/rfc/rfc5737 and rfc3849 (2026-11)
_OF_EXAMPLES = tuple(
    map(ip_network, ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"))
)
# By version of IP, the shortest prefix: of what one organization was ever given, and of what is no
# more than a large office or a vendor.
_LARGEST = {4: 8, 6: 19}
_LARGE = {4: 16, 6: 32}


def _within(one: Network, other: Network) -> bool:
    return one.version == other.version and one.subnet_of(other)  # type: ignore[arg-type]


def _public(value: str) -> str:
    try:
        network = ip_network(value)
    except ValueError:
        try:
            hint = f"; the range it lies in is {str(ip_network(value, strict=False))!r}"
        except ValueError:
            hint = ""
        raise Wrong(
            "GATE340",
            f"{value!r} is no address and no range{hint}; allowed: CIDR notation, as in "
            '"203.0.113.7/32"',
        ) from None
    if network.prefixlen < _LARGEST[network.version]:
        raise Wrong(
            "GATE340",
            f"{value!r} is too wide to keep anybody out; allowed: ranges of "
            f"/{_LARGEST[network.version]} and smaller",
        )
    if any(network.version == one.version and network.overlaps(one) for one in _NOT_PUBLIC):
        raise Wrong(
            "GATE340",
            f"{value!r} is private: AWS sees the public address that a call comes from (a NAT "
            "gateway's), or the VPC endpoint; name these, the endpoint in vpc_endpoints",
        )
    return value


class OnlyFrom(Settings):
    """From where direct calls are let through; what AWS services call on its behalf always is."""

    addresses: Annotated[
        List[Annotated[str, AfterValidator(_public)]], unique(), counted(0, 50)
    ] = Field((), description="Public addresses and ranges, in CIDR notation.")
    # https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_VpcEndpoint.html (2026-11)
    vpc_endpoints: Annotated[
        List[
            Annotated[
                str,
                pattern(
                    r"vpce-([0-9a-f]{8}|[0-9a-f]{17})",
                    'the id of a VPC endpoint, as in "vpce-0a1b2c3d4e5f67890"',
                ),
            ]
        ],
        unique(),
        counted(0, 20),
    ] = Field(
        (),
        description="VPC endpoints of what is called: Athena's, and Glue's and S3's where these "
        "are called directly. They may be other accounts'.",
    )

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.addresses or self.vpc_endpoints):
            raise Wrong(
                "GATE302",
                'names nothing; allowed: addresses = ["203.0.113.7/32"], vpc_endpoints = '
                '["vpce-0a1b2c3d4e5f67890"], or both',
            )
        return self

    def remarks(self, caller: str, known: tuple[str, ...] = ()) -> tuple[Remark, ...]:
        """Return what a reviewer should know of these places; ``known`` are the addresses that the
        page of ``caller`` names."""
        return tuple(self._remarks(caller, known))

    def _remarks(self, caller: str, known: tuple[str, ...]) -> Iterator[Remark]:
        networks = [ip_network(address) for address in self.addresses]
        for network in networks:
            if network.prefixlen < _LARGE[network.version]:
                yield Remark(
                    "GATE625",
                    "only_from",
                    f"{network} holds {network.num_addresses:,} addresses; name those that "
                    f"{caller} calls from",
                )
            elif any(_within(network, one) for one in _OF_EXAMPLES):
                yield Remark(
                    "GATE626",
                    "only_from",
                    f"{network} is kept for examples, and nobody calls from there",
                )
        left = [one for one in known if not any(_within(ip_network(one), n) for n in networks)]
        if left:
            yield Remark(
                "GATE627",
                "only_from",
                f"{caller} calls from {', '.join(left)} as well, as its page has it, and these "
                "calls are refused",
            )
