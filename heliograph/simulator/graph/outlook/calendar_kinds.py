"""The types of calendars (graph-users-api.md, 12.4 and 12.5)."""

from heliograph.simulator.graph.outlook.kinds import EXTENDED, EXTENDED_NAMES, ITEM, OUTLOOK

_words = OUTLOOK.words

OUTLOOK.kind(
    "onlineMeetingInfo", "conferenceId joinUrl quickDial tollNumber: String\n phones: Any[]"
)
CALENDAR = OUTLOOK.kind(
    "calendar",
    """
    id name: String
    color: calendarColor
    hexColor: String
    isDefaultCalendar: Boolean
    changeKey: String
    canShare canViewPrivateItems canEdit: Boolean
    allowedOnlineMeetingProviders: onlineMeetingProviderType[]
    defaultOnlineMeetingProvider: onlineMeetingProviderType
    isTallyingResponses isRemovable: Boolean
    owner: emailAddress
    """,
)
CALENDAR_GROUP = OUTLOOK.kind(
    "calendarGroup", "id name: String\n classId: Guid\n changeKey: String"
)
EVENT = OUTLOOK.kind(
    "event",
    f"""
    {ITEM}
    transactionId originalStartTimeZone originalEndTimeZone iCalUId: String
    reminderMinutesBeforeStart: Int32
    isReminderOn hasAttachments: Boolean
    subject bodyPreview: String
    importance: importance
    sensitivity: sensitivity
    originalStart: DateTimeOffset
    isAllDay isCancelled isOrganizer responseRequested: Boolean
    seriesMasterId: String
    showAs: freeBusyStatus
    type webLink onlineMeetingUrl: String
    isOnlineMeeting: Boolean
    onlineMeetingProvider: onlineMeetingProviderType
    allowNewTimeProposals isDraft hideAttendees: Boolean
    onlineMeeting: onlineMeetingInfo
    recurrence: patternedRecurrence
    responseStatus: responseStatus
    body: itemBody
    start end: dateTimeTimeZone
    location: location
    locations: location[]
    attendees: attendee[]
    organizer: recipient
    cancelledOccurrences: String[]
    exceptionOccurrences: Any[]
    calendar: Any
    attachments: attachment[]
    {EXTENDED}
    """,
    on_request=("cancelledOccurrences exceptionOccurrences calendar attachments " + EXTENDED_NAMES),
)
RESPONSE = OUTLOOK.kind(
    "eventResponse",
    """
    comment: String
    sendResponse: Boolean
    proposedNewTime: timeSlot
    newReminderTime: dateTimeTimeZone
    toRecipients: recipient[]
    """,
)
