//! One interface over model providers.
