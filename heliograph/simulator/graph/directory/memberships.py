"""Is an object a member of these, and what is it a member of (U12 to U15)."""

from collections.abc import Iterable

from heliograph.simulator import permissions
from heliograph.simulator.graph.calls import Answer, Call
from heliograph.simulator.graph.directory.bodies import ids, parameter
from heliograph.simulator.graph.directory.relations import all_of
from heliograph.simulator.graph.routing import Routes
from heliograph.simulator.refusals import Refused, bad_request

routes = Routes()

MOST_CHECKED = 20
MOST_TOLD = 11_000

_NEEDS = permissions.directory(
    *("User.Read.All", "GroupMember.ReadBasic.All", "Group.ReadBasic.All", "Directory.Read.All"),
    own=("User.Read",),
)
_OBJECTS = ("/users/{user}", "/groups/{object}", "/directoryObjects/{object}")
_SERVICE = "/servicePrincipals/{object}"


def _paths(name: str) -> tuple[str, ...]:
    return tuple(f"{path}/{name}" for path in (*_OBJECTS, _SERVICE))


@routes.on("POST", *_paths("checkMemberGroups"), needs=_NEEDS)
def check_groups(call: Call) -> Answer:
    """Which of the groups named the object is in, also through others."""
    present = set(call.world.directory.memberships.all_groups(_subject(call)))
    wanted = ids(call, "groupIds", most=MOST_CHECKED)
    return _told(call, [id_ for id_ in wanted if id_.lower() in present])


@routes.on("POST", *_paths("checkMemberObjects"), needs=_NEEDS)
def check_objects(call: Call) -> Answer:
    """Which of the groups and roles named the object is in; roles go by their templates, too."""
    directory = call.world.directory
    present = set(all_of(call, _subject(call)))
    templates = {
        role["roleTemplateId"] for role in directory.roles.values() if role["id"] in present
    }
    wanted = ids(call, "ids", most=MOST_CHECKED)
    return _told(call, [id_ for id_ in wanted if id_.lower() in present | templates])


@routes.on("POST", *_paths("getMemberGroups"), needs=_NEEDS)
def get_groups(call: Call) -> Answer:
    """The groups that the object is in, also through others."""
    return _told(call, _secure(call, call.world.directory.memberships.all_groups(_subject(call))))


@routes.on("POST", *_paths("getMemberObjects"), needs=_NEEDS)
def get_objects(call: Call) -> Answer:
    """The groups and roles that the object is in, also through others."""
    return _told(call, _secure(call, all_of(call, _subject(call))))


def _subject(call: Call) -> str:
    directory = call.world.directory
    if "user" in call.params:
        return directory.user_id(call.params["user"])
    return str(directory.object(call.params["object"])["id"])


def _secure(call: Call, keys: Iterable[str]) -> list[str]:
    """*keys*, of groups only those for security where the caller wants that."""
    only = parameter(call, "securityEnabledOnly")
    if only is not None and not isinstance(only, bool):
        raise bad_request("Expected securityEnabledOnly to be true or false.")
    groups = call.world.directory.groups.rows
    found = list(keys)
    if only:
        found = [key for key in found if key not in groups or groups[key]["securityEnabled"]]
    if len(found) > MOST_TOLD:
        raise Refused(
            400,
            "DirectoryResultSizeLimitExceeded",
            f"The object is in more than {MOST_TOLD} groups: use transitiveMemberOf.",
        )
    return found


def _told(call: Call, value: list[str]) -> Answer:
    context = call.metadata("Collection(Edm.String)")
    return Answer(body={"@odata.context": context, "value": value})
