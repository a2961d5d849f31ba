"""The types of the directory (graph-users-api.md, 12.1 and 12.8), and what can be asked of them.

Which operators a property takes in `$filter` is what the property's documentation lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from heliograph.simulator.graph.kinds import Kind, Kinds

KINDS = Kinds("microsoft.graph")

_EQUALITY = frozenset(("eq", "ne", "not", "in"))
_ORDER = frozenset(("eq", "ne", "not", "ge", "le", "in"))
_STANDARD = _ORDER | {"startswith"}
_ADDRESS = _STANDARD | {"endswith"}
_COLLECTION = frozenset(("eq", "not", "ge", "le", "startswith"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A type of object with what a collection of it can be asked.

    *operators* are those that each property takes in a filter, *sortable* and *searchable* name
    properties, *lone* those that only a single object shows; *expandable* are its relations. Of an
    *indexed* one what is more than simple is asked with a header of its own.
    """

    kind: Kind
    context: str
    writable: frozenset[str]
    operators: Mapping[str, frozenset[str]]
    sortable: frozenset[str]
    searchable: frozenset[str]
    is_indexed: bool = True
    lone: frozenset[str] = frozenset()
    expandable: frozenset[str] = frozenset()

    @property
    def type(self) -> str:
        """What `@odata.type` says."""
        return f"#microsoft.graph.{self.kind.name}"


def words(text: str) -> frozenset[str]:
    """The words in *text*."""
    return frozenset(text.split())


def _operators(*lines: tuple[frozenset[str], str]) -> dict[str, frozenset[str]]:
    return {name: operators for operators, names in lines for name in names.split()}


KINDS.kind("assignedLicense", "skuId: Guid\n disabledPlans: Guid[]")
KINDS.kind("employeeOrgData", "division costCenter: String")
KINDS.kind(
    "passwordProfile",
    """
    password: String
    forceChangePasswordNextSignIn forceChangePasswordNextSignInWithMfa: Boolean
    """,
)
KINDS.kind("objectIdentity", "signInType issuer issuerAssignedId: String")
KINDS.kind(
    "onPremisesExtensionAttributes",
    " ".join(f"extensionAttribute{number}" for number in range(1, 16)) + ": String",
)

_LONE_TEXT = "aboutMe mySite preferredName"
_LONE_LISTS = "interests pastProjects responsibilities schools skills"
_LONE_TIMES = "birthday hireDate"
_USER_DEFAULTS = (
    "businessPhones displayName givenName jobTitle mail mobilePhone officeLocation"
    " preferredLanguage surname userPrincipalName id"
)
_USER_REST = f"""
    accountEnabled isManagementRestricted isResourceAccount: Boolean
    onPremisesSyncEnabled showInAddressList: Boolean
    ageGroup city companyName consentProvidedForMinor country creationType: String
    department employeeId employeeType externalUserState faxNumber mailNickname: String
    legalAgeGroupClassification onPremisesDistinguishedName onPremisesDomainName: String
    onPremisesImmutableId onPremisesSamAccountName onPremisesSecurityIdentifier: String
    onPremisesUserPrincipalName passwordPolicies postalCode preferredDataLocation: String
    securityIdentifier state streetAddress usageLocation userType identityParentId: String
    createdDateTime deletedDateTime employeeHireDate employeeLeaveDateTime: DateTimeOffset
    externalUserStateChangeDateTime lastPasswordChangeDateTime: DateTimeOffset
    onPremisesLastSyncDateTime signInSessionsValidFromDateTime: DateTimeOffset
    imAddresses otherMails proxyAddresses: String[]
    assignedLicenses: assignedLicense[]
    assignedPlans licenseAssignmentStates provisionedPlans: Any[]
    onPremisesProvisioningErrors serviceProvisioningErrors: Any[]
    identities: objectIdentity[]
    employeeOrgData: employeeOrgData
    onPremisesExtensionAttributes: onPremisesExtensionAttributes
    passwordProfile: passwordProfile
    authorizationInfo customSecurityAttributes deviceEnrollmentLimit mailboxSettings: Any
    print signInActivity cloudLicensing: Any
    {_LONE_TEXT}: String
    {_LONE_LISTS}: String[]
    {_LONE_TIMES}: DateTimeOffset
"""
_USER_TYPES = f"""
    {_USER_DEFAULTS.replace("businessPhones ", "")}: String
    businessPhones: String[]
    {_USER_REST}
"""


def _names(text: str) -> str:
    return " ".join(line.partition(":")[0] for line in text.splitlines())


SHAREPOINT = frozenset(f"{_LONE_TEXT} {_LONE_LISTS} birthday".split()) - {"preferredName"}
"""Properties of a user that lie in SharePoint and are written on their own."""

