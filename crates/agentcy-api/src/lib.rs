//! The REST facade: routes, OpenAPI, limits, errors.
