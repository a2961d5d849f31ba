"""The properties of a user: which exist, which come unasked, which may be written.

graph-users-api.md, 12.1.
"""

USER_DEFAULTS = (
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
)

_PROFILE = (
    "accountEnabled ageGroup city companyName consentProvidedForMinor country department"
    " employeeHireDate employeeId employeeLeaveDateTime employeeOrgData employeeType faxNumber"
    " identities mailNickname onPremisesExtensionAttributes onPremisesImmutableId otherMails"
    " passwordPolicies passwordProfile postalCode preferredDataLocation showInAddressList state"
    " streetAddress usageLocation userType"
)
_READ_ONLY = (
    "aboutMe assignedLicenses assignedPlans birthday createdDateTime creationType"
    " deletedDateTime externalUserState externalUserStateChangeDateTime hireDate id imAddresses"
    " interests isManagementRestricted isResourceAccount lastPasswordChangeDateTime"
    " legalAgeGroupClassification licenseAssignmentStates mailboxSettings manager mySite"
    " onPremisesDistinguishedName onPremisesDomainName onPremisesLastSyncDateTime"
    " onPremisesProvisioningErrors onPremisesSamAccountName onPremisesSecurityIdentifier"
    " onPremisesSyncEnabled onPremisesUserPrincipalName pastProjects preferredName"
    " provisionedPlans proxyAddresses responsibilities schools securityIdentifier"
    " serviceProvisioningErrors signInActivity signInSessionsValidFromDateTime skills"
)

USER_WRITABLE = frozenset((*USER_DEFAULTS, *_PROFILE.split())) - {"id"}
USER_PROPERTIES = frozenset((*USER_WRITABLE, *_READ_ONLY.split()))
USER_COLLECTIONS = frozenset(
    (
        *("assignedLicenses", "assignedPlans", "businessPhones", "identities", "imAddresses"),
        *("licenseAssignmentStates", "otherMails", "provisionedPlans", "proxyAddresses"),
    )
)
"""They come as `[]` where they hold nothing."""
