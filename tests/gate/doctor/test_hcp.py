"""What `gate doctor` says of HCP Terraform: a small host on loopback with a certificate of its own,
asked over TLS that is verified."""

import datetime
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from athena_gate.gate.doctor import hcp
from athena_gate.gate.doctor.finding import Finding
from athena_gate.stacks.backends import CloudBackend

TOKEN = "the.atlasv1.token"
ORGANIZATIONS = "/api/v2/organizations/"


class Host(BaseHTTPRequestHandler):
    """Knows one token and one organization, as HCP Terraform answers them."""

    services: ClassVar[dict[str, str]] = {"tfe.v2": "/api/v2/"}
    # What came with a token, by the path it came to.
    tokens: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        given = self.headers.get("Authorization", "")
        if given:
            self.tokens[self.path] = given
        if self.path == "/.well-known/terraform.json":
            self._answer(200, json.dumps(self.services))
        elif self.path == f"{ORGANIZATIONS}moved":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
        elif given != f"Bearer {TOKEN}":
            self._answer(401, '{"errors": []}')
        elif self.path == f"{ORGANIZATIONS}acme":
            self._answer(200, "{}")
        else:
            self._answer(404, '{"errors": []}')

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        pass


def certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 with its key into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "host.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The host's address, with its certificate trusted."""
    file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    monkeypatch.setattr(Host, "services", {"tfe.v2": "/api/v2/"})
    monkeypatch.setattr(Host, "tokens", {})
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


Ask = Callable[..., Finding]


@pytest.fixture
def ask(host: str, tmp_path: Path) -> Ask:
    """Asks the host for an organization, with a token as a variable unless it is empty."""

    def asked(organization: str = "acme", token: str = TOKEN) -> Finding:
        # gate.hcl takes no port, so that these settings are made without being checked.
        settings = CloudBackend.model_construct(hostname=host, organization=organization)
        variables = {hcp.token_variables(host)[0]: token, "HOME": str(tmp_path)}
        return hcp.host(settings, variables)

    return asked


def variable(host: str) -> str:
    return f"TF_TOKEN_{host.replace('.', '_')}"


def test_a_token_and_an_organization_that_are_known(host: str, ask: Ask) -> None:
    assert ask() == Finding(
        'backend "cloud"',
        "ok",
        f"{host} knows the token ({variable(host)}) and the organization acme",
    )


def test_a_token_that_is_refused_stops(host: str, ask: Ask) -> None:
    assert ask(token="another") == Finding(
        'backend "cloud"',
        "stop",
        f"{host} refuses the token ({variable(host)})",
        f"`terraform login {host}`",
    )


def test_an_organization_that_is_not_shown_stops(host: str, ask: Ask) -> None:
    assert ask("other") == Finding(
        'backend "cloud"',
        "stop",
        f"{host} accepts the token ({variable(host)}) but shows no organization other",
        "correct organization in gate.hcl, or take the token of a member",
    )


def test_without_a_token_the_way_to_one_is_told(host: str, ask: Ask) -> None:
    assert ask(token="") == Finding(
        'backend "cloud"',
        "stop",
        f"{host} answers, but there is no token for it",
        f"`terraform login {host}`, or export {variable(host)}",
    )
    assert Host.tokens == {}


def test_a_host_that_offers_no_such_service_stops(
    host: str, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Host, "services", {"athena_gate.modules.v1": "/modules/"})
    assert ask() == Finding(
        'backend "cloud"',
        "stop",
        f"{host} answers, but is no HCP Terraform or Terraform Enterprise",
        "correct hostname in gate.hcl",
    )
    assert Host.tokens == {}


def test_a_redirect_does_not_take_the_token_along(host: str, ask: Ask) -> None:
    assert ask("moved") == Finding(
        'backend "cloud"',
        "stop",
        f"{host} refuses the token ({variable(host)})",
        f"`terraform login {host}`",
    )
    assert Host.tokens == {f"{ORGANIZATIONS}moved": f"Bearer {TOKEN}"}


def test_a_certificate_that_is_not_trusted_stops(
    host: str, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert ask() == Finding(
        'backend "cloud"',
        "stop",
        f"{host} answers, but its certificate is not trusted: self-signed certificate",
        "name a file with your company's CA in SSL_CERT_FILE, which Terraform reads too",
    )
    assert Host.tokens == {}


def test_a_host_that_cannot_be_reached_stops(tmp_path: Path) -> None:
    settings = CloudBackend.model_construct(hostname="127.0.0.1:9", organization="acme")
    assert hcp.host(settings, {"HOME": str(tmp_path)}) == Finding(
        'backend "cloud"',
        "stop",
        "127.0.0.1:9 cannot be reached: Connection refused",
        "look at the network, VPN or proxy (HTTPS_PROXY), or correct hostname in gate.hcl",
    )


HOSTNAME = "tfe.my-company.example"
FILE = json.dumps({"credentials": {HOSTNAME: {"token": "from the file"}}})
BLOCK = f'credentials "{HOSTNAME}" {{\n  token = "from the block"\n}}\n'


@pytest.mark.parametrize(
    ("files", "variables", "found"),
    [
        ({}, {}, ("", "")),
        (
            {".terraform.d/credentials.tfrc.json": FILE},
            {},
            ("from the file", "{home}/.terraform.d/credentials.tfrc.json"),
        ),
        (
            {".terraform.d/credentials.tfrc.json": FILE, ".terraformrc": BLOCK},
            {},
            ("from the block", "{home}/.terraformrc"),
        ),
        (
            {".terraform.d/credentials.tfrc.json": FILE, ".terraformrc": BLOCK},
            {"TF_TOKEN_tfe_my__company_example": "from the variable"},
            ("from the variable", "TF_TOKEN_tfe_my__company_example"),
        ),
        (
            {},
            {"TF_TOKEN_tfe_my-company_example": "from the variable"},
            ("from the variable", "TF_TOKEN_tfe_my-company_example"),
        ),
        ({".terraform.d/credentials.tfrc.json": "not JSON"}, {}, ("", "")),
    ],
    ids=["nowhere", "file", "block", "variable", "with its hyphen", "broken file"],
)
def test_a_token_is_found_where_terraform_finds_it(
    tmp_path: Path, files: dict[str, str], variables: dict[str, str], found: tuple[str, str]
) -> None:
    for name, text in files.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    expected = tuple(part.format(home=tmp_path) for part in found)
    assert hcp.find_token(HOSTNAME, {"HOME": str(tmp_path), **variables}) == expected
