"""What the identity platform refuses: the word of OAuth, and the number of Entra's own."""


class Denied(Exception):
    """Ends a request for a token with Entra's envelope, which is not that of Graph."""

    def __init__(self, error: str, number: int, text: str, *, status: int = 400) -> None:
        self.error = error
        self.number = number
        self.text = text
        self.status = status
        super().__init__(f"AADSTS{number}: {text}")


def missing(name: str) -> Denied:
    """A parameter that must be there is not."""
    return Denied(
        "invalid_request",
        900144,
        f"The request body must contain the following parameter: '{name}'.",
    )


def invalid_client(number: int, text: str) -> Denied:
    """The app has not proved itself."""
    return Denied("invalid_client", number, text, status=401)


def invalid_grant(number: int, text: str) -> Denied:
    """What the app brought in a user's name is worth nothing."""
    return Denied("invalid_grant", number, text)


def unknown_tenant(name: str) -> Denied:
    """There is no such tenant."""
    return Denied(
        "invalid_request",
        90002,
        f"Tenant '{name}' not found. Check to make sure you have the correct tenant ID and are"
        " signing into the correct cloud.",
    )


def unknown_user(name: str) -> Denied:
    """There is nobody of that name."""
    return invalid_grant(
        50034,
        f"The user account {name} does not exist in the directory. To sign into this application,"
        " the account must be added to the directory.",
    )
