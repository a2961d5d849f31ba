"""The types that mail, calendars and tasks have in common (graph-users-api.md, 12).

What may be written is said by the families that write it.
"""

from heliograph.simulator.graph.kinds import Kinds

OUTLOOK = Kinds("Microsoft.OutlookServices")
_kind, _words = OUTLOOK.kind, OUTLOOK.words

_words("bodyType", "text html")
_words("importance", "low normal high")
_words("inferenceClassificationType", "focused other")
_words("followupFlagStatus", "notFlagged flagged complete")
_words("sensitivity", "normal personal private confidential")
_words("freeBusyStatus", "free tentative busy oof workingElsewhere unknown")
_words("attendeeType", "required optional resource")
_words("responseType", "none organizer tentativelyAccepted accepted declined notResponded")
_words("dayOfWeek", "sunday monday tuesday wednesday thursday friday saturday")
_words("weekIndex", "first second third fourth last")
_words(
    "recurrencePatternType",
    "daily weekly absoluteMonthly relativeMonthly absoluteYearly relativeYearly",
)
_words("recurrenceRangeType", "endDate noEnd numbered")
_words("onlineMeetingProviderType", "unknown teamsForBusiness skypeForBusiness skypeForConsumer")
_words(
    "calendarColor",
    "auto lightBlue lightGreen lightOrange lightGray lightYellow lightTeal lightPink lightBrown"
    " lightRed maxColor",
)
_words(
    "locationType",
    "default conferenceRoom homeAddress businessAddress geoCoordinates streetAddress hotel"
    " restaurant localBusiness postalAddress",
)
_words("locationUniqueIdType", "unknown locationStore directory private bing")

_kind("dateTimeTimeZone", "dateTime timeZone: String")
_kind("itemBody", "contentType: bodyType\n content: String")
_kind("emailAddress", "name address: String")
_kind("recipient", "emailAddress: emailAddress")
_kind(
    "followupFlag",
    """
    flagStatus: followupFlagStatus
    startDateTime dueDateTime completedDateTime: dateTimeTimeZone
    """,
)
_kind("internetMessageHeader", "name value: String")
_kind("singleValueLegacyExtendedProperty", "id value: String")
_kind("multiValueLegacyExtendedProperty", "id: String\n value: String[]")
_kind("physicalAddress", "street city state countryOrRegion postalCode: String")
_kind("outlookGeoCoordinates", "latitude longitude altitude accuracy altitudeAccuracy: Double")
_kind(
    "location",
    """
    displayName locationEmailAddress locationUri uniqueId: String
    locationType: locationType
    uniqueIdType: locationUniqueIdType
    address: physicalAddress
    coordinates: outlookGeoCoordinates
    """,
)
_kind("responseStatus", "response: responseType\n time: DateTimeOffset")
_kind("timeSlot", "start end: dateTimeTimeZone")
_kind(
    "attendee",
    """
    type: attendeeType
    status: responseStatus
    emailAddress: emailAddress
    proposedNewTime: timeSlot
    """,
)
_kind(
    "recurrencePattern",
    """
    type: recurrencePatternType
    interval month dayOfMonth: Int32
    daysOfWeek: dayOfWeek[]
    firstDayOfWeek: dayOfWeek
    index: weekIndex
    """,
)
_kind(
    "recurrenceRange",
    """
    type: recurrenceRangeType
    startDate endDate: Date
    recurrenceTimeZone: String
    numberOfOccurrences: Int32
    """,
)
_kind("patternedRecurrence", "pattern: recurrencePattern\n range: recurrenceRange")

_ATTACHMENT = _kind(
    "attachment",
    """
    id name contentType: String
    lastModifiedDateTime: DateTimeOffset
    size: Int32
    isInline: Boolean
    """,
)
ATTACHMENT = OUTLOOK.family(
    _ATTACHMENT,
    _kind(
        "fileAttachment",
        "contentId contentLocation: String\n contentBytes: Binary",
        base=_ATTACHMENT,
    ),
    _kind("itemAttachment", "item: Any", on_request="item", base=_ATTACHMENT),
    _kind(
        "referenceAttachment",
        """
        sourceUrl providerType thumbnailUrl previewUrl permission: String
        isFolder: Boolean
        """,
        base=_ATTACHMENT,
    ),
)

ITEM = """
    id changeKey: String
    categories: String[]
    createdDateTime lastModifiedDateTime: DateTimeOffset
"""
EXTENDED = """
    singleValueExtendedProperties: singleValueLegacyExtendedProperty[]
    multiValueExtendedProperties: multiValueLegacyExtendedProperty[]
    extensions: Any
"""
EXTENDED_NAMES = "singleValueExtendedProperties multiValueExtendedProperties extensions"
