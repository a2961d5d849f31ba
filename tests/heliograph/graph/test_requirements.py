"""graph-users-api.md, section 2 (what an app cannot do) and 4.3 (roles that it must hold)."""

import pytest

from heliograph.graph.claims import Claims
from heliograph.graph.requirements import are_enough, hint, refusal_of_app, scope_of
from heliograph.graph.transport import Request

GRANTED = Claims(roles=["User.Read.All"], wids=["0997a1d0-0d1d-4acb-b408-d5ca73121e90"])


def a_call(method: str, path: str, **options: object) -> Request:
    return Request(method=method, path=path, **options)  # type: ignore[arg-type]  # as the cases say


@pytest.mark.parametrize(
    ("call", "scope"),
    [
        (a_call("POST", "/users/1/findMeetingTimes"), "Calendars.Read.Shared"),
        (a_call("POST", "/users/a@b.c/FINDMEETINGTIMES"), "Calendars.Read.Shared"),
        (a_call("POST", "/users('$a@b.c')/findMeetingTimes"), "Calendars.Read.Shared"),
        (a_call("GET", "/users/1/insights/shared"), "Sites.Read.All"),
        (a_call("GET", "/users/1/insights/shared/7/resource?$top=1"), "Sites.Read.All"),
        (a_call("GET", "/users/1/drive/recent"), "Files.Read"),
        (a_call("GET", "/users/1/drive/sharedWithMe"), "Files.Read.All"),
        (a_call("GET", "/users/1/followedSites"), "Sites.Read.All"),
        (a_call("GET", "/users/1/planner/plans"), "Tasks.Read"),
        (a_call("GET", "/users/1/settings/itemInsights"), "User.Read"),
        (a_call("PATCH", "/users/1/settings/itemInsights"), "User.ReadWrite"),
        (a_call("POST", "/me/changePassword", scope="User.ReadWrite"), "User.ReadWrite"),
        (a_call("GET", "/me/drive/recent", scope="Files.Read"), "Files.Read"),
        (a_call("PATCH", "/users/1", json={"aboutMe": "x"}), "User.ReadWrite"),
        (a_call("PATCH", "/groups/1", json={"unseenCount": 0}), "Group.ReadWrite.All"),
    ],
)
def test_what_graph_takes_from_users_alone_is_refused_of_an_app(call: Request, scope: str) -> None:
    refusal = refusal_of_app(call, None)
    assert refusal is not None
    assert refusal.users_can
    assert scope_of(call) == scope


@pytest.mark.parametrize(
    "call",
    [
        a_call("GET", "/users/1/insights/used"),
        a_call("GET", "/users/1/insights/trending"),
        a_call("GET", "/users/1/planner/tasks"),
        a_call("GET", "/users/1/findMeetingTimes"),
        a_call("POST", "/users/1/calendar/getSchedule"),
        a_call("GET", "/users/1/drive/root/delta"),
        a_call("GET", "/users/1/people"),
        a_call("GET", "/admin/people/itemInsights"),
        a_call("POST", "/users/1/sendMail"),
        a_call("GET", "/users/me@contoso.com"),
        a_call("PATCH", "/users/1", json={"jobTitle": "x"}),
        a_call("PATCH", "/users/1/mailboxSettings", json={"aboutMe": "x"}),
        a_call("POST", "/users", json={"displayName": "x"}),
    ],
)
def test_what_an_app_can_do_is_not_refused(call: Request) -> None:
    assert refusal_of_app(call, None) is None


def test_a_refusal_names_no_user() -> None:
    for path in ("/users/lene@contoso.com/findMeetingTimes", "/users('$l@c.d')/findMeetingTimes"):
        refusal = refusal_of_app(a_call("POST", path), None)
        assert refusal is not None
        assert refusal.reason == (
            "Graph takes POST /users/{id}/findMeetingTimes from a signed-in user alone"
        )


def test_the_properties_that_only_users_set_are_named() -> None:
    refusal = refusal_of_app(
        a_call("PATCH", "/users/1", json={"skills": [], "aboutMe": "", "jobTitle": ""}), None
    )
    assert refusal is not None
    assert refusal.reason == "Graph takes aboutMe, skills from a signed-in user alone"


RESET = a_call("PATCH", "/users/1", json={"passwordProfile": {}})
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"


def test_a_password_is_reset_only_by_an_app_that_holds_a_role() -> None:
    refusal = refusal_of_app(RESET, GRANTED)
    assert refusal is not None
    assert "holds none of User Administrator" in refusal.reason
    assert refusal.remedy == "assign the role User Administrator to the app's service principal"
    assert not refusal.users_can
    assert refusal_of_app(RESET, Claims(wids=[USER_ADMINISTRATOR])) is None


