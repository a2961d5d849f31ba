"""The admin API: subscriptions listed, planned and acted on, over HTTP on a port of its own.

It lives in the keeper's process: what it starts is done there, Graph is reached from there, and the
listener's event loop has nothing to do but answer Graph. It never writes registrations itself: it
gives the keeper orders, as workers do, so that it needs no lease and any standby can serve it.
"""
