"""An Entra identity at Azure Managed Redis, by the optional package redis-entraid.

Whoever the environment says we are (`azure.identity.DefaultAzureCredential`): a managed identity, a
workload identity, or a service principal in `AZURE_CLIENT_ID` and its like. Tokens are renewed
behind the scenes, and connections authenticate again before the old one ends.
"""

from redis.auth.token_manager import RetryPolicy, TokenManagerConfig
from redis.credentials import CredentialProvider

from heliograph.errors import SettingsInvalid

SCOPE = "https://redis.azure.com/.default"

RENEW_AT = 0.7
"""Of a token's life: Azure wants a new AUTH three minutes before the end of about an hour."""

TOKEN_WITHIN_MILLISECONDS = 10_000
"""redis-entraid's own default is 100, less than Entra takes."""


def manager() -> TokenManagerConfig:
    """How tokens are renewed."""
    return TokenManagerConfig(RENEW_AT, 0, TOKEN_WITHIN_MILLISECONDS, RetryPolicy(5, 500))


def entra_credentials() -> CredentialProvider:
    """Credentials for one client. Raises SettingsInvalid where the package is not there."""
    try:
        from redis_entraid.cred_provider import (  # noqa: PLC0415 (an extra)
            create_from_default_azure_credential,
        )
    except ImportError:
        package = 'the package redis-entraid (pip install "heliograph[entra]")'
        raise SettingsInvalid([f"redis.identity: expected {package}, found none"]) from None
    provider: CredentialProvider = create_from_default_azure_credential(
        (SCOPE,), token_manager_config=manager()
    )
    return provider
