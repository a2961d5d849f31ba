"""The types of mail (graph-users-api.md, 12.2 and 12.3)."""

from heliograph.simulator.graph.outlook.kinds import EXTENDED, EXTENDED_NAMES, ITEM, OUTLOOK

MESSAGE = OUTLOOK.kind(
    "message",
    f"""
    {ITEM}
    receivedDateTime sentDateTime: DateTimeOffset
    hasAttachments: Boolean
    internetMessageId subject bodyPreview: String
    importance: importance
    parentFolderId conversationId: String
    conversationIndex: Binary
    isDeliveryReceiptRequested isReadReceiptRequested isRead isDraft: Boolean
    webLink: String
    inferenceClassification: inferenceClassificationType
    body uniqueBody: itemBody
    sender from: recipient
    toRecipients ccRecipients bccRecipients replyTo: recipient[]
    flag: followupFlag
    internetMessageHeaders: internetMessageHeader[]
    attachments: attachment[]
    {EXTENDED}
    """,
    on_request=f"uniqueBody internetMessageHeaders attachments {EXTENDED_NAMES}",
)
_EVENT_MESSAGE = OUTLOOK.kind(
    "eventMessage",
    """
    meetingMessageType type: String
    startDateTime endDateTime: dateTimeTimeZone
    location: location
    recurrence: patternedRecurrence
    isOutOfDate isDelegated isAllDay: Boolean
    event: Any
    """,
    on_request="event",
    base=MESSAGE,
)
MESSAGES = {
    kind.name: kind
    for kind in (
        _EVENT_MESSAGE,
        OUTLOOK.kind(
            "eventMessageRequest",
            """
            previousLocation: location
            previousStartDateTime previousEndDateTime: dateTimeTimeZone
            responseRequested allowNewTimeProposals: Boolean
            meetingRequestType: String
            """,
            base=_EVENT_MESSAGE,
        ),
        OUTLOOK.kind(
            "eventMessageResponse",
            "responseType: responseType\n proposedNewTime: timeSlot",
            base=_EVENT_MESSAGE,
        ),
    )
}
"""The types of messages that stand beside `message` in a list."""

MAIL_FOLDER = OUTLOOK.kind(
    "mailFolder",
    """
    id displayName parentFolderId: String
    childFolderCount unreadItemCount totalItemCount: Int32
    isHidden: Boolean
    """,
)