USERS = Family(
    kind=KINDS.kind("user", _USER_TYPES, on_request=_names(_USER_REST)),
    context="users",
    writable=words(
        f"""
        {_USER_DEFAULTS.removesuffix(" id")}
        accountEnabled ageGroup city companyName consentProvidedForMinor country
        customSecurityAttributes department employeeHireDate employeeId
        employeeLeaveDateTime employeeOrgData employeeType faxNumber identities
        mailNickname onPremisesExtensionAttributes onPremisesImmutableId otherMails
        passwordPolicies passwordProfile postalCode preferredDataLocation
        showInAddressList state streetAddress usageLocation userType
        """
    )
    | SHAREPOINT,
    operators=_operators(
        (frozenset(("eq", "in")), "id"),
        (
            _STANDARD,
            """
            displayName givenName surname jobTitle mobilePhone officeLocation preferredLanguage
            city state postalCode streetAddress country companyName faxNumber employeeId
            mailNickname usageLocation
            """,
        ),
        (_ADDRESS, "userPrincipalName mail"),
        (_ORDER, "department createdDateTime deletedDateTime employeeHireDate"),
        (_ORDER, "employeeLeaveDateTime employeeOrgData onPremisesImmutableId"),
        (_ORDER, "onPremisesLastSyncDateTime"),
        (_ORDER | {"startswith"}, "employeeType onPremisesSamAccountName"),
        (_ORDER | {"startswith"}, "onPremisesUserPrincipalName"),
        (
            _EQUALITY,
            """
            accountEnabled ageGroup creationType externalUserState userType
            externalUserStateChangeDateTime onPremisesSyncEnabled consentProvidedForMinor
            legalAgeGroupClassification onPremisesExtensionAttributes
            """,
        ),
        (frozenset(("eq", "not")), "assignedLicenses assignedPlans"),
        (frozenset(("eq", "not", "ge", "le")), "provisionedPlans"),
        (frozenset(("eq",)), "identities onPremisesSecurityIdentifier"),
        (_COLLECTION, "businessPhones imAddresses securityIdentifier"),
        (_COLLECTION | {"endswith", "in"}, "otherMails"),
        (_COLLECTION | {"endswith"}, "proxyAddresses"),
        (frozenset(("ne", "not", "eq")), "passwordPolicies"),
        (frozenset(("eq", "ne", "not", "ge", "le")), "signInActivity"),
    ),
    sortable=words(
        """
        displayName userPrincipalName givenName surname mail createdDateTime
        deletedDateTime companyName department jobTitle employeeId
        """
    ),
    searchable=words(
        """
        displayName givenName surname mail mailNickname mobilePhone userPrincipalName
        proxyAddresses otherMails
        """
    ),
    lone=frozenset(f"{_LONE_TEXT} {_LONE_LISTS} {_LONE_TIMES} mailboxSettings".split()),
    expandable=frozenset(
        ("manager", "directReports", "memberOf", "transitiveMemberOf", "ownedObjects")
    ),
)

_GROUP_REST = """
    assignedLabels: Any[]
    assignedLicenses: assignedLicense[]
    licenseProcessingState: Any
    allowExternalSenders autoSubscribeNewMembers hideFromAddressLists: Boolean
    hideFromOutlookClients isSubscribedByMail hasMembersWithLicenseErrors: Boolean
    unseenCount: Int32
"""
GROUPS = Family(
    kind=KINDS.kind(
        "group",
        f"""
        id: String
        deletedDateTime createdDateTime expirationDateTime renewedDateTime: DateTimeOffset
        classification description displayName mail mailNickname membershipRule: String
        membershipRuleProcessingState onPremisesDomainName onPremisesNetBiosName: String
        onPremisesSamAccountName onPremisesSecurityIdentifier preferredDataLocation: String
        preferredLanguage securityIdentifier theme uniqueName visibility: String
        isAssignableToRole mailEnabled onPremisesSyncEnabled securityEnabled: Boolean
        isManagementRestricted: Boolean
        onPremisesLastSyncDateTime: DateTimeOffset
        creationOptions groupTypes proxyAddresses resourceBehaviorOptions: String[]
        resourceProvisioningOptions: String[]
        onPremisesProvisioningErrors serviceProvisioningErrors: Any[]
        {_GROUP_REST}
        """,
        on_request=_names(_GROUP_REST),
    ),
    context="groups",
    writable=words(
        """
        classification description displayName groupTypes isAssignableToRole mailEnabled
        mailNickname membershipRule membershipRuleProcessingState preferredDataLocation
        preferredLanguage securityEnabled theme uniqueName visibility
        allowExternalSenders autoSubscribeNewMembers hideFromAddressLists
        hideFromOutlookClients isSubscribedByMail unseenCount
        """
    ),
    operators=_operators(
        (frozenset(("eq", "in")), "id"),
        (_STANDARD, "displayName description mailNickname membershipRule classification"),
        (_ADDRESS, "mail"),
        (_ORDER, "createdDateTime expirationDateTime renewedDateTime deletedDateTime"),
        (_EQUALITY, "mailEnabled securityEnabled isAssignableToRole onPremisesSyncEnabled"),
        (_EQUALITY | {"startswith"}, "visibility preferredLanguage uniqueName theme"),
        (_COLLECTION | {"endswith"}, "proxyAddresses"),
        (frozenset(("eq", "not", "ne")), "groupTypes assignedLicenses assignedLabels"),
        (frozenset(("eq", "not")), "resourceProvisioningOptions hasMembersWithLicenseErrors"),
    ),
    sortable=words(
        """
        displayName mail createdDateTime renewedDateTime
        """
    ),
    searchable=words(
        """
        displayName description mail mailNickname
        """
    ),
    expandable=frozenset(
        ("members", "owners", "memberOf", "transitiveMembers", "transitiveMemberOf")
    ),
)
GROUP_DELEGATED = words(
    """
        allowExternalSenders autoSubscribeNewMembers hideFromAddressLists
        hideFromOutlookClients isSubscribedByMail unseenCount
        """
)
"""Properties of a group that only a signed-in user reads and writes."""

