//! Operations: what a caller may do, one module a capability.
