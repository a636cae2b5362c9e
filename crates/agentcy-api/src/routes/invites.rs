//! `/platform/invites`: invitations into the org.

use agentcy_core::{
    Action, ErrorCode, Realms, Role, Timestamp,
    id::{InviteId, UserId},
};
use agentcy_platform::invites::{self, Invite, IssuedInvite, NewInvite};
use aide::{
    axum::{
        ApiRouter,
        routing::{delete_with, get_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

use crate::{
    docs::{Audience, Doc, created as created_docs, done, ok},
    error::ApiError,
    extract::{IdPath, Known, PageQuery, ValidJson, ValidQuery},
    http::idempotency::Once,
    respond::{Created, Done, PageView, Reply, created},
    samples,
    state::AppState,
};

const COLLECTION: &str = "/api/v1/platform/invites";
const ITEM: &str = "/api/v1/platform/invites/{invite_id}";

pub(crate) fn router() -> ApiRouter<AppState> {
    ApiRouter::new()
        .api_route(COLLECTION, get_with(list, list_docs).post_with(create, create_docs))
        .api_route(ITEM, delete_with(revoke, revoke_docs))
}

/// Whom to invite.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InviteCreate {
    email: String,
    /// Not above one's own.
    role: Role,
    /// Not beyond one's own; all of one's own unless given.
    realms: Option<Realms>,
    /// How long it is good; seven days unless given.
    expires_in_secs: Option<u32>,
}

/// An open invitation.
#[derive(Debug, Serialize, JsonSchema)]
struct InviteView {
    id: InviteId,
    email: String,
    role: Role,
    realms: Realms,
    invited_by: Option<UserId>,
    created_at: Timestamp,
    expires_at: Timestamp,
}

/// An invitation with its token, shown this once.
#[derive(Debug, Serialize, JsonSchema)]
struct IssuedInviteView {
    #[serde(flatten)]
    invite: InviteView,
    /// For `invite_token` of `POST /auth/register`.
    token: String,
}

impl From<&Invite> for InviteView {
    fn from(invite: &Invite) -> Self {
        Self {
            id: invite.id,
            email: invite.email.clone(),
            role: invite.role,
            realms: invite.realms.clone(),
            invited_by: invite.invited_by,
            created_at: invite.created_at,
            expires_at: invite.expires_at,
        }
    }
}

impl From<&IssuedInvite> for IssuedInviteView {
    fn from(issued: &IssuedInvite) -> Self {
        Self { invite: (&issued.invite).into(), token: issued.token.expose_secret().to_owned() }
    }
}

#[tracing::instrument(name = "api.invites.list", skip_all)]
async fn list(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Reply<PageView<InviteView>>, ApiError> {
    let page = invites::list(&app.platform, &caller, query.into_request()?).await?;
    Ok(PageView::of(page, |invite| InviteView::from(&invite)))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "invites_list",
        tag: "platform",
        summary: "List invitations",
        description: "Those that nobody has accepted yet, the newest first.",
        audience: Audience::May(Action::InviteRead),
        errors: &[ErrorCode::Invalid, ErrorCode::InvalidCursor],
    };
    ok(doc.of(op), "A page of invitations.", PageView::sample(InviteView::sample()))
}

#[tracing::instrument(name = "api.invites.create", skip_all)]
async fn create(
    State(app): State<AppState>,
    Known(caller): Known,
    once: Once,
    ValidJson(body): ValidJson<InviteCreate>,
) -> Result<Created, ApiError> {
    let InviteCreate { email, role, realms, expires_in_secs } = body;
    let new = NewInvite { email, role, realms, expires_in_secs };
    let draft = invites::create(&app.platform, &caller, new).await?;
    created(draft, &once, COLLECTION.to_owned(), |issued| IssuedInviteView::from(issued)).await
}

fn create_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "invites_create",
        tag: "platform",
        summary: "Invite somebody",
        description: "The token is in the answer, this once. `Location` is the list, which shows it without.",
        audience: Audience::May(Action::InviteCreate),
        errors: &[ErrorCode::UnknownRealm, ErrorCode::Taken],
    };
    created_docs(doc.of(op), "The invitation with its token.", IssuedInviteView::sample())
}

#[tracing::instrument(name = "api.invites.revoke", skip_all)]
async fn revoke(
    State(app): State<AppState>,
    Known(caller): Known,
    IdPath(invite_id): IdPath<InviteId>,
) -> Result<Done, ApiError> {
    invites::revoke(&app.platform, &caller, invite_id).await?;
    Ok(Done)
}

fn revoke_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "invites_revoke",
        tag: "platform",
        summary: "Withdraw an invitation",
        description: "Its token is no longer good.",
        audience: Audience::May(Action::InviteRevoke),
        errors: &[ErrorCode::NotFound],
    };
    done(doc.of(op), "The invitation is gone.")
}

impl InviteView {
    fn sample() -> Self {
        Self {
            id: samples::id(),
            email: "grace@example.com".to_owned(),
            role: Role::Member,
            realms: Realms::All,
            invited_by: Some(samples::id()),
            created_at: samples::time(),
            expires_at: samples::time(),
        }
    }
}

impl IssuedInviteView {
    fn sample() -> Self {
        Self { invite: InviteView::sample(), token: "inv_…".to_owned() }
    }
}