@pytest.mark.parametrize("claims", [None, Claims(roles=["User.ReadWrite.All"])])
def test_without_knowing_the_roles_a_password_is_left_to_graph(claims: Claims | None) -> None:
    assert refusal_of_app(RESET, claims) is None


def test_the_roles_of_a_new_user_s_password_are_not_asked_for() -> None:
    assert refusal_of_app(a_call("POST", "/users", json={"passwordProfile": {}}), GRANTED) is None


@pytest.mark.parametrize(
    ("needed", "held"),
    [
        ("User.ReadWrite.All", ["User.Read.All"]),
        ("User.Read.All", []),
        ("User.Read.All", ["Mail.Read", "AuditLog.Read.All"]),
        ("GroupMember.ReadWrite.All", ["Group.Read.All", "User.ReadWrite.All"]),
        ("AuditLog.Read.All", ["Directory.Read.All"]),
        ("RoleManagement.ReadWrite.Directory", ["RoleManagement.Read.Directory"]),
        ("Sites.Read.All", ["User.Read.All"]),
    ],
)
def test_a_permission_that_was_not_granted_is_named_with_the_remedy(
    needed: str, held: list[str]
) -> None:
    refusal = refusal_of_app(a_call("GET", "/x/1", permission=needed), Claims(roles=held, wids=[]))
    assert refusal is not None
    assert refusal.reason == (
        f"the app has not been granted {needed}, nor anything that includes it"
    )
    assert refusal.remedy == f"grant it {needed} as an application permission, with admin consent"


@pytest.mark.parametrize(
    ("needed", "held"),
    [
        ("User.Read.All", "User.Read.All"),
        ("User.Read.All", "User.ReadWrite.All"),
        ("User.Read.All", "Directory.Read.All"),
        ("User.ReadWrite.All", "Directory.ReadWrite.All"),
        ("User.ReadWrite.All", "User.EnableDisableAccount.All"),
        ("User.ReadWrite.All", "User-Phone.ReadWrite.All"),
        ("GroupMember.Read.All", "Group.Read.All"),
        ("GroupMember.ReadWrite.All", "Group.ReadWrite.All"),
        ("ProfilePhoto.Read.All", "User.Read.All"),
        ("LicenseAssignment.ReadWrite.All", "User.ReadWrite.All"),
    ],
)
def test_a_broader_or_narrower_permission_may_do(needed: str, held: str) -> None:
    """graph-users-api.md, sections 0 and 4.2: in doubt Graph decides."""
    call = a_call("GET", "/x/1", permission=needed)
    assert refusal_of_app(call, Claims(roles=[held], wids=[])) is None


@pytest.mark.parametrize("needed", ["Mail.Send", "Calendars.Read", "Tasks.ReadWrite.All"])
def test_what_exchange_may_have_granted_is_left_to_graph(needed: str) -> None:
    """https://learn.microsoft.com/exchange/permissions-exo/application-rbac"""
    call = a_call("POST", "/users/1/sendMail", permission=needed)
    assert refusal_of_app(call, GRANTED) is None


def test_an_app_with_a_directory_role_is_left_to_graph() -> None:
    call = a_call("GET", "/users/1", permission="User.Read.All")
    assert refusal_of_app(call, Claims(wids=["88d8e3e3-8f55-4a1e-953a-9b9898b8876b"])) is None


@pytest.mark.parametrize(
    ("permissions", "enough"),
    [
        ((), False),
        (("Calendars.Read.Shared",), True),
        (("Calendars.ReadWrite.Shared",), True),
        (("Mail.Read",), False),
    ],
)
def test_a_user_lends_what_the_call_needs(permissions: tuple[str, ...], enough: bool) -> None:
    call = a_call("POST", "/users/1/findMeetingTimes")
    assert are_enough(permissions, call) is enough


@pytest.mark.parametrize(
    ("call", "has_hint"),
    [
        (a_call("PATCH", "/users/1", json={"accountEnabled": False}), True),
        (a_call("PATCH", "/users/1", json={"jobTitle": "x"}), False),
        (a_call("DELETE", "/users/1"), True),
        (a_call("POST", "/directory/deletedItems/1/restore"), True),
        (a_call("DELETE", "/users/1/messages/2"), False),
        (a_call("GET", "/users/1"), False),
    ],
)
def test_a_refusal_of_a_sensitive_action_hints_at_the_role(call: Request, has_hint: bool) -> None:
    assert bool(hint(call)) is has_hint
