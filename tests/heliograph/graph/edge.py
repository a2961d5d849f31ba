"""A loopback server with TLS, and an Entra and a Graph that run on it, for the tests of the edge."""

import asyncio
import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import jwt
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""

    certificate: Path
    key: Path


def a_certificate(folder: Path) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    made = Certificate(certificate=folder / "certificate.pem", key=folder / "key.pem")
    made.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    made.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made


def _usage() -> x509.KeyUsage:
    """Python 3.13 wants it of an authority."""
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


@contextlib.asynccontextmanager
async def serving(app: Starlette, certificate: Certificate | None = None) -> AsyncIterator[str]:
    """The origin at which *app* is served, for as long as the context lasts."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        log_config=None,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate.certificate if certificate else None,
        ssl_keyfile=str(certificate.key) if certificate else None,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.001)
        scheme = "https" if certificate else "http"
        yield f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def serving_http2(certificate: Certificate) -> AsyncIterator[tuple[str, list[str]]]:
    """The origin of a server that speaks HTTP/2 alone, and the paths it was asked for."""
    asked: list[str] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talking = H2Connection(H2Configuration(client_side=False))
        talking.initiate_connection()
        while True:
            writer.write(talking.data_to_send())
            received = await reader.read(65_536)
            if not received:
                break
            for event in talking.receive_data(received):
                if isinstance(event, RequestReceived):
                    asked.append(dict(event.headers)[b":path"].decode())
                    talking.send_headers(event.stream_id, [(":status", "200")])
                    talking.send_data(event.stream_id, b'{"id": "1"}', end_stream=True)
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    context.set_alpn_protocols(["h2"])
    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=context)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()


USER_ID = "8b1c6f0e-0f0b-4c7d-8a57-0b6d5f3a9e10"
USER_NAME = "lene.holm@contoso.com"


@dataclass(slots=True)
class Entra:
    """A token endpoint that counts, and answers as it is told; device codes are taken at once.

    *looks* are the errors that a device gets before its user is there.
    """

    lasts: int = 3600
    interval: int = 5
    refusal: tuple[int, dict[str, object]] | None = None
    looks: list[str] = field(default_factory=list)
    user_tenant: str = ""  # where the user is at home; the tenant that was asked, if empty
    asked: list[dict[str, str]] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.released.set()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/{tenant}/v2.0/.well-known/openid-configuration", self._discover),
                Route("/{tenant}/oauth2/v2.0/token", self._token, methods=["POST"]),
                Route("/{tenant}/oauth2/v2.0/devicecode", self._device, methods=["POST"]),
            ]
        )

    async def _discover(self, request: Request) -> Response:
        base = f"https://{request.url.netloc}/{request.path_params['tenant']}"
        return JSONResponse(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            }
        )

    async def _device(self, request: Request) -> Response:
        await self._note(request)
        code = {"user_code": "ABCD1234", "device_code": "d-1", "expires_in": 900}
        address = "https://login.example/device"
        return JSONResponse({**code, "interval": self.interval, "verification_uri": address})

    async def _token(self, request: Request) -> Response:
        form = await self._note(request)
        self.arrived.set()
        await self.released.wait()
        if self.refusal is not None:
            return JSONResponse(self.refusal[1], status_code=self.refusal[0])
        if form["grant_type"] == "client_credentials":
            return JSONResponse(self._granted())
        if form["grant_type"] != "refresh_token" and self.looks:
            return JSONResponse({"error": self.looks.pop(0)}, status_code=400)
        return JSONResponse({**self._granted(), **self._of_user(request, form)})

    async def _note(self, request: Request) -> dict[str, str]:
        form = parse_qs((await request.body()).decode())
        self.asked.append({name: values[0] for name, values in form.items()})
        return self.asked[-1]

    def _granted(self) -> dict[str, object]:
        token = f"token-{len(self.asked)}"
        return {"token_type": "Bearer", "expires_in": self.lasts, "access_token": token}

    def _of_user(self, request: Request, form: dict[str, str]) -> dict[str, object]:
        now = int(time.time())
        claims = {"oid": USER_ID, "preferred_username": USER_NAME, "aud": form["client_id"]}
        claims["tid"] = self.user_tenant or request.path_params["tenant"]
        signed = jwt.encode({**claims, "iat": now, "exp": now + 600, "sub": "s"}, "k" * 32)
        return {"refresh_token": f"refresh-{len(self.asked)}", "id_token": signed}
