//! Invitations, looked up by their token before the org is known.

use agentcy_core::{
    Realms, Role, Timestamp,
    id::{InviteId, OrgId},
};
use uuid::Uuid;

use crate::{Error, Result, SystemTx, standing};

/// An invitation nobody has accepted yet.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// Its id.
    pub id: InviteId,
    /// Into which org.
    pub org_id: OrgId,
    /// Who is invited.
    pub email: String,
    /// The role they shall have.
    pub role: Role,
    /// The realms they shall see.
    pub realms: Realms,
}

struct InvitationRow {
    id: Uuid,
    org_id: Uuid,
    email: String,
    role: String,
    realms: Vec<String>,
}

impl TryFrom<InvitationRow> for Invitation {
    type Error = Error;

    fn try_from(row: InvitationRow) -> Result<Self> {
        let id = InviteId::from(row.id);
        Ok(Self {
            id,
            org_id: row.org_id.into(),
            email: row.email,
            role: standing::role("invites", id, &row.role)?,
            realms: standing::realms("invites", id, &row.realms)?,
        })
    }
}

/// The open invitation whose token has this digest.
#[tracing::instrument(name = "db.invites.find_before_org", skip_all)]
pub async fn find(
    tx: &mut SystemTx,
    token_hash: &[u8],
    at: Timestamp,
) -> Result<Option<Invitation>> {
    let row = sqlx::query_as!(
        InvitationRow,
        "select id, org_id, email, role, realms from invites
         where token_hash = $1 and accepted_at is null and expires_at > $2",
        token_hash,
        at,
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Invitation::try_from).transpose()
}

/// Uses an invitation up; of several at once exactly one gets true.
#[tracing::instrument(name = "db.invites.accept", skip_all)]
pub async fn accept(tx: &mut SystemTx, id: InviteId, at: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update invites set accepted_at = $2
         where id = $1 and accepted_at is null and expires_at > $2",
        Uuid::from(id),
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
