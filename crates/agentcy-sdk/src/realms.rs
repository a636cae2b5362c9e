//! Realms: named parts of an org's graph.

use serde::Deserialize;

use crate::{Client, Error, List};

/// A realm.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Realm {
    /// What everything in it carries.
    pub slug: String,
    /// What people call it.
    #[serde(default)]
    pub name: String,
    /// What belongs there.
    #[serde(default)]
    pub description: String,
    /// Whether it exists in each org.
    #[serde(default)]
    pub built_in: bool,
}

#[derive(Deserialize)]
struct Available {
    items: Vec<Realm>,
}

impl Client {
    /// The realms that the caller sees.
    pub fn realms(&self) -> List<Realm> {
        List::new(self, &["realms"])
    }

    /// The realms that the caller may put things into, all at once.
    pub async fn available_realms(&self) -> Result<Vec<Realm>, Error> {
        let Available { items } = self.get(&["realms", "available"]).read().await?;
        Ok(items)
    }
}
