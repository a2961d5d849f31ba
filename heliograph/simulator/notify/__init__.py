"""Change notifications: subscriptions, what they are told, and how it is delivered."""
