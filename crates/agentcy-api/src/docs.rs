//! The OpenAPI document: what every operation says of itself, and the words it says it with.

#![expect(
    clippy::default_trait_access,
    reason = "the maps of aide are of a crate that we do not name"
)]

use std::collections::BTreeMap;

use agentcy_core::{Action, ErrorCode, Role};
use aide::{
    OperationOutput,
    openapi::{Info, License, OpenApi, ReferenceOr, SecurityScheme, Server, StatusCode, Tag},
    transform::TransformOperation,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    error::{Envelope, ErrorBody},
    http::{idempotency::is_keyed, sse::Sse},
    inventory::{ACTION, AUTH},
    respond::Reply,
};

/// Who an operation is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Audience {
    /// Whatever looks whether it runs: from anywhere, at any rate, to the last.
    Probe,
    /// Anybody.
    Public,
    /// Whoever may do this.
    May(Action),
    /// Whoever has the secret of a webhook.
    Signed,
    /// Daemons elsewhere, who show the worker token.
    Worker,
}

/// What every operation says of itself.
pub(crate) struct Doc {
    pub(crate) id: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) description: &'static str,
    pub(crate) audience: Audience,
    /// Beyond those of every operation.
    pub(crate) errors: &'static [ErrorCode],
}

impl Doc {
    /// Writes it into the operation.
    pub(crate) fn of(self, op: TransformOperation<'_>) -> TransformOperation<'_> {
        let mut codes = vec![
            ErrorCode::Internal,
            ErrorCode::StoreUnavailable,
            // What takes too long.
            ErrorCode::UpstreamUnavailable,
        ];
        codes.extend(self.errors);
        if !matches!(self.audience, Audience::Probe) {
            codes.extend([
                ErrorCode::RateLimited,
                ErrorCode::Draining,
                ErrorCode::DefaultLoginLocalOnly,
            ]);
        }
        let mut op =
            op.id(self.id).tag(self.tag).summary(self.summary).description(self.description);
        let auth = match self.audience {
            Audience::Probe | Audience::Public => "none",
            Audience::Signed => {
                codes.push(ErrorCode::InvalidSignature);
                op = op.security_requirement("signature");
                "hmac"
            }
            Audience::Worker => {
                codes.extend([ErrorCode::Unauthenticated, ErrorCode::FeatureDisabled]);
                op = op.security_requirement("worker");
                "worker"
            }
            Audience::May(action) => {
                // Under a cookie also a GET, where it asks for a stream.
                codes.extend([ErrorCode::Unauthenticated, ErrorCode::Csrf]);
                let standing = action.standing();
                if standing.role > Role::Viewer || !standing.keys {
                    codes.push(ErrorCode::InsufficientRole);
                }
                op.inner_mut().extensions.insert(ACTION.to_owned(), action.name().into());
                op = op.security_requirement("bearer");
                op = if standing.keys { op.security_requirement("api_key") } else { op };
                op = op.security_requirement("cookie");
                auth_class(standing.role)
            }
        };
        op.inner_mut().extensions.insert(AUTH.to_owned(), auth.into());
        if is_keyed(op.inner_mut()) {
            codes.extend([ErrorCode::IdempotencyInProgress, ErrorCode::IdempotencyKeyReused]);
        }
        // What a webhook brings is not read before it is taken in.
        if op.inner_mut().request_body.is_some() && auth != "hmac" {
            codes.extend([
                ErrorCode::Malformed,
                ErrorCode::Invalid,
                ErrorCode::PayloadTooLarge,
                ErrorCode::UnsupportedMediaType,
            ]);
        }
        failures(op, codes)
    }
}

/// The auth class as the table of routes writes it.
pub(crate) const fn auth_class(role: Role) -> &'static str {
    match role {
        Role::Viewer => "jwt",
        Role::Member => "editor",
        Role::Admin => "admin",
        Role::Owner => "owner",
    }
}

