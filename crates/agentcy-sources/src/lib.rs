//! Connectors: one folder each, one small trait.
