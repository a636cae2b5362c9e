//! Sessions, looked up by what a token says before the org is known.

use agentcy_core::{
    Realms, Role, Timestamp,
    id::{OrgId, SessionId, UserId},
};
use uuid::Uuid;

use crate::{Error, Result, SystemTx, standing};

/// What refuses a session of somebody who is no member.
pub const MEMBER_KEY: &str = "sessions_org_id_user_id_fkey";

/// A session to be kept.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// The org it acts in.
    pub org_id: OrgId,
    /// Whose it is.
    pub user_id: UserId,
    /// Whether its token lives in a cookie.
    pub cookie: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
}

/// A session as it stands, with what its person is by now.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "four facts that do not depend on each other")]
pub struct Standing {
    /// The org it acts in.
    pub org_id: OrgId,
    /// Whose it is.
    pub user_id: UserId,
    /// Whether its token lives in a cookie.
    pub cookie: bool,
    /// Which of its tokens is good.
    pub generation: i32,
    /// When it ends whatever happens.
    pub expires_at: Timestamp,
    /// Whether somebody ended it.
    pub revoked: bool,
    /// Whether its person is shut out of the org.
    pub disabled: bool,
    /// The person's role in the org.
    pub role: Role,
    /// The realms they see.
    pub realms: Realms,
    /// Whether they administer the platform.
    pub platform_admin: bool,
}

struct StandingRow {
    id: Uuid,
    org_id: Uuid,
    user_id: Uuid,
    kind: String,
    generation: i32,
    expires_at: Timestamp,
    revoked: bool,
    disabled: bool,
    role: String,
    realms: Vec<String>,
    platform_admin: bool,
}

impl TryFrom<StandingRow> for Standing {
    type Error = Error;

    fn try_from(row: StandingRow) -> Result<Self> {
        let id = SessionId::from(row.id);
        Ok(Self {
            org_id: row.org_id.into(),
            user_id: row.user_id.into(),
            cookie: row.kind == "cookie",
            generation: row.generation,
            expires_at: row.expires_at,
            revoked: row.revoked,
            disabled: row.disabled,
            role: standing::role("sessions", id, &row.role)?,
            realms: standing::realms("sessions", id, &row.realms)?,
            platform_admin: row.platform_admin,
        })
    }
}

/// Keeps a new session, in its first generation. Constraint: [`MEMBER_KEY`].
#[tracing::instrument(name = "db.sessions.insert", skip_all)]
pub async fn insert(tx: &mut SystemTx, new: &NewSession) -> Result<()> {
    sqlx::query!(
        "insert into sessions (id, org_id, user_id, kind, created_at, refreshed_at, expires_at)
         values ($1, $2, $3, $4, $5, $5, $6)",
        Uuid::from(new.id),
        Uuid::from(new.org_id),
        Uuid::from(new.user_id),
        if new.cookie { "cookie" } else { "bearer" },
        new.created_at,
        new.expires_at,
    )
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The session with this id, ended or not.
#[tracing::instrument(name = "db.sessions.find_before_org", skip_all)]
pub async fn find(tx: &mut SystemTx, id: SessionId) -> Result<Option<Standing>> {
    let row = sqlx::query_as!(
        StandingRow,
        r#"select s.id, s.org_id, s.user_id, s.kind, s.generation, s.expires_at,
                  s.revoked_at is not null as "revoked!", m.disabled_at is not null as "disabled!",
                  m.role, m.realms, u.platform_admin
           from sessions s
           join memberships m on m.org_id = s.org_id and m.user_id = s.user_id
           join users u on u.id = s.user_id
           where s.id = $1"#,
        Uuid::from(id),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Standing::try_from).transpose()
}

/// Those of these sessions that are there, ended or not.
#[tracing::instrument(name = "db.sessions.find_many_before_org", skip_all)]
pub async fn find_many(tx: &mut SystemTx, ids: &[SessionId]) -> Result<Vec<(SessionId, Standing)>> {
    let ids: Vec<Uuid> = ids.iter().map(|id| Uuid::from(*id)).collect();
    let rows = sqlx::query_as!(
        StandingRow,
        r#"select s.id, s.org_id, s.user_id, s.kind, s.generation, s.expires_at,
                  s.revoked_at is not null as "revoked!", m.disabled_at is not null as "disabled!",
                  m.role, m.realms, u.platform_admin
           from sessions s
           join memberships m on m.org_id = s.org_id and m.user_id = s.user_id
           join users u on u.id = s.user_id
           where s.id = any($1)"#,
        &ids,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(|row| Ok((row.id.into(), Standing::try_from(row)?))).collect()
}

/// Goes on to the next generation if `from` is still the present one; tells whether it was.
#[tracing::instrument(name = "db.sessions.rotate", skip_all)]
pub async fn rotate(tx: &mut SystemTx, id: SessionId, from: i32, at: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update sessions set generation = generation + 1, refreshed_at = $3
         where id = $1 and generation = $2 and revoked_at is null",
        Uuid::from(id),
        from,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends a session; tells whether it was still on.
#[tracing::instrument(name = "db.sessions.revoke", skip_all)]
pub async fn revoke(tx: &mut SystemTx, id: SessionId, at: Timestamp) -> Result<bool> {
    let done = sqlx::query!(
        "update sessions set revoked_at = $2 where id = $1 and revoked_at is null",
        Uuid::from(id),
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends the sessions of a person in every org but the one that is kept; tells how many.
#[tracing::instrument(name = "db.sessions.revoke_others", skip_all)]
pub async fn revoke_others(
    tx: &mut SystemTx,
    user: UserId,
    keep: Option<SessionId>,
    at: Timestamp,
) -> Result<u64> {
    let done = sqlx::query!(
        "update sessions set revoked_at = $3
         where user_id = $1 and id is distinct from $2 and revoked_at is null",
        Uuid::from(user),
        keep.map(Uuid::from),
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected())
}
