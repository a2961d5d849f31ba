"""`heliograph simulate`: a Microsoft Graph for development and tests, on this machine."""

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
from cyclopts import Parameter, Token

from heliograph.cli.pairs import Pair, pair, pairs
from heliograph.simulator.faults import Fault
from heliograph.simulator.server import Options, run
from heliograph.simulator.switches import Switches


def _check(_: object, options: Options) -> None:
    options.check()


def _switches(given: Iterable[Pair]) -> Switches:
    """The switches as the user turned them; names may have dashes."""
    names = {field.name: field.encode_name for field in msgspec.structs.fields(Switches)}
    wish = {names.get(name.replace("-", "_"), name): value for name, value in given}
    return msgspec.convert(wish, Switches, strict=False)


def _check_switches(_: object, given: Iterable[Pair]) -> None:
    _switches(given)


def _faults(_: object, tokens: Sequence[Token]) -> tuple[Fault, ...]:
    """The faults that the user asked for, each of them pairs with commas between them."""
    return tuple(
        msgspec.convert(dict(pair(part) for part in token.value.split(",")), Fault, strict=False)
        for token in tokens
    )


def simulate(
    *,
    options: Annotated[Options, Parameter(name="*", validator=_check)] = Options(),  # noqa: B008 (frozen)
    switch: Annotated[
        tuple[Pair, ...],
        Parameter(converter=pairs, validator=_check_switches, n_tokens=1, negative=""),
    ] = (),
    fault: Annotated[tuple[Fault, ...], Parameter(converter=_faults, n_tokens=1, negative="")] = (),
) -> None:
    """Run a simulated Microsoft 365 tenant with its Graph, on loopback, until Ctrl-C.

    Prints one JSON line when it is ready: graph, authority, tenant_id, client_id, client_secret,
    token, ca_file. Example: heliograph simulate --port 8443

    Parameters
    ----------
    switch
        Turn a switch from the start; repeat it for more. Example: --switch duplicated=0.1
    fault
        Refuse calls from the start. Example: --fault status=429,times=3,path=/users,retryAfter=2
    """
    run(options, switches=_switches(switch), faults=fault)
