"""`heliograph init`: the settings to begin with, commented, and a root secret of one's own."""

from pathlib import Path

from heliograph.cli.stack import new_root_secret, write_private
from heliograph.errors import HeliographError
from heliograph.settings import FILE_NAME

TEMPLATE = """\
# Heliograph's settings. `heliograph check` reports every fault at once, and where each value comes from.
# Every value can come from the environment instead: HELIOGRAPH_SECTION__KEY. Secrets are never written here: they are
# references to the environment, { env = "NAME" }, or to a file, { file = "path" }. Paths begin beside this file.

[tenants.main]                                       # "main" is the name that metrics and subscriptions use
tenant_id = "00000000-0000-0000-0000-000000000000"   # the directory (tenant) id, from the Entra admin centre
client_id = "00000000-0000-0000-0000-000000000000"   # the application (client) id of the app registration
client_secret = { env = "CLIENT_SECRET" }
# cloud = "global"                                   # or usgov, dod, china

[listener]
public_url = "https://heliograph.example.com"        # by which Graph reaches the listener; a proxy in front ends TLS
# host = "127.0.0.1"
# port = 8080
# tls_certificate = "tls/chain.pem"                  # to end TLS here instead
# tls_key = "tls/key.pem"

[workers]
# concurrency = 100                                  # lanes and runs at once in one process
# lease = "15s"                                      # when the work of a dead worker goes on elsewhere
# health_port = 8081                                 # /healthz, /readyz and /metrics, on loopback

[redis]
# url = { env = "REDIS_URL" }                        # Redis or Valkey 7.2 or newer, with AOF and noeviction.
                                                     # Without it `heliograph up` runs one in .heliograph/redis

[secrets]
root = { file = "secrets/root" }                     # all keys of our own come from it: keep it, and keep it secret

[audit]
# url = "sqlite:///audit.db"                         # or { env = "AUDIT_URL" } with postgresql://...

# What to watch. Graph knows no `created` for users and groups; Heliograph finds it out.

[[subscriptions]]
resource = "users"

[[subscriptions]]
resource = "groups"

# [[subscriptions]]                                  # mail with its content, encrypted for us by Graph
# resource = "users/{id}/mailFolders('inbox')/messages"
# for_each = ["hr@example.com"]                      # user principal names or ids
# rich = true
# select = ["subject", "from", "isRead", "isDraft", "receivedDateTime"]

# [[subscriptions]]
# resource = "users/{id}/events"                     # or users/{id}/contacts
# for_each = ["hr@example.com"]

# What to do. A handler is a module with a router: one that ships (handlers.*), or your own beside this file.

[handlers.audit]
module = "handlers.audit"

# [handlers.onboarding]
# module = "handlers.onboarding"
# settings = { sender = "hr@example.com" }

[log]
level = "info"
"""


class AlreadyThere(HeliographError):
    """A file that would be written exists."""


def write_files(directory: Path) -> list[Path]:
    """Writes the settings and the root secret into *directory*; what was written.

    Raises AlreadyThere, and writes nothing, where one of them exists.
    """
    config, root = directory / FILE_NAME, directory / "secrets" / "root"
    for path in (config, root):
        if path.exists():
            raise AlreadyThere(f"expected no {path}, found one: nothing was written")
    write_private(root, new_root_secret())
    config.write_text(TEMPLATE, "utf-8")
    return [config, root]
