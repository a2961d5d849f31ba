"""The types of To Do (graph-users-api.md, 12.7)."""

from heliograph.simulator.graph.outlook.kinds import OUTLOOK

OUTLOOK.words("taskStatus", "notStarted inProgress completed waitingOnOthers deferred")

TASK_LIST = OUTLOOK.kind(
    "todoTaskList",
    """
    id displayName: String
    isOwner isShared: Boolean
    wellknownListName: String
    """,
)
CHECKLIST_ITEM = OUTLOOK.kind(
    "checklistItem",
    """
    id displayName: String
    createdDateTime checkedDateTime: DateTimeOffset
    isChecked: Boolean
    """,
)
LINKED_RESOURCE = OUTLOOK.kind(
    "linkedResource", "id webUrl applicationName displayName externalId: String"
)
TASK = OUTLOOK.kind(
    "todoTask",
    """
    id title: String
    importance: importance
    isReminderOn: Boolean
    status: taskStatus
    createdDateTime lastModifiedDateTime bodyLastModifiedDateTime: DateTimeOffset
    hasAttachments: Boolean
    categories: String[]
    recurrence: patternedRecurrence
    body: itemBody
    startDateTime dueDateTime reminderDateTime completedDateTime: dateTimeTimeZone
    checklistItems: checklistItem[]
    linkedResources: linkedResource[]
    extensions: Any
    """,
    on_request="checklistItems linkedResources extensions",
)
