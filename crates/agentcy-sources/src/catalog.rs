//! The kinds of sources there are.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{Connector, Csv, Git, Http, Json, Postgres};

/// Two connectors of one kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("two connectors call themselves {0}")]
pub struct TakenType(pub &'static str);

/// The kinds of sources there are, by name.
#[derive(Clone, Default)]
pub struct Catalog(BTreeMap<&'static str, Arc<dyn Connector>>);

impl Catalog {
    /// A catalog of these connectors.
    pub fn new(
        connectors: impl IntoIterator<Item = Arc<dyn Connector>>,
    ) -> Result<Self, TakenType> {
        let mut kinds = BTreeMap::new();
        for connector in connectors {
            let kind = connector.source_type();
            if kinds.insert(kind, connector).is_some() {
                return Err(TakenType(kind));
            }
        }
        Ok(Self(kinds))
    }

    /// Every connector that ships with the product.
    pub fn built_in() -> Self {
        let connectors: [Arc<dyn Connector>; 5] = [
            Arc::new(Csv),
            Arc::new(Git::default()),
            Arc::new(Http),
            Arc::new(Json),
            Arc::new(Postgres),
        ];
        Self(connectors.map(|connector| (connector.source_type(), connector)).into())
    }

    /// The connector of a kind.
    pub fn get(&self, source_type: &str) -> Option<&Arc<dyn Connector>> {
        self.0.get(source_type)
    }

    /// Every connector, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Connector>> {
        self.0.values()
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
