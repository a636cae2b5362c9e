//! The orgs of a person, which no single org may ask.

use agentcy_core::{
    Realms, Role, Timestamp,
    id::{OrgId, UserId},
};
use uuid::Uuid;

use crate::{Result, SystemTx, standing};

/// What a person is in one of their orgs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The org.
    pub org_id: OrgId,
    /// Its name.
    pub org_name: String,
    /// What they are there.
    pub role: Role,
    /// The realms they see there.
    pub realms: Realms,
    /// When they joined.
    pub created_at: Timestamp,
}

/// The orgs that a person is an active member of, the one joined first in front; at most 200.
#[tracing::instrument(name = "db.memberships.of_user", skip_all)]
pub async fn of_user(tx: &mut SystemTx, user: UserId) -> Result<Vec<Membership>> {
    let rows = sqlx::query!(
        "select m.org_id, o.name as org_name, m.role, m.realms, m.created_at
         from memberships m join orgs o on o.id = m.org_id
         where m.user_id = $1 and m.disabled_at is null
         order by m.created_at, m.org_id limit 200",
        Uuid::from(user),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Membership {
                org_id: row.org_id.into(),
                org_name: row.org_name,
                role: standing::role("memberships", user, &row.role)?,
                realms: standing::realms("memberships", user, &row.realms)?,
                created_at: row.created_at,
            })
        })
        .collect()
}
