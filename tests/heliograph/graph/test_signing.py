import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from heliograph.errors import Forbidden, NotPermitted, Unavailable
from heliograph.graph.auth import SignedIn
from heliograph.graph.batch import Batches
from heliograph.graph.calls import Calls
from heliograph.graph.signing import Authorized
from heliograph.graph.transport import Request, Response
from heliograph.settings import Tenant

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

GET = Request(method="GET", path="/users")
POST = Request(method="POST", path="/users/x/sendMail", mailbox="x")
SHARED = Request(method="GET", path="/users/x/insights/shared", as_user="lene", caller="user")
ROLES = Request(method="GET", path="/auditLogs/x", permission="AuditLog.Read.All")


class Tokens:
    """Numbered tokens; a refused one is followed by the next."""

    def __init__(self, name: str = "token") -> None:
        self.name = name
        self.refused: list[str] = []

    async def token(self, *, refused: str = "") -> str:
        if refused:
            self.refused.append(refused)
        return f"{self.name}-{len(self.refused)}"


class Fixed:
    """One token, which says what *claims* say; a refused one is followed by *next*."""

    def __init__(self, **claims: object) -> None:
        payload = urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
        self.text = f"e30.{payload}.c2ln"
        self.next: Fixed | Exception | None = None

    async def token(self, *, refused: str = "") -> str:
        if refused and isinstance(self.next, Exception):
            raise self.next
        if refused and isinstance(self.next, Fixed):
            self.text = self.next.text
        return self.text


class SignedInUsers:
    """Those who have signed in, by name, with what they lend."""

    def __init__(self, **users: tuple[str, ...]) -> None:
        self._users = users

    async def of(self, user: str | None) -> SignedIn | None:
        name = user or next(iter(self._users), "")
        if name not in self._users:
            return None
        return SignedIn(tokens=Tokens(name), permissions=self._users[name])


@pytest.fixture
def layer(recorder: "Recorder", tenant: Tenant) -> Authorized:
    return Authorized(recorder, Tokens(), tenant=tenant)


@pytest.fixture
def lending(tenant: Tenant) -> Tenant:
    return replace(
        tenant, delegated_permissions=("Sites.Read.All", "User.ReadWrite", "AuditLog.Read.All")
    )


async def test_each_call_carries_the_token_and_an_id_of_its_own(
    layer: Authorized, recorder: "Recorder"
) -> None:
    for _ in range(2):
        recorder.answer(200)
        await layer.send(Request(method="GET", path="/x", headers={"prefer": "y"}))
    sent = [request.headers for request in recorder.requests]
    assert [headers["authorization"] for headers in sent] == ["Bearer token-0"] * 2
    assert len({headers["client-request-id"] for headers in sent}) == 2
    assert sent[0]["prefer"] == "y"


async def test_the_id_is_known_even_where_graph_does_not_repeat_it(
    layer: Authorized, recorder: "Recorder"
) -> None:
    recorder.answer(503).answer(503, headers={"client-request-id": "theirs"})
    first = await layer.send(GET)
    assert first.headers["client-request-id"] == recorder.last.headers["client-request-id"]
    assert (await layer.send(GET)).headers["client-request-id"] == "theirs"


async def test_a_refused_token_is_renewed_once(recorder: "Recorder", tenant: Tenant) -> None:
    tokens = Tokens()
    recorder.answer(401).answer(200)
    assert (await Authorized(recorder, tokens, tenant=tenant).send(POST)).status == 200
    assert tokens.refused == ["token-0"]
    first, second = recorder.requests
    assert second.headers["authorization"] == "Bearer token-1"
    assert first.headers["client-request-id"] != second.headers["client-request-id"]


async def test_a_second_refusal_stands(layer: Authorized, recorder: "Recorder") -> None:
    recorder.answer(401).answer(401)
    assert (await layer.send(GET)).status == 401
    assert len(recorder.requests) == 2


async def refused(layer: Authorized, recorder: "Recorder", request: Request) -> NotPermitted:
    with pytest.raises(NotPermitted) as refusal:
        await layer.send(request)
    assert recorder.requests == []
    return refusal.value


async def test_what_needs_a_user_is_refused_where_the_settings_allow_none(
    layer: Authorized, recorder: "Recorder"
) -> None:
    refusal = await refused(layer, recorder, SHARED)
    assert str(refusal) == (
        "not sent: Graph takes GET /users/{id}/insights/shared from a signed-in user alone; "
        "add Sites.Read.All to tenants.contoso.delegated_permissions and run "
        "`heliograph login contoso`"
    )
    assert refusal.permission == "Sites.Read.All"
    assert isinstance(refusal, Forbidden)


async def test_what_needs_a_user_is_refused_where_nobody_has_signed_in(
    recorder: "Recorder", lending: Tenant
) -> None:
    layer = Authorized(recorder, Tokens(), tenant=lending, users=SignedInUsers())
    refusal = await refused(layer, recorder, SHARED)
    assert refusal.remedy == "run `heliograph login contoso` as the user whom the call is for"


async def test_what_one_user_alone_may_ask_for_is_not_asked_by_another(
    recorder: "Recorder", lending: Tenant
) -> None:
    users = SignedInUsers(amir=("Sites.Read.All",))
    layer = Authorized(recorder, Tokens(), tenant=lending, users=users)
    await refused(layer, recorder, SHARED)