ROLES = Family(
    kind=KINDS.kind(
        "directoryRole",
        "id description displayName roleTemplateId: String\n deletedDateTime: DateTimeOffset",
    ),
    context="directoryRoles",
    writable=frozenset(("roleTemplateId",)),
    operators=_operators((frozenset(("eq", "in")), "id displayName roleTemplateId")),
    sortable=frozenset(("displayName",)),
    searchable=frozenset(("displayName", "description")),
    expandable=frozenset(("members",)),
)
APPS = Family(
    kind=KINDS.kind(
        "servicePrincipal",
        """
        id appDisplayName appId appOwnerOrganizationId displayName: String
        servicePrincipalType signInAudience: String
        deletedDateTime: DateTimeOffset
        accountEnabled: Boolean
        tags: String[]
        """,
    ),
    context="servicePrincipals",
    writable=frozenset(),
    operators=_operators((_STANDARD, "id appId displayName servicePrincipalType")),
    sortable=frozenset(("displayName",)),
    searchable=frozenset(("displayName",)),
    expandable=frozenset(("memberOf",)),
)
ASSIGNMENTS = Family(
    kind=KINDS.kind(
        "unifiedRoleAssignment",
        """
        id roleDefinitionId principalId directoryScopeId appScopeId: String
        principalOrganizationId resourceScope condition: String
        """,
        on_request="appScopeId",
    ),
    context="roleManagement/directory/roleAssignments",
    writable=words(
        """
        roleDefinitionId principalId directoryScopeId appScopeId
        """
    ),
    operators=_operators(
        (
            frozenset(("eq", "in")),
            "id roleDefinitionId principalId directoryScopeId appScopeId principalOrganizationId",
        )
    ),
    sortable=frozenset(),
    searchable=frozenset(),
    is_indexed=False,
    expandable=frozenset(("principal", "roleDefinition", "directoryScope")),
)
DEFINITIONS = Family(
    kind=KINDS.kind(
        "unifiedRoleDefinition",
        """
        id description displayName templateId version: String
        isBuiltIn isEnabled: Boolean
        resourceScopes: String[]
        rolePermissions: Any[]
        """,
    ),
    context="roleManagement/directory/roleDefinitions",
    writable=frozenset(),
    operators=_operators(
        (frozenset(("eq", "in", "startswith")), "id displayName isBuiltIn templateId")
    ),
    sortable=frozenset(("displayName",)),
    searchable=frozenset(),
    is_indexed=False,
)
SKUS = Family(
    kind=KINDS.kind(
        "subscribedSku",
        """
        accountName accountId appliesTo capabilityStatus id skuId skuPartNumber: String
        consumedUnits: Int32
        prepaidUnits: Any
        servicePlans: Any[]
        subscriptionIds: String[]
        """,
    ),
    context="subscribedSkus",
    writable=frozenset(),
    operators={},
    sortable=frozenset(),
    searchable=frozenset(),
    is_indexed=False,
)
LICENCE_DETAILS = Family(
    kind=KINDS.kind("licenseDetails", "id skuId skuPartNumber: String\n servicePlans: Any[]"),
    context="licenseDetails",
    writable=frozenset(),
    operators={},
    sortable=frozenset(),
    searchable=frozenset(),
    is_indexed=False,
)
OBJECTS: Mapping[str, Family] = {
    "user": USERS,
    "group": GROUPS,
    "directoryRole": ROLES,
    "servicePrincipal": APPS,
}
"""The families that a collection of directory objects mixes, by the names of their types."""
