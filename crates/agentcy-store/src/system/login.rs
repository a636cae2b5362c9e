//! Who a person is, before it is known in which org they act.

use agentcy_core::{
    Realms, Role, Timestamp,
    id::{OrgId, UserId},
};
use uuid::Uuid;

use crate::{Error, Result, SystemTx, standing};

/// A person as sign-in needs to know them.
#[derive(Debug, Clone)]
pub struct Account {
    /// Who.
    pub id: UserId,
    /// Where they are written to.
    pub email: String,
    /// What they are called.
    pub name: String,
    /// The hash of their password; none for a person of an issuer.
    pub password_hash: Option<String>,
    /// Whether they administer the platform.
    pub platform_admin: bool,
}

/// What a person is in an org.
#[derive(Debug, Clone)]
pub struct Place {
    /// The org.
    pub org_id: OrgId,
    /// Their role there.
    pub role: Role,
    /// The realms they see there.
    pub realms: Realms,
    /// Whether they are shut out.
    pub disabled: bool,
    /// The issuer that the org trusts.
    pub oidc_issuer: Option<String>,
}

pub(super) struct AccountRow {
    pub(super) id: Uuid,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) password_hash: Option<String>,
    pub(super) platform_admin: bool,
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            id: row.id.into(),
            email: row.email,
            name: row.name,
            password_hash: row.password_hash,
            platform_admin: row.platform_admin,
        }
    }
}

struct PlaceRow {
    org_id: Uuid,
    role: String,
    realms: Vec<String>,
    disabled: bool,
    oidc_issuer: Option<String>,
}

impl TryFrom<PlaceRow> for Place {
    type Error = Error;

    fn try_from(row: PlaceRow) -> Result<Self> {
        let org_id = OrgId::from(row.org_id);
        Ok(Self {
            org_id,
            role: standing::role("memberships", org_id, &row.role)?,
            realms: standing::realms("memberships", org_id, &row.realms)?,
            disabled: row.disabled,
            oidc_issuer: row.oidc_issuer,
        })
    }
}

/// The local person with this e-mail; upper and lower case are one.
#[tracing::instrument(name = "db.users.find_by_email", skip_all)]
pub async fn find_by_email(tx: &mut SystemTx, email: &str) -> Result<Option<Account>> {
    let row = sqlx::query_as!(
        AccountRow,
        "select id, email, name, password_hash, platform_admin from users
         where lower(email) = lower($1) and issuer is null",
        email,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Account::from))
}

/// The person with this id, whichever way they come in.
#[tracing::instrument(name = "db.users.find", skip_all)]
pub async fn find(tx: &mut SystemTx, user: UserId) -> Result<Option<Account>> {
    let row = sqlx::query_as!(
        AccountRow,
        "select id, email, name, password_hash, platform_admin from users where id = $1",
        Uuid::from(user),
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(Account::from))
}

/// The people with a password who administer the platform, whoever came first before the others; at most 100.
#[tracing::instrument(name = "db.users.administrators", skip_all)]
pub async fn administrators(tx: &mut SystemTx) -> Result<Vec<Account>> {
    let rows = sqlx::query_as!(
        AccountRow,
        "select id, email, name, password_hash, platform_admin from users
         where platform_admin and password_hash is not null order by created_at, id limit 100",
    )
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(Account::from).collect())
}

/// The orgs of a person, the one they joined first before the others; at most 1,000.
#[tracing::instrument(name = "db.memberships.of_user", skip_all)]
pub async fn places(tx: &mut SystemTx, user: UserId) -> Result<Vec<Place>> {
    let rows = sqlx::query_as!(
        PlaceRow,
        r#"select m.org_id, m.role, m.realms, m.disabled_at is not null as "disabled!", o.oidc_issuer
           from memberships m join orgs o on o.id = m.org_id
           where m.user_id = $1 order by m.created_at, m.org_id limit 1000"#,
        Uuid::from(user),
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Place::try_from).collect()
}

/// What a person is in one org.
#[tracing::instrument(name = "db.memberships.find_before_org", skip_all)]
pub async fn place(tx: &mut SystemTx, org: OrgId, user: UserId) -> Result<Option<Place>> {
    let row = sqlx::query_as!(
        PlaceRow,
        r#"select m.org_id, m.role, m.realms, m.disabled_at is not null as "disabled!", o.oidc_issuer
           from memberships m join orgs o on o.id = m.org_id
           where m.org_id = $1 and m.user_id = $2"#,
        Uuid::from(org),
        Uuid::from(user),
    )
    .fetch_optional(tx.conn())
    .await?;
    row.map(Place::try_from).transpose()
}

/// What these people are in these orgs, as far as they are members.
#[tracing::instrument(name = "db.memberships.find_many_before_org", skip_all)]
pub async fn places_of(
    tx: &mut SystemTx,
    members: &[(OrgId, UserId)],
) -> Result<Vec<(UserId, Place)>> {
    let (orgs, users): (Vec<Uuid>, Vec<Uuid>) =
        members.iter().map(|(org, user)| (Uuid::from(*org), Uuid::from(*user))).unzip();
    let rows = sqlx::query!(
        r#"select m.user_id, m.org_id, m.role, m.realms,
                  m.disabled_at is not null as "disabled!", o.oidc_issuer
           from unnest($1::uuid[], $2::uuid[]) asked (org_id, user_id)
           join memberships m using (org_id, user_id) join orgs o on o.id = m.org_id"#,
        &orgs,
        &users,
    )
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|row| {
            let user = UserId::from(row.user_id);
            let found = PlaceRow {
                org_id: row.org_id,
                role: row.role,
                realms: row.realms,
                disabled: row.disabled,
                oidc_issuer: row.oidc_issuer,
            };
            Ok((user, Place::try_from(found)?))
        })
        .collect()
}

/// Whether a person's password hash is still this one, which then stays so until the transaction ends.
#[tracing::instrument(name = "db.users.hold_password", skip_all)]
pub async fn hold_password(tx: &mut SystemTx, user: UserId, hash: &str) -> Result<bool> {
    let row = sqlx::query!(
        "select id from users where id = $1 and password_hash = $2 for share",
        Uuid::from(user),
        hash,
    )
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.is_some())
}

/// Gives a person another password hash, if the one they have is still `from`; tells whether it was.
#[tracing::instrument(name = "db.users.set_password", skip_all)]
pub async fn set_password(
    tx: &mut SystemTx,
    user: UserId,
    from: &str,
    hash: &str,
    at: Timestamp,
) -> Result<bool> {
    let done = sqlx::query!(
        "update users set password_hash = $3, updated_at = $4 where id = $1 and password_hash = $2",
        Uuid::from(user),
        from,
        hash,
        at,
    )
    .execute(tx.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}
