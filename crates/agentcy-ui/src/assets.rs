//! Where the files of the pages come from.

use std::borrow::Cow;

use rust_embed::RustEmbed;

/// A file as it is sent, and a digest of it.
pub struct Asset {
    /// All of it.
    pub content: Cow<'static, [u8]>,
    /// SHA-256 of the content.
    pub digest: [u8; 32],
}

/// Looks up a file by its path below `/app/`.
pub type Find = fn(&str) -> Option<Asset>;

#[derive(RustEmbed)]
#[folder = "../../frontend/out"]
struct Pages;

/// The files that were built into this binary.
#[must_use]
pub fn embedded(path: &str) -> Option<Asset> {
    let file = Pages::get(path)?;
    Some(Asset { content: file.data, digest: file.metadata.sha256_hash() })
}
