"""What a call needs, and whose token has it (graph-users-api.md, 2 and 4)."""

from typing import Any

import pytest

from heliograph.simulator.permissions import Needs, canonical, directory, mailbox, worth
from heliograph.simulator.refusals import Refused


def allows(needs: Needs, *, is_own: bool = False, **claims: Any) -> bool:
    try:
        needs.check(claims, is_own=is_own)
    except Refused:
        return False
    return True


@pytest.mark.parametrize(
    ("broad", "narrow"),
    [
        ("User.ReadWrite.All", "User.ReadBasic.All"),
        ("Directory.Read.All", "Group.ReadBasic.All"),
        ("Directory.ReadWrite.All", "GroupMember.ReadWrite.All"),
        ("Mail.ReadWrite", "Mail.ReadBasic.All"),
        ("Calendars.Read", "Calendars.ReadBasic.All"),
        ("Mail.ReadWrite.Shared", "Mail.Read.Shared"),
        ("RoleManagement.ReadWrite.Directory", "RoleManagement.Read.Directory"),
    ],
)
def test_broader_permission_always_works_too(broad: str, narrow: str) -> None:
    assert narrow in worth(frozenset({broad}))
    assert broad not in worth(frozenset({narrow}))


def test_sending_does_not_include_reading() -> None:
    assert worth(frozenset({"Mail.Send"})) == {"Mail.Send"}


def test_signed_in_user_needs_less_for_himself() -> None:
    needs = directory("User.Read.All", own=("User.Read",))
    assert allows(needs, is_own=True, scp="openid User.Read")
    assert not allows(needs, is_own=False, scp="openid User.Read")
    assert allows(needs, is_own=False, scp="User.Read.All")


def test_permissions_of_apps_and_of_users_are_no_substitute_for_each_other() -> None:
    needs = mailbox("Mail.Read")
    assert allows(needs, roles=["Mail.Read"])
    assert allows(needs, is_own=True, scp="Mail.Read", roles=[])
    assert not allows(needs, is_own=True, scp="User.Read", roles=["Mail.Read"])


def test_mailboxes_of_others_need_the_shared_form() -> None:
    needs = mailbox("Mail.ReadBasic.All")
    assert not allows(needs, scp="Mail.ReadWrite")
    assert allows(needs, scp="Mail.ReadWrite.Shared")
    assert allows(needs, is_own=True, scp="Mail.ReadBasic")


def test_what_an_app_alone_cannot_do_no_role_allows() -> None:
    needs = Needs(own=("Tasks.Read",), of_mailbox=True)
    assert not allows(needs, roles=["Tasks.Read", "Tasks.ReadWrite.All"])
    assert allows(needs, is_own=True, scp="Tasks.ReadWrite")


@pytest.mark.parametrize(
    ("needs", "code"),
    [(directory("A"), "Authorization_RequestDenied"), (mailbox("A"), "ErrorAccessDenied")],
    ids=["directory", "mailbox"],
)
def test_row_16_1_1_refusal_is_in_the_words_of_the_service(needs: Needs, code: str) -> None:
    with pytest.raises(Refused) as refused:
        needs.check({"roles": ["B"]}, is_own=False)
    assert (refused.value.status, refused.value.code) == (403, code)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("user.read", "User.Read"),
        ("MAIL.READWRITE.SHARED", "Mail.ReadWrite.Shared"),
        ("mailboxsettings.read", "MailboxSettings.Read"),
        ("user-lifecycleinfo.read.all", "User-LifeCycleInfo.Read.All"),
        ("Own.Thing", "Own.Thing"),
    ],
)
def test_permissions_are_known_without_case(written: str, name: str) -> None:
    assert canonical(written) == name
