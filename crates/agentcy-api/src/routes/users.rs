//! `/users`: one's own profile, and the members of the org.

use agentcy_core::{
    Action, ErrorCode, Realms, Role, Timestamp,
    id::{OrgId, UserId},
};
use agentcy_platform::{
    auth,
    profile::{self, Me, Membership, ProfileUpdate},
    users::{self, Member, MemberUpdate},
};
use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, patch_with, put_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    docs::{Audience, Doc, done, ok},
    error::ApiError,
    extract::{IdPath, Known, PageQuery, ValidJson, ValidQuery},
    patch::Patch,
    respond::{Done, PageView, Reply},
    samples,
    state::AppState,
};

const ME: &str = "/api/v1/users/me";
const PASSWORD: &str = "/api/v1/users/me/password";
const COLLECTION: &str = "/api/v1/users";
const ITEM: &str = "/api/v1/users/{user_id}";

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(ME, get_with(read_me, read_me_docs).patch_with(update_me, update_me_docs))
        .api_route(PASSWORD, put_with(change_password, change_password_docs))
        .api_route(COLLECTION, get_with(list, list_docs))
        .api_route(ITEM, patch_with(update, update_docs).delete_with(remove, remove_docs))
}

/// One's own profile.
#[derive(Debug, Serialize, JsonSchema)]
struct ProfileView {
    id: UserId,
    email: String,
    name: String,
    avatar_url: Option<String>,
    /// Whatever a client keeps for the person.
    preferences: Value,
    created_at: Timestamp,
    /// The orgs they are an active member of.
    memberships: Vec<MembershipView>,
}

/// What a person is in one org.
#[derive(Debug, Serialize, JsonSchema)]
struct MembershipView {
    org_id: OrgId,
    org_name: String,
    role: Role,
    realms: Realms,
    joined_at: Timestamp,
}

impl From<Me> for ProfileView {
    fn from(me: Me) -> Self {
        let Me { profile, memberships } = me;
        Self {
            id: profile.id,
            email: profile.email,
            name: profile.name,
            avatar_url: profile.avatar_url,
            preferences: profile.preferences,
            created_at: profile.created_at,
            memberships: memberships.into_iter().map(MembershipView::from).collect(),
        }
    }
}

impl From<Membership> for MembershipView {
    fn from(membership: Membership) -> Self {
        let Membership { org_id, org_name, role, realms, created_at } = membership;
        Self { org_id, org_name, role, realms, joined_at: created_at }
    }
}

/// What may change of one's own profile.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MeUpdate {
    /// 1 to 100 characters.
    name: Option<String>,
    /// http or https; null removes it.
    #[serde(default)]
    avatar_url: Patch<String>,
    /// An object of up to 16 KiB, replaced as a whole; null empties it.
    #[serde(default)]
    preferences: Patch<Value>,
}

/// The old password and the new one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PasswordChange {
    #[schemars(with = "String")]
    old_password: SecretString,
    /// 12 to 256 characters.
    #[schemars(with = "String")]
    new_password: SecretString,
}

/// A member of the org.
#[derive(Debug, Serialize, JsonSchema)]
struct UserView {
    id: UserId,
    email: String,
    name: String,
    role: Role,
    realms: Realms,
    disabled: bool,
    disabled_at: Option<Timestamp>,
    last_active_at: Option<Timestamp>,
    joined_at: Timestamp,
}

impl From<Member> for UserView {
    fn from(member: Member) -> Self {
        Self {
            id: member.user_id,
            email: member.email,
            name: member.name,
            role: member.role,
            realms: member.realms,
            disabled: member.disabled_at.is_some(),
            disabled_at: member.disabled_at,
            last_active_at: member.last_active_at,
            joined_at: member.created_at,
        }
    }
}

impl UserView {
    fn sample() -> Self {
        Self {
            id: samples::id(),
            email: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
            role: Role::Member,
            realms: Realms::All,
            disabled: false,
            disabled_at: None,
            last_active_at: Some(samples::time()),
            joined_at: samples::time(),
        }
    }
}

/// What may change of a member.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UserUpdate {
    /// Not above one's own.
    role: Option<Role>,
    /// A disabled member cannot sign in.
    disabled: Option<bool>,
    /// Not beyond one's own.
    realms: Option<Realms>,
}

/// Which members.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct UserQuery {
    /// Part of a name or an e-mail.
    q: Option<String>,
    /// How many items, 1 to 200; 50 unless said.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u16>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[tracing::instrument(name = "api.users.read_me", skip_all)]
