from typing import TYPE_CHECKING

import msgspec
import pytest

from heliograph.errors import Invalid
from heliograph.graph import GraphClient
from heliograph.graph.directory.licenses import Sku, Units
from heliograph.graph.transport import body
from heliograph.graph.values.objects import License

if TYPE_CHECKING:
    from tests.heliograph.graph.conftest import Recorder

LENE = "4f9a2d6e-3c1b-4a57-9d28-7be0c6a1f053"
E5 = "06ebc4ee-1bb5-47dd-8120-11324bc54e06"
E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"
YAMMER = "7547a3fe-08ee-4ccb-b430-5077c5041653"


async def test_the_licences_of_a_user_are_listed(graph: GraphClient, recorder: "Recorder") -> None:
    plan = {
        "servicePlanId": YAMMER,
        "servicePlanName": "YAMMER_ENTERPRISE",
        "provisioningStatus": "Success",
        "appliesTo": "User",
    }
    details = {"id": "x", "skuId": E3, "skuPartNumber": "SPE_E3", "servicePlans": [plan]}
    recorder.answer(200, {"value": [details]})
    (found,) = [one async for one in graph.licenses.of(LENE)]
    assert (found.sku_id, found.sku_part_number) == (E3, "SPE_E3")
    assert [one.provisioning_status for one in found.service_plans or ()] == ["Success"]
    assert recorder.last.path == f"/users/{LENE}/licenseDetails"


async def test_the_licences_of_the_tenant_are_listed_with_what_is_free(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    units = {"enabled": 25, "suspended": 0, "warning": 0, "lockedOut": 0}
    sku = {"skuId": E3, "consumedUnits": 14, "prepaidUnits": units, "capabilityStatus": "Enabled"}
    recorder.answer(200, {"value": [sku]})
    (found,) = [one async for one in graph.licenses.bought()]
    assert (found.free, found.capability_status) == (11, "Enabled")
    assert recorder.last.path == "/subscribedSkus"


def test_no_less_than_none_are_free() -> None:
    assert Sku(consumed_units=3, prepaid_units=Units(enabled=2)).free == 0


async def test_licences_are_given_and_taken(graph: GraphClient, recorder: "Recorder") -> None:
    recorder.answer(200, {"id": LENE, "assignedLicenses": [{"skuId": E5, "disabledPlans": []}]})
    given = [License(sku_id=E5, disabled_plans=[YAMMER])]
    user = await graph.licenses.assign(LENE, add=given, remove=[E3])
    assert [one.sku_id for one in user.assigned_licenses or ()] == [E5]
    assert recorder.last.path == f"/users/{LENE}/assignLicense"
    assert msgspec.json.decode(body(recorder.last) or b"") == {
        "addLicenses": [{"skuId": E5, "disabledPlans": [YAMMER]}],
        "removeLicenses": [E3],
    }


async def test_both_lists_are_sent_where_one_is_empty(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    """Graph requires both."""
    recorder.answer(200, {"id": LENE})
    await graph.licenses.assign(LENE, add=[License(sku_id=E5)])
    assert msgspec.json.decode(body(recorder.last) or b"") == {
        "addLicenses": [{"skuId": E5, "disabledPlans": []}],
        "removeLicenses": [],
    }


async def test_giving_may_be_repeated_and_taking_may_not(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    recorder.answer(200, {"id": LENE}).answer(200, {"id": LENE})
    await graph.licenses.assign(LENE, add=[License(sku_id=E5)])
    assert recorder.last.is_repeatable
    await graph.licenses.assign(LENE, remove=[E5])
    assert not recorder.last.is_repeatable


async def test_a_user_without_a_location_is_refused(
    graph: GraphClient, recorder: "Recorder"
) -> None:
    text = "License assignment cannot be done for user with invalid usage location."
    recorder.refuse(400, "Request_BadRequest", text)
    with pytest.raises(Invalid, match="usage location"):
        await graph.licenses.assign(LENE, add=[License(sku_id=E5)])