async def test_a_user_who_has_not_lent_what_it_takes_is_to_sign_in_again(
    recorder: "Recorder", lending: Tenant
) -> None:
    layer = Authorized(recorder, Tokens(), tenant=lending, users=SignedInUsers(lene=()))
    refusal = await refused(layer, recorder, SHARED)
    assert refusal.remedy == ("run `heliograph login contoso` again, to consent to Sites.Read.All")


async def test_a_signed_in_user_s_token_is_taken_and_renewed_as_the_app_s(
    recorder: "Recorder", lending: Tenant
) -> None:
    users = SignedInUsers(lene=("Sites.Read.All",))
    layer = Authorized(recorder, Tokens(), tenant=lending, users=users)
    recorder.answer(401).answer(200)
    response = await layer.send(SHARED)
    assert response.caller == "user"
    sent = [request.headers["authorization"] for request in recorder.requests]
    assert sent == ["Bearer lene-0", "Bearer lene-1"]


async def test_the_app_goes_first_where_it_can(recorder: "Recorder", lending: Tenant) -> None:
    users = SignedInUsers(lene=("AuditLog.Read.All",))
    app = Fixed(roles=["AuditLog.Read.All"])
    layer = Authorized(recorder, app, tenant=lending, users=users)
    recorder.answer(200)
    response = await layer.send(replace(ROLES, caller="either"))
    assert response.caller == "app"


async def test_a_user_stands_in_only_where_the_call_says_so(
    recorder: "Recorder", lending: Tenant
) -> None:
    users = SignedInUsers(lene=("AuditLog.Read.All",))
    layer = Authorized(recorder, Fixed(roles=["Mail.Read"]), tenant=lending, users=users)
    refusal = await refused(layer, recorder, ROLES)
    assert str(refusal) == (
        "not sent: the app has not been granted AuditLog.Read.All, nor anything that includes it; "
        "grant it AuditLog.Read.All as an application permission, with admin consent"
    )
    recorder.answer(200)
    assert (await layer.send(replace(ROLES, caller="either"))).caller == "user"


async def test_what_is_granted_is_seen_within_a_minute(
    recorder: "Recorder", tenant: Tenant
) -> None:
    """A token says for an hour what its app was allowed when it was made."""
    app, now = Fixed(roles=[]), [0.0]
    layer = Authorized(recorder, app, tenant=tenant, clock=lambda: now[0])
    await refused(layer, recorder, ROLES)
    app.next = Fixed(roles=["AuditLog.Read.All"])
    now[0] = 59.0
    await refused(layer, recorder, ROLES)
    now[0] = 60.0
    recorder.answer(200)
    assert (await layer.send(ROLES)).status == 200


async def test_a_refusal_stands_where_no_other_token_can_be_had(
    recorder: "Recorder", tenant: Tenant
) -> None:
    app = Fixed(roles=[])
    app.next = Unavailable("Entra is away")
    await refused(Authorized(recorder, app, tenant=tenant), recorder, ROLES)


async def test_both_remedies_are_named_where_either_would_do(
    recorder: "Recorder", tenant: Tenant
) -> None:
    layer = Authorized(recorder, Fixed(roles=[]), tenant=tenant)
    refusal = await refused(layer, recorder, replace(ROLES, caller="either"))
    assert refusal.remedy == (
        "grant it AuditLog.Read.All as an application permission, with admin consent or "
        "add AuditLog.Read.All to tenants.contoso.delegated_permissions and run "
        "`heliograph login contoso`"
    )


async def test_what_only_users_set_is_set_by_a_user_where_the_settings_allow_it(
    recorder: "Recorder", lending: Tenant
) -> None:
    request = Request(method="PATCH", path="/users/x", json={"aboutMe": "x"})
    users = SignedInUsers(lene=("User.ReadWrite",))
    recorder.answer(204)
    layer = Authorized(recorder, Tokens(), tenant=lending, users=users)
    assert (await layer.send(request)).caller == "user"


async def test_a_tenant_may_have_graph_judge_alone(recorder: "Recorder", tenant: Tenant) -> None:
    own = replace(tenant, preflight=False)
    recorder.answer(200)
    await Authorized(recorder, Fixed(roles=[]), tenant=own).send(ROLES)
    assert len(recorder.requests) == 1


async def test_calls_of_a_batch_that_are_refused_hold_up_no_others(
    recorder: "Recorder", lending: Tenant
) -> None:
    """A batch has one token, so that its calls go one by one, each by whoever can make it."""
    users = SignedInUsers(lene=("Sites.Read.All",))
    layer = Authorized(recorder, Fixed(roles=[]), tenant=lending, users=users)
    recorder.answer(200).answer(200)
    outcomes = await Batches(Calls(layer, origin="https://g")).send([GET, ROLES, SHARED])
    assert [type(outcome) for outcome in outcomes] == [Response, NotPermitted, Response]
    assert [request.path for request in recorder.requests] == [GET.path, SHARED.path]
    assert recorder.last.headers["authorization"] == "Bearer lene-0"


async def test_a_403_names_the_permission_of_whoever_asked(
    recorder: "Recorder", lending: Tenant
) -> None:
    users = SignedInUsers(lene=("Sites.Read.All",))
    layer = Authorized(recorder, Tokens(), tenant=lending, users=users)
    recorder.refuse(403, "accessDenied")
    with pytest.raises(Forbidden, match=r"\(needs Sites.Read.All\)"):
        await Calls(layer, origin="https://graph.microsoft.com").send(SHARED)


def test_who_asked_is_told_with_the_answer() -> None:
    assert Response(status=200).caller == "app"
