//! The closed list of error codes, and the faults of single fields.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

// A macro, so that a code without status, hint and text does not compile.
macro_rules! codes {
    ($($variant:ident = $code:literal, $status:literal, $retryable:literal, $when:literal;)*) => {
        /// Every code an answer may carry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum ErrorCode {
            $(#[doc = $when] #[serde(rename = $code)] $variant,)*
        }

        impl ErrorCode {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code as clients match on it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status it always has.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// Whether the same request may succeed later.
            pub const fn is_retryable(self) -> bool {
                match self { $(Self::$variant => $retryable,)* }
            }

            /// When it is answered, for documents.
            pub const fn when(self) -> &'static str {
                match self { $(Self::$variant => $when,)* }
            }
        }
    };
}

codes! {
    Malformed = "malformed", 400, false, "The body is not JSON, not UTF-8, too deep, or has a key twice.";
    Invalid = "invalid", 400, false, "Fields break their rules; details.fields names each.";
    InvalidCursor = "invalid_cursor", 400, false, "The cursor is foreign to these filters, or not ours.";
    UnknownRealm = "unknown_realm", 400, false, "The org has no such realm.";
    CredentialsRequired = "credentials_required", 400, false, "The destination changed without its credential.";
    SourceValidationFailed = "source_validation_failed", 400, false, "The config of the source is wrong.";
    CypherSyntax = "cypher_syntax", 400, false, "The query does not parse; details.position.";
    CypherTimeout = "cypher_timeout", 400, false, "The query ran into its time.";
    CypherTooLarge = "cypher_too_large", 400, false, "Rows, bytes or memory are over the bound.";
    Unauthenticated = "unauthenticated", 401, false, "The credential is missing, unknown, expired or revoked.";
    InvalidCredentials = "invalid_credentials", 401, false, "The login is refused.";
    InvalidSignature = "invalid_signature", 401, false, "The webhook is refused.";
    InsufficientRole = "insufficient_role", 403, false, "The role or realm does not allow it.";
    PolicyDenied = "policy_denied", 403, false, "A policy forbids it.";
    Csrf = "csrf", 403, false, "A cookie without a same-origin request.";
    DefaultLoginLocalOnly = "default_login_local_only", 403, false, "The default password is only good on this machine.";
    CypherNotReadOnly = "cypher_not_read_only", 403, false, "Only reading queries are run.";
    CypherNeedsAllRealms = "cypher_needs_all_realms", 403, false, "Raw queries need every realm.";
    NotFound = "not_found", 404, false, "There is no such thing for the caller.";
    FeatureDisabled = "feature_disabled", 404, false, "The feature is off.";
    MethodNotAllowed = "method_not_allowed", 405, false, "The route exists with other methods.";
    Taken = "taken", 409, false, "The name or key is in use; details.fields names it.";
    LastOwner = "last_owner", 409, false, "The last active owner stays.";
    SyncInProgress = "sync_in_progress", 409, true, "The source is being synced.";
    RunActive = "run_active", 409, true, "The conversation has an active run.";
    ApprovalDecided = "approval_decided", 409, false, "Somebody decided already.";
    ApprovalExpired = "approval_expired", 409, false, "The time to decide is over.";
    LeaseLost = "lease_lost", 409, false, "The fence is stale.";
    IdempotencyInProgress = "idempotency_in_progress", 409, true, "The first request with this key still runs.";
    CypherNeedsOwnDatabase = "cypher_needs_own_database", 409, false, "The org has no graph of its own.";
    InUse = "in_use", 409, false, "Something still refers to it.";
    PayloadTooLarge = "payload_too_large", 413, false, "The body is over its limit.";
    UnsupportedMediaType = "unsupported_media_type", 415, false, "The body is of another media type.";
    UpstreamRefused = "upstream_refused", 422, false, "The other side said no; details.upstream has its words.";
    IdempotencyKeyReused = "idempotency_key_reused", 422, false, "The key was used with another body.";
    RateLimited = "rate_limited", 429, true, "Too many requests; Retry-After says when.";
    QuotaExceeded = "quota_exceeded", 429, true, "The quota of the org is used up.";
    Internal = "internal", 500, true, "A fault of the server; the request id finds it in its log.";
    UpstreamUnavailable = "upstream_unavailable", 503, true, "The other side does not answer.";
    StoreUnavailable = "store_unavailable", 503, true, "A store does not answer; details.store says which.";
    Draining = "draining", 503, true, "The server is shutting down.";
}

/// One field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldError {
    /// Where it is, as a JSON path from the body, such as `allowed_ips[1]`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl FieldError {
    /// The field at this path has this fault.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }
}
