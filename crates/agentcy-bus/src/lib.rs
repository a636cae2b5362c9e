//! Publish and subscribe, short-lived state, rate limits, locks: over Redis or in process.
