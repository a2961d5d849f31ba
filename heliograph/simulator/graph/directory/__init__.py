"""Graph's paths into the directory, a module a family."""

from heliograph.simulator.graph.directory import (
    apps,
    audits,
    deleted_items,
    delta,
    groups,
    licences,
    memberships,
    photos,
    relations,
    roles,
    users,
)

FAMILIES = (
    users.routes,
    relations.routes,
    memberships.routes,
    licences.routes,
    photos.routes,
    groups.routes,
    roles.routes,
    apps.routes,
    deleted_items.routes,
    audits.routes,
    delta.routes,
)
