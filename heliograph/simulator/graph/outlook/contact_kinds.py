"""The types of contacts (graph-users-api.md, 12.6)."""

from heliograph.simulator.graph.outlook.kinds import EXTENDED, EXTENDED_NAMES, ITEM, OUTLOOK

CONTACT = OUTLOOK.kind(
    "contact",
    f"""
    {ITEM}
    parentFolderId: String
    birthday: DateTimeOffset
    fileAs displayName givenName initials middleName nickName surname title: String
    yomiGivenName yomiSurname yomiCompanyName generation: String
    imAddresses: String[]
    jobTitle companyName department officeLocation profession businessHomePage: String
    assistantName manager: String
    homePhones: String[]
    mobilePhone: String
    businessPhones: String[]
    spouseName personalNotes: String
    children: String[]
    emailAddresses: emailAddress[]
    homeAddress businessAddress otherAddress: physicalAddress
    {EXTENDED}
    """,
    on_request=EXTENDED_NAMES,
)
CONTACT_FOLDER = OUTLOOK.kind("contactFolder", "id parentFolderId displayName: String")
