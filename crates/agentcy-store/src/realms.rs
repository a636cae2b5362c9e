//! The realms of an org.

use agentcy_core::{Realm, Timestamp};
use uuid::Uuid;

use crate::{Error, Result, Tenant};

/// The most realms that are read of one org.
const MOST: i64 = 1000;

/// A realm of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RealmInfo {
    /// Its slug, which everything in it carries.
    pub realm: Realm,
    /// What people call it.
    pub name: String,
    /// What belongs there.
    pub description: String,
    /// Whether it exists in each org.
    pub built_in: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Every realm of the org: the built-in ones first, then by slug.
#[tracing::instrument(name = "db.realms.list", skip_all)]
pub async fn list(tenant: &mut impl Tenant) -> Result<Vec<RealmInfo>> {
    let rows = sqlx::query!(
        "select slug, name, description, built_in, created_at from realms
         where org_id = $1 order by built_in desc, slug limit $2",
        Uuid::from(tenant.org()),
        MOST,
    )
    .fetch_all(tenant.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(RealmInfo {
                realm: row.slug.parse().map_err(|e| Error::corrupt("realms", &row.slug, e))?,
                name: row.name,
                description: row.description,
                built_in: row.built_in,
                created_at: row.created_at,
            })
        })
        .collect()
}

/// Those of the given realms that the org does not have.
#[tracing::instrument(name = "db.realms.unknown", skip_all)]
pub async fn unknown(tenant: &mut impl Tenant, realms: &[Realm]) -> Result<Vec<String>> {
    let slugs: Vec<String> = realms.iter().map(ToString::to_string).collect();
    Ok(sqlx::query_scalar!(
        r#"select asked.slug as "slug!" from unnest($2::text[]) with ordinality asked (slug, position)
           where not exists (select from realms r where r.org_id = $1 and r.slug = asked.slug)
           order by asked.position"#,
        Uuid::from(tenant.org()),
        &slugs,
    )
    .fetch_all(tenant.conn())
    .await?)
}
