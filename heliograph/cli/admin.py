"""`heliograph admin`: keys of the admin API."""

import secrets
from hashlib import sha256
from typing import Annotated, Literal

from cyclopts import App, Parameter

app = App(name="admin", help="Keys of the admin API.")


@app.command
def key(
    name: Annotated[str, Parameter(help="Whose key it is: stands in the audit log.")],
    *,
    role: Literal["read", "write"] = "read",
) -> None:
    """Make a key, and show it once with the settings that take it.

    Example: heliograph admin key ci --role write

    Parameters
    ----------
    role
        Whether its holder may act, or only look.
    """
    made = f"hga_{secrets.token_urlsafe(32)}"
    print(f"# The key, shown this once: {made}")
    print(f"[admin.keys.{name}]")
    print(f'sha256 = "{sha256(made.encode()).hexdigest()}"')
    print(f'role = "{role}"')
