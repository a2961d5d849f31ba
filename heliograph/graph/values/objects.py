"""Directory objects: users, groups, and what a list of mixed ones holds.

Every property may be absent, as an answer holds what was selected. Absent and null are both None
here; where they must be told apart, read the plain properties instead. Unknown ones pass.
"""

from datetime import datetime

import msgspec


class Entity(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Anything with an id. Its `repr` shows no more, as the rest is somebody's data."""

    id: str = ""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r})"


class DirectoryObject(Entity, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A user, group, role, ... as it stands in a mixed collection. `kind` says which."""

    odata_type: str | None = msgspec.field(default=None, name="@odata.type")
    display_name: str | None = None
    deleted_date_time: datetime | None = None

    @property
    def kind(self) -> str:
        """The short name of its type: `user`, `group`, `directoryRole`; empty where not told."""
        return (self.odata_type or "").rpartition(".")[2]


class License(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A licence that a user holds, directly or by a group."""

    sku_id: str
    disabled_plans: list[str] = []


class User(DirectoryObject, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A person's account. https://learn.microsoft.com/graph/api/resources/user"""

    user_principal_name: str | None = None
    account_enabled: bool | None = None
    age_group: str | None = None
    assigned_licenses: list[License] | None = None
    business_phones: list[str] | None = None
    city: str | None = None
    company_name: str | None = None
    country: str | None = None
    created_date_time: datetime | None = None
    creation_type: str | None = None
    department: str | None = None
    employee_hire_date: datetime | None = None
    employee_id: str | None = None
    employee_leave_date_time: datetime | None = None
    employee_type: str | None = None
    external_user_state: str | None = None
    external_user_state_change_date_time: datetime | None = None
    fax_number: str | None = None
    given_name: str | None = None
    im_addresses: list[str] | None = None
    job_title: str | None = None
    last_password_change_date_time: datetime | None = None
    mail: str | None = None
    mail_nickname: str | None = None
    manager: "User | None" = None  # or an organizational contact, which has a name as well
    mobile_phone: str | None = None
    office_location: str | None = None
    on_premises_immutable_id: str | None = None
    on_premises_last_sync_date_time: datetime | None = None
    on_premises_sam_account_name: str | None = None
    on_premises_sync_enabled: bool | None = None
    other_mails: list[str] | None = None
    password_policies: str | None = None
    postal_code: str | None = None
    preferred_data_location: str | None = None
    preferred_language: str | None = None
    proxy_addresses: list[str] | None = None
    security_identifier: str | None = None
    sign_in_sessions_valid_from_date_time: datetime | None = None
    state: str | None = None
    street_address: str | None = None
    surname: str | None = None
    usage_location: str | None = None
    user_type: str | None = None


class Group(DirectoryObject, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A group of any sort. https://learn.microsoft.com/graph/api/resources/group"""

    assigned_licenses: list[License] | None = None
    classification: str | None = None
    created_date_time: datetime | None = None
    description: str | None = None
    expiration_date_time: datetime | None = None
    group_types: list[str] | None = None
    is_assignable_to_role: bool | None = None
    mail: str | None = None
    mail_enabled: bool | None = None
    mail_nickname: str | None = None
    membership_rule: str | None = None
    membership_rule_processing_state: str | None = None
    on_premises_sync_enabled: bool | None = None
    preferred_data_location: str | None = None
    preferred_language: str | None = None
    proxy_addresses: list[str] | None = None
    renewed_date_time: datetime | None = None
    security_enabled: bool | None = None
    security_identifier: str | None = None
    theme: str | None = None
    visibility: str | None = None

    @property
    def is_dynamic(self) -> bool:
        """Are its members chosen by a rule, so that none can be added or removed?"""
        return "DynamicMembership" in (self.group_types or ())


USER_FIELDS = (
    "id",
    "accountEnabled",
    "companyName",
    "createdDateTime",
    "department",
    "displayName",
    "employeeId",
    "employeeType",
    "givenName",
    "jobTitle",
    "mail",
    "mailNickname",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "usageLocation",
    "userPrincipalName",
    "userType",
)
"""What a User is asked for, unless the caller selects: all but what costs or needs more."""

GROUP_FIELDS = (
    "id",
    "createdDateTime",
    "description",
    "displayName",
    "groupTypes",
    "isAssignableToRole",
    "mail",
    "mailEnabled",
    "mailNickname",
    "onPremisesSyncEnabled",
    "securityEnabled",
    "visibility",
)
