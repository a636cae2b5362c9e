//! Which database an org's graph is in: one of its own where the server has several, else the one for all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use agentcy_core::id::{Id as _, OrgId};
use neo4rs::query;
use tokio::sync::OnceCell;

use super::{
    link::{Link, refused},
    schema,
};
use crate::Result;

/// Where databases are made.
const SYSTEM: &str = "system";

const EDITION: &str = "
    CALL dbms.components() YIELD name, edition
    WHERE name = 'Neo4j Kernel'
    RETURN edition AS edition
    LIMIT 1";

const FIND: &str = "SHOW DATABASES YIELD name WHERE name = $name RETURN name LIMIT 1";

// Waits until it can be used everywhere.
const CREATE: &str = "CREATE DATABASE $name IF NOT EXISTS WAIT";

pub(super) struct Databases {
    home: Link,
    /// Whether the server has several, once it said so.
    several: OnceCell<bool>,
    /// Set once the constraints are in the one for all.
    shared: OnceCell<()>,
    /// Those of orgs that were asked for, each set once it is there with its constraints.
    own: Mutex<HashMap<OrgId, Arc<OnceCell<Link>>>>,
}

impl Databases {
    pub(super) fn new(home: Link) -> Self {
        let (several, shared) = (OnceCell::new(), OnceCell::new());
        Self { home, several, shared, own: Mutex::default() }
    }

    /// The database that we were told of, or the server's default.
    pub(super) const fn home(&self) -> &Link {
        &self.home
    }

    /// Whether each org has a database of its own.
    pub(super) async fn are_several(&self) -> Result<bool> {
        if self.home.settings.database.is_some() {
            return Ok(false);
        }
        self.several.get_or_try_init(|| has_several(&self.home)).await.copied()
    }

    /// The way to an org's graph, made ready when it is first asked for.
    pub(super) async fn of(&self, org: OrgId) -> Result<Link> {
        if !self.are_several().await? {
            self.shared.get_or_try_init(|| schema::create(&self.home)).await?;
            return Ok(self.home.clone());
        }
        let own = {
            let mut all = self.own.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(org).or_default())
        };
        own.get_or_try_init(|| self.make(org)).await.cloned()
    }

    async fn make(&self, org: OrgId) -> Result<Link> {
        let (name, system) = (name(org), self.home.on(SYSTEM));
        // Whoever made the databases beforehand need not give us the right to make them.
        let find = query(FIND).param("name", name.as_str());
        if system.rows(find, system.settings.read).await?.is_empty() {
            tracing::info!(org.id = %org, database = name, "the database of an org is made");
            create(&system, &name).await?;
        }
        let link = self.home.on(&name);
        schema::create(&link).await?;
        Ok(link)
    }
}

async fn create(system: &Link, name: &str) -> Result<()> {
    for row in system.change(query(CREATE).param("name", name)).await? {
        if !row.get::<bool>("success").map_err(refused)? {
            let message: String = row.get("message").map_err(refused)?;
            return Err(refused(message));
        }
    }
    Ok(())
}

async fn has_several(home: &Link) -> Result<bool> {
    let rows = home.rows(query(EDITION), home.settings.read).await?;
    let edition: Option<String> =
        rows.first().map(|row| row.get("edition").map_err(refused)).transpose()?;
    Ok(edition.as_deref() == Some("enterprise"))
}

/// The name of an org's database: lower-case letters, digits and dashes, as the server wants it.
fn name(org: OrgId) -> String {
    format!("agentcy-{}", org.uuid())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_name_of_a_database_is_one_that_the_server_takes() {
        let name = name(Uuid::from_u128(u128::MAX).into());
        assert_eq!(name, "agentcy-ffffffff-ffff-ffff-ffff-ffffffffffff");
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        assert!(name.len() <= 63 && name.bytes().all(fits));
    }
}
