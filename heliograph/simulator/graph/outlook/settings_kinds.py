"""The types of mailbox settings, rules and categories (graph-users-api.md, 12.3 and 12.9)."""

from heliograph.simulator.graph.outlook.kinds import OUTLOOK

_kind, _words = OUTLOOK.kind, OUTLOOK.words

_words("automaticRepliesStatus", "disabled alwaysEnabled scheduled")
_words("externalAudienceScope", "none contactsOnly all")
_words(
    "delegateMeetingMessageDeliveryOptions",
    "sendToDelegateAndInformationToPrincipal sendToDelegateAndPrincipal sendToDelegateOnly",
)
_words(
    "messageActionFlag",
    "any call doNotForward followUp fyi forward noResponseNecessary read reply replyToAll review",
)
_words("categoryColor", "none " + " ".join(f"preset{number}" for number in range(25)))

_kind("localeInfo", "locale displayName: String")
_kind(
    "timeZoneBase",
    """
    name: String
    bias: Int32
    standardOffset daylightOffset: Any
    """,
)
# The words of the days are judged later, as Exchange refuses them in words of its own.
_kind(
    "workingHours",
    """
    daysOfWeek: String[]
    startTime endTime: TimeOfDay
    timeZone: timeZoneBase
    """,
)
_kind(
    "automaticRepliesSetting",
    """
    status: automaticRepliesStatus
    externalAudience: externalAudienceScope
    internalReplyMessage externalReplyMessage: String
    scheduledStartDateTime scheduledEndDateTime: dateTimeTimeZone
    """,
)
MAILBOX_SETTINGS = _kind(
    "mailboxSettings",
    """
    archiveFolder timeZone: String
    delegateMeetingMessageDeliveryOptions: delegateMeetingMessageDeliveryOptions
    dateFormat timeFormat userPurpose: String
    automaticRepliesSetting: automaticRepliesSetting
    language: localeInfo
    workingHours: workingHours
    """,
)

_kind("sizeRange", "minimumSize maximumSize: Int32")
_kind(
    "messageRulePredicates",
    """
    categories bodyContains bodyOrSubjectContains headerContains: String[]
    recipientContains senderContains subjectContains: String[]
    fromAddresses sentToAddresses: recipient[]
    hasAttachments isApprovalRequest isAutomaticForward isAutomaticReply isEncrypted: Boolean
    isMeetingRequest isMeetingResponse isNonDeliveryReport isPermissionControlled: Boolean
    isReadReceipt isSigned isVoicemail notSentToMe sentCcMe sentOnlyToMe sentToMe: Boolean
    sentToOrCcMe: Boolean
    importance: importance
    messageActionFlag: messageActionFlag
    sensitivity: sensitivity
    withinSizeRange: sizeRange
    """,
)
_kind(
    "messageRuleActions",
    """
    assignCategories: String[]
    copyToFolder moveToFolder: String
    delete markAsRead permanentDelete stopProcessingRules: Boolean
    forwardAsAttachmentTo forwardTo redirectTo: recipient[]
    markImportance: importance
    """,
)
MESSAGE_RULE = _kind(
    "messageRule",
    """
    id displayName: String
    sequence: Int32
    isEnabled hasError isReadOnly: Boolean
    conditions exceptions: messageRulePredicates
    actions: messageRuleActions
    """,
)
OVERRIDE = _kind(
    "inferenceClassificationOverride",
    """
    id: String
    classifyAs: inferenceClassificationType
    senderEmailAddress: emailAddress
    """,
)
CATEGORY = _kind("outlookCategory", "id displayName: String\n color: categoryColor")
