//! People, as their orgs know them.

use agentcy_core::{Timestamp, id::UserId};
use serde_json::Value;
use uuid::Uuid;

use crate::{Result, Tenant, Tx};

/// What a person says of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Who.
    pub id: UserId,
    /// Their e-mail.
    pub email: String,
    /// Their name.
    pub name: String,
    /// Where their picture is.
    pub avatar_url: Option<String>,
    /// What the UI keeps for them; a JSON object.
    pub preferences: Value,
    /// When they came.
    pub created_at: Timestamp,
}

struct ProfileRow {
    id: Uuid,
    email: String,
    name: String,
    avatar_url: Option<String>,
    preferences: Value,
    created_at: Timestamp,
}

impl From<ProfileRow> for Profile {
    fn from(row: ProfileRow) -> Self {
        Self {
            id: row.id.into(),
            email: row.email,
            name: row.name,
            avatar_url: row.avatar_url,
            preferences: row.preferences,
            created_at: row.created_at,
        }
    }
}

/// The profile of a member of the org.
#[tracing::instrument(name = "db.users.find", skip_all)]
pub async fn find(tenant: &mut impl Tenant, user: UserId) -> Result<Option<Profile>> {
    let row = sqlx::query_as!(
        ProfileRow,
        "select u.id, u.email, u.name, u.avatar_url, u.preferences, u.created_at
         from users u join memberships m on m.user_id = u.id
         where m.org_id = $1 and u.id = $2",
        Uuid::from(tenant.org()),
        Uuid::from(user),
    )
    .fetch_optional(tenant.conn())
    .await?;
    Ok(row.map(Profile::from))
}

/// The same, locked until the transaction ends.
#[tracing::instrument(name = "db.users.lock", skip_all)]
pub async fn lock(tx: &mut Tx, user: UserId) -> Result<Option<Profile>> {
    let row = sqlx::query_as!(
        ProfileRow,
        "select u.id, u.email, u.name, u.avatar_url, u.preferences, u.created_at
         from users u join memberships m on m.user_id = u.id
         where m.org_id = $1 and u.id = $2
         for update of u",
        Uuid::from(tx.org()),
        Uuid::from(user),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Profile::from))
}

/// Writes what people may change of themselves.
#[tracing::instrument(name = "db.users.update", skip_all)]
pub async fn update(tx: &mut Tx, profile: &Profile, now: Timestamp) -> Result<()> {
    sqlx::query!(
        "update users set name = $3, avatar_url = $4, preferences = $5, updated_at = $6
         where id = $2 and exists (select from memberships where org_id = $1 and user_id = $2)",
        Uuid::from(tx.org()),
        Uuid::from(profile.id),
        profile.name,
        profile.avatar_url,
        profile.preferences,
        now,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}
