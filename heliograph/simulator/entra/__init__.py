"""The identity platform: who may have which token, in Entra's forms and with its errors."""
