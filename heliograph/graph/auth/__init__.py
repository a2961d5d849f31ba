"""Access tokens for Graph: how the app and signed-in users prove themselves to Entra."""

from heliograph.graph.auth.device import Prompt, sign_in
from heliograph.graph.auth.entra import app_tokens
from heliograph.graph.auth.tokens import Tokens, TokenSource
from heliograph.graph.auth.users import SignedIn, SignIn, SignIns, UserTokens

__all__ = [
    "Prompt",
    "SignIn",
    "SignIns",
    "SignedIn",
    "TokenSource",
    "Tokens",
    "UserTokens",
    "app_tokens",
    "sign_in",
]