/// One response for each status, with an example for each of its codes.
fn failures(op: TransformOperation<'_>, codes: Vec<ErrorCode>) -> TransformOperation<'_> {
    let mut by_status = BTreeMap::<u16, Vec<ErrorCode>>::new();
    for code in codes {
        let list = by_status.entry(code.status()).or_default();
        if !list.contains(&code) {
            list.push(code);
        }
    }
    let mut op = op;
    for (status, codes) in by_status {
        let described = aide::generate::in_context(|ctx| {
            Reply::<Envelope>::operation_response(ctx, op.inner_mut())
        });
        let Some(mut response) = described else { continue };
        let lines: Vec<_> =
            codes.iter().map(|code| format!("`{}`: {}", code.name(), code.when())).collect();
        response.description = lines.join("\n\n");
        for media in response.content.values_mut() {
            for code in &codes {
                let example =
                    aide::openapi::Example { value: Some(example(*code)), ..Default::default() };
                media.examples.insert(code.name().to_owned(), ReferenceOr::Item(example));
            }
        }
        let responses = op.inner_mut().responses.get_or_insert_default();
        responses.responses.insert(StatusCode::Code(status), ReferenceOr::Item(response));
    }
    op
}

fn example(code: ErrorCode) -> Value {
    let details = match code {
        ErrorCode::Invalid => json!({ "fields": [{ "path": "name", "message": "is required" }] }),
        ErrorCode::Taken => json!({ "fields": [{ "path": "name", "message": "is in use" }] }),
        ErrorCode::StoreUnavailable => json!({ "store": "postgres" }),
        ErrorCode::RunActive => {
            json!({ "run_id": "run_01976b4e-7c00-7000-8000-000000000000" })
        }
        ErrorCode::UpstreamRefused => json!({ "upstream": "Incorrect API key provided" }),
        _ => json!({}),
    };
    let error = ErrorBody {
        code,
        message: code.when().to_owned(),
        details,
        request_id: "req_01976b4e-7c00-7000-8000-000000000000".to_owned(),
    };
    serde_json::to_value(Envelope { error }).unwrap_or_default()
}

/// A success with a body and an example of it.
pub(crate) fn ok<'t, T>(
    op: TransformOperation<'t>,
    what: &str,
    example: T,
) -> TransformOperation<'t>
where
    T: Serialize + schemars::JsonSchema,
{
    op.response_with::<200, Reply<T>, _>(|response| response.description(what).example(example))
}

/// 201 with a body, its `Location`, and an example.
pub(crate) fn created<'t, T>(
    op: TransformOperation<'t>,
    what: &str,
    example: T,
) -> TransformOperation<'t>
where
    T: Serialize + schemars::JsonSchema,
{
    located::<201, T>(op, what, "Where the new thing is.", example)
}

/// 202 with a body, its `Location`, and an example.
pub(crate) fn accepted<'t, T>(
    op: TransformOperation<'t>,
    what: &str,
    example: T,
) -> TransformOperation<'t>
where
    T: Serialize + schemars::JsonSchema,
{
    located::<202, T>(op, what, "Where the work is watched.", example)
}

fn located<'t, const STATUS: u16, T>(
    op: TransformOperation<'t>,
    what: &str,
    location: &str,
    example: T,
) -> TransformOperation<'t>
where
    T: Serialize + schemars::JsonSchema,
{
    op.response_with::<STATUS, Reply<T>, _>(|mut response| {
        let header = aide::openapi::Header {
            description: Some(location.to_owned()),
            style: aide::openapi::HeaderStyle::Simple,
            required: true,
            deprecated: None,
            format: aide::openapi::ParameterSchemaOrContent::Schema(aide::openapi::SchemaObject {
                json_schema: schemars::json_schema!({ "type": "string" }),
                external_docs: None,
                example: None,
            }),
            example: None,
            examples: Default::default(),
            extensions: Default::default(),
        };
        response.inner().headers.insert("Location".to_owned(), ReferenceOr::Item(header));
        response.description(what).example(example)
    })
}

/// 200 with a stream of events.
pub(crate) fn stream<'t>(op: TransformOperation<'t>, what: &str) -> TransformOperation<'t> {
    op.response_with::<200, Sse, _>(|response| response.description(what))
}

/// 204.
pub(crate) fn done<'t>(op: TransformOperation<'t>, what: &str) -> TransformOperation<'t> {
    op.response_with::<204, (), _>(|response| response.description(what))
}

