"""Access tokens for Graph: how the app and signed-in users prove themselves to Entra."""

from heliograph.graph.auth.entra import app_tokens
from heliograph.graph.auth.tokens import Tokens, TokenSource

__all__ = ["TokenSource", "Tokens", "app_tokens"]
