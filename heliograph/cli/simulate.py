"""`heliograph simulate`: a Microsoft Graph for development and tests, on this machine."""

from pathlib import Path

from heliograph.simulator.server import Options, run


def simulate(
    *,
    port: int = 0,
    seed: int = 1,
    users: int = 12,
    tls: bool = True,
    speed: float = 1.0,
    ca_certificate: Path | None = None,
    ca_key: Path | None = None,
) -> None:
    """Run a simulated Microsoft 365 tenant with its Graph, on loopback, until Ctrl-C.

    Prints one JSON line when it is ready: graph, authority, tenant_id, client_id, client_secret,
    token, ca_file. Example: heliograph simulate --port 8443

    Parameters
    ----------
    port
        0 takes a free one.
    seed
        Equal seeds give equal tenants.
    users
        How many people work there.
    tls
        --no-tls serves plain http, for clients that cannot be given a certificate authority.
    speed
        Divides the simulator's own waits: 60 makes an hour of retries a minute.
    ca_certificate
        With --ca-key the authority to issue the certificate from; else one is made.
    """
    run(
        Options(
            port=port,
            seed=seed,
            users=users,
            tls=tls,
            speed=speed,
            ca_certificate=ca_certificate,
            ca_key=ca_key,
        )
    )