async fn read_me(
    State(app): State<AppState>,
    Known(caller): Known,
) -> Result<Reply<ProfileView>, ApiError> {
    Ok(Reply(profile::read(&app.platform, &caller).await?.into()))
}

fn read_me_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "users_read_me",
        tag: "users",
        summary: "Read your profile",
        description: "Your profile and the orgs you are a member of.",
        audience: Audience::May(Action::ProfileRead),
        errors: &[],
    };
    ok(doc.of(op), "Your profile.", ProfileView::sample())
}

#[tracing::instrument(name = "api.users.update_me", skip_all)]
async fn update_me(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidJson(body): ValidJson<MeUpdate>,
) -> Result<Reply<ProfileView>, ApiError> {
    let MeUpdate { name, avatar_url, preferences } = body;
    let change = ProfileUpdate { name, avatar_url: avatar_url.0, preferences: preferences.0 };
    Ok(Reply(profile::update(&app.platform, &caller, change).await?.into()))
}

fn update_me_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "users_update_me",
        tag: "users",
        summary: "Change your profile",
        description: "Fields that are left out stay as they are.",
        audience: Audience::May(Action::ProfileUpdate),
        errors: &[],
    };
    ok(doc.of(op), "Your profile as it is now.", ProfileView::sample())
}

#[tracing::instrument(name = "api.users.change_password", skip_all)]
async fn change_password(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidJson(body): ValidJson<PasswordChange>,
) -> Result<Done, ApiError> {
    let PasswordChange { old_password, new_password } = body;
    let change = auth::PasswordChange { old_password, new_password };
    auth::change_password(&app.platform, &caller, change).await?;
    Ok(Done)
}

fn change_password_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "users_change_password",
        tag: "users",
        summary: "Change your password",
        description: "Ends all your other sessions, in every org.",
        audience: Audience::May(Action::PasswordChange),
        errors: &[],
    };
    done(doc.of(op), "The new password holds.")
}

#[tracing::instrument(name = "api.users.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(query): ValidQuery<UserQuery>,
) -> Result<Reply<PageView<UserView>>, ApiError> {
    let page = PageQuery::request(query.limit, query.cursor)?;
    Ok(PageView::of(users::list(&app.platform, &caller, query.q, page).await?, UserView::from))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "users_list",
        tag: "users",
        summary: "List members",
        description: "The members of the org, who joined last in front.",
        audience: Audience::May(Action::UserList),
        errors: &[ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of members.", PageView::sample(UserView::sample()))
}

#[tracing::instrument(name = "api.users.update", skip_all)]
async fn update(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(user_id): IdPath<UserId>,
    ValidJson(body): ValidJson<UserUpdate>,
) -> Result<Reply<UserView>, ApiError> {
    let UserUpdate { role, disabled, realms } = body;
    let change = MemberUpdate { role, disabled, realms };
    Ok(Reply(users::update(&app.platform, &caller, user_id, change).await?.into()))
}

fn update_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "users_update",
        tag: "users",
        summary: "Change a member",
        description: "Role, realms or state. Nobody gives, changes or revokes a role above their own, and the last \
                      active owner stays.",
        audience: Audience::May(Action::UserUpdate),
        errors: &[ErrorCode::NotFound, ErrorCode::UnknownRealm, ErrorCode::LastOwner],
    };
    ok(doc.of(op), "The member as they are now.", UserView::sample())
}

#[tracing::instrument(name = "api.users.remove", skip_all)]
async fn remove(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(user_id): IdPath<UserId>,
) -> Result<Done, ApiError> {
    users::remove(&app.platform, &caller, user_id).await?;
    Ok(Done)
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "users_remove",
        tag: "users",
        summary: "Remove a member",
        description: "Their membership and sessions end. API keys belong to the org and stay. Whom a trusted issuer names \
                      comes back with their next token: disable them to keep them out.",
        audience: Audience::May(Action::UserRemove),
        errors: &[ErrorCode::NotFound, ErrorCode::LastOwner],
    };
    done(doc.of(op), "They are no member any more.")
}

impl ProfileView {
    fn sample() -> Self {
        Self {
            id: samples::id(),
            email: "ada@example.com".to_owned(),
            name: "Ada".to_owned(),
            avatar_url: None,
            preferences: serde_json::json!({ "theme": "dark" }),
            created_at: samples::time(),
            memberships: vec![MembershipView {
                org_id: samples::id(),
                org_name: "Default".to_owned(),
                role: Role::Owner,
                realms: Realms::All,
                joined_at: samples::time(),
            }],
        }
    }
}
