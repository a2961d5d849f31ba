"""Paths without their ids, as metrics and spans name calls: `/users/{id}/messages`.

Pure. What is not one of Graph's words counts as an id, so that none ever gets through and the
number of templates stays small.
"""

_ID = "{id}"

_SPELLED = """
$batch $count $ref $value accept assignLicense attachments auditLogs calendar calendarGroups
calendars calendarView cancel checklistItems checkMemberGroups contactFolders contacts copy
createForward createReply createReplyAll createUploadSession decline deletedItems delta details
directory directoryAudits directoryObjects directoryRoles directReports dismissReminder drive
events findMeetingTimes forward getByIds getSchedule groups inbox insights instances
licenseDetails linkedResources lists mailboxSettings mailFolders manager masterCategories me
memberOf members messageRules messages microsoft.graph.group microsoft.graph.user move
organization outlook owners people photo photos planner query reauthorize recent reminderView
reply replyAll restore revokeSignInSessions roleAssignments roleDefinitions roleManagement root
search send sendMail shared sharedWithMe snoozeReminder subscribedSkus subscriptions tasks
tentativelyAccept todo transitiveMemberOf transitiveMembers trending used users
"""

_WORDS = {word.lower(): word for word in _SPELLED.split()}


def template(path: str) -> str:
    """*path* with `{id}` for each id, without what is asked of it."""
    segments = path.partition("?")[0].strip("/").split("/")
    return "".join(f"/{_named(segment)}" for segment in segments)


def _named(segment: str) -> str:
    name, _, inside = segment.partition("(")
    word = _WORDS.get(name.lower())
    if word is None:
        return _ID
    if inside.startswith("'"):  # users('x') is users/x
        return f"{word}/{_ID}"
    return f"{word}()" if "=" in inside else word
