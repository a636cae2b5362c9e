//! Whether who watches a stream may still do so: a credential may be worth nothing any more before a stream ends.

use std::time::Duration;

use agentcy_agent::log::Tail;
use agentcy_core::{Caller, Credential};
use agentcy_platform::{Error, auth::authenticate};
use aide::OperationInput;
use axum::extract::FromRequestParts;
use futures_util::{StreamExt, stream};
use http::request::Parts;
use tokio::time::Instant;

use crate::{
    error::ApiError,
    http::{auth::Shown, guard::is_same_origin},
    state::AppState,
};

/// How long a look is good: a revocation holds everywhere within a second.
const GOOD_FOR: Duration = Duration::from_millis(800);

/// Somebody who may be shown a stream: known, and under a cookie from our own pages, whatever the request accepts.
pub(crate) struct Watcher {
    caller: Caller,
    shown: Shown,
}

impl FromRequestParts<AppState> for Watcher {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Caller>().cloned();
        let caller = caller.ok_or_else(Error::unauthenticated)?;
        if matches!(caller.credential, Credential::Cookie(_))
            && !is_same_origin(&parts.headers, &parts.uri, &app.setup.public_url)
        {
            return Err(crate::http::auth::csrf());
        }
        Ok(Self { shown: Shown::of(parts, &app.setup), caller })
    }
}

impl OperationInput for Watcher {}

impl Watcher {
    /// Who watches.
    pub(crate) const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The stream, which ends once what was shown for it opens it no more, or not as it did.
    pub(crate) fn watch(self, app: &AppState, tail: Tail) -> Tail {
        let state = (self, app.clone(), tail, Instant::now());
        Box::pin(stream::unfold(state, async |(watcher, app, mut tail, mut looked)| {
            let entries = tail.next().await?;
            if looked.elapsed() >= GOOD_FOR {
                if !watcher.still_may(&app).await {
                    return None;
                }
                looked = Instant::now();
            }
            Some((entries, (watcher, app, tail, looked)))
        }))
    }

    async fn still_may(&self, app: &AppState) -> bool {
        let before = &self.caller;
        let now = if before.credential == Credential::Ticket {
            // A ticket opens once; what counts is whose it was.
            let principal = before.principal.to_string();
            app.platform.stand_in(before.org_id, &principal, &before.request_id).await
        } else {
            authenticate(&app.platform, &self.shown.presented()).await.map(Some)
        };
        match now {
            Ok(Some(now)) => {
                now.org_id == before.org_id
                    && now.principal == before.principal
                    && now.role == before.role
                    && now.realms == before.realms
            }
            Ok(None) | Err(Error::Refused { .. }) => false,
            // A store that is away takes no rights away.
            Err(_) => true,
        }
    }
}
