//! Environment to typed, checked sections.