/// The document before its operations.
pub(crate) fn frame() -> OpenApi {
    let tag = |name: &str, description: &str| Tag {
        name: name.to_owned(),
        description: Some(description.to_owned()),
        ..Tag::default()
    };
    OpenApi {
        info: Info {
            title: "agentcy".to_owned(),
            summary: Some("Knowledge-graph agents over your organisation's systems.".to_owned()),
            description: Some(DESCRIPTION.to_owned()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            license: Some(License {
                name: "Apache-2.0".to_owned(),
                identifier: Some("Apache-2.0".to_owned()),
                ..License::default()
            }),
            ..Info::default()
        },
        servers: vec![Server { url: "/".to_owned(), ..Server::default() }],
        tags: vec![
            tag("health", "Whether it runs, and what it stands on."),
            tag("auth", "Signing in and out."),
            tag("users", "People and their membership."),
            tag("api-keys", "Keys for programs."),
            tag("settings", "What an org decides for itself."),
            tag("realms", "Parts of the graph."),
            tag("platform", "Invitations."),
            tag("graph", "The knowledge graph, present and past."),
            tag("sources", "Connected systems, their syncs and tools."),
            tag(
                "chat",
                "Conversations, answers as they are given, and what people decide for them.",
            ),
            tag("agents", "Who answers, and what came of it."),
            tag("tasks", "What happens without anyone asking, and what came of it."),
            tag("hooks", "What other systems send, signed."),
            tag("workers", "Daemons elsewhere that collect."),
        ],
        components: Some(aide::openapi::Components {
            security_schemes: [
                ("bearer", bearer("JWT or API key", BEARER)),
                ("worker", bearer("worker token", "The `WORKER_TOKEN` of the server.")),
                (
                    "api_key",
                    key(
                        "header",
                        "X-Api-Key",
                        "An API key, `ak_live_…`; also good as a bearer token.",
                    ),
                ),
                (
                    "signature",
                    key(
                        "header",
                        "X-Agentcy-Signature",
                        "`sha256=` and the HMAC-SHA256 of the raw body in hexadecimal, with the webhook's secret.",
                    ),
                ),
                (
                    "cookie",
                    key(
                        "cookie",
                        "agentcy_session",
                        "The UI's session; `__Host-agentcy_session` away from loopback.",
                    ),
                ),
            ]
            .into_iter()
            .map(|(name, scheme)| (name.to_owned(), ReferenceOr::Item(scheme)))
            .collect(),
            ..Default::default()
        }),
        ..OpenApi::default()
    }
}

const DESCRIPTION: &str = "JSON in and out, UTF-8, snake_case; unknown fields are refused. Times are RFC 3339 UTC. \
Lists take `limit` (1 to 200) and `cursor`. Every answer carries `x-request-id`. A creating POST takes \
`Idempotency-Key` and answers a repeat as the first time, for 24 hours. Errors share one envelope with a code from a \
closed list.";

const BEARER: &str = "A token of `POST /auth/login`, of the configured issuer, or an API key.";

fn bearer(format: &str, description: &str) -> SecurityScheme {
    SecurityScheme::Http {
        scheme: "bearer".to_owned(),
        bearer_format: Some(format.to_owned()),
        description: Some(description.to_owned()),
        extensions: Default::default(),
    }
}

fn key(location: &str, name: &str, description: &str) -> SecurityScheme {
    SecurityScheme::ApiKey {
        location: if location == "cookie" {
            aide::openapi::ApiKeyLocation::Cookie
        } else {
            aide::openapi::ApiKeyLocation::Header
        },
        name: name.to_owned(),
        description: Some(description.to_owned()),
        extensions: Default::default(),
    }
}

/// How schemas are made: named once, and nothing inferred, since what is inferred is not always so.
pub(crate) fn configure() {
    aide::generate::infer_responses(false);
    aide::generate::extract_schemas(true);
}

/// The document of everything that is mounted, as `agentcy openapi` prints it.
pub fn document() -> OpenApi {
    let mut document = frame();
    crate::routes::describe(&mut document);
    document
}
