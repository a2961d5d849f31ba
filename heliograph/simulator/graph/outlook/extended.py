"""Extended properties of items: told only to who asks for them by their id."""

from collections.abc import Mapping

from heliograph.simulator.expressions import parse_filter
from heliograph.simulator.graph.calls import Call
from heliograph.simulator.graph.outlook.views import Expander
from heliograph.simulator.refusals import Refused
from heliograph.simulator.store import Row


def extended(name: str) -> Expander:
    """What expands the extended properties called *name*."""

    def expand(call: Call, key: str, row: Row, options: Mapping[str, str]) -> object:
        del call, key
        text = options.get("$filter", "")
        try:
            claim = parse_filter(text) if text else None
        except ValueError as error:
            raise Refused(400, "BadRequest", f"Invalid filter clause: {error}") from error
        entries = row.get(name) or ()
        return [entry for entry in entries if claim is None or claim.holds(entry)]

    return expand
