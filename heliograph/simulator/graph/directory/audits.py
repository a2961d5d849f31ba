"""The audit log: who changed what in the directory (U30)."""

from heliograph.simulator import permissions
from heliograph.simulator.directory.roles import GLOBAL_ADMINISTRATOR, REPORTS_READER
from heliograph.simulator.graph.answers import entity
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.guards import require_role
from heliograph.simulator.graph.directory.kinds import KINDS, Family
from heliograph.simulator.graph.directory.query import Source, collection
from heliograph.simulator.graph.directory.shown import shower
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import no_object

routes = Routes()

_READ = permissions.directory("AuditLog.Read.All")
_READERS = frozenset(
    (
        *(GLOBAL_ADMINISTRATOR, REPORTS_READER),
        "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
        "194ae4cb-b126-40b2-bd5b-6091b380977d",
        "5d6b6bb7-de71-4623-b4af-96380a352509",
    )
)
_ANY = frozenset(("eq", "ne", "ge", "le", "gt", "lt", "startswith", "in", "not"))
AUDITS = Family(
    kind=KINDS.kind(
        "directoryAudit",
        """
        id category correlationId result resultReason activityDisplayName loggedByService: String
        operationType: String
        activityDateTime: DateTimeOffset
        initiatedBy: Any
        targetResources additionalDetails: Any[]
        """,
    ),
    context="auditLogs/directoryAudits",
    writable=frozenset(),
    operators=dict.fromkeys(
        (
            *("activityDateTime", "activityDisplayName", "category", "correlationId", "id"),
            *("initiatedBy", "loggedByService", "targetResources", "result", "operationType"),
        ),
        _ANY,
    ),
    sortable=frozenset(("activityDateTime", "activityDisplayName", "category")),
    searchable=frozenset(),
    is_indexed=False,
)


@routes.on("GET", "/auditLogs/directoryAudits", needs=_READ)
def list_audits(call: Call) -> Answer:
    """What was changed, the latest first."""
    _check_reader(call)
    source = Source.of(call.world.audit.seen())
    return collection(call, (AUDITS,), source, context=AUDITS.context, show=shower(call, AUDITS))


@routes.on("GET", "/auditLogs/directoryAudits/{entry}", needs=_READ)
def get_audit(call: Call) -> Answer:
    """One change."""
    _check_reader(call)
    for row in call.world.audit.seen():
        if row["id"] == call.params["entry"]:
            return entity(call, AUDITS.context, shower(call, AUDITS)(row))
    raise no_object(call.params["entry"])


def _check_reader(call: Call) -> None:
    if call.signed_in:
        require_role(call, _READERS)
