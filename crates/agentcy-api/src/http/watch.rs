//! Whether who watches a stream may still do so: a credential may be worth nothing any more before a stream ends.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use agentcy_agent::log::{Entry, Tail};
use agentcy_core::{Caller, Credential};
use agentcy_platform::{
    Error,
    auth::{Stands, Visitor, authenticate},
};
use aide::OperationInput;
use axum::extract::FromRequestParts;
use futures_util::{Stream, future::BoxFuture};
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
    visitor: Visitor,
    shown: Shown,
}

impl FromRequestParts<AppState> for Watcher {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, ApiError> {
        let visitor = parts.extensions.get::<Visitor>().cloned();
        let visitor = visitor.ok_or_else(Error::unauthenticated)?;
        if matches!(visitor.caller.credential, Credential::Cookie(_))
            && !is_same_origin(&parts.headers, &parts.uri, &app.setup.public_url)
        {
            return Err(crate::http::auth::csrf());
        }
        Ok(Self { shown: Shown::of(parts, &app.setup), visitor })
    }
}

impl OperationInput for Watcher {}

/// A stream whose watcher is looked at again before it goes on after a while.
struct Watched {
    door: Arc<(Watcher, AppState)>,
    /// None once it is closed.
    tail: Option<Tail>,
    looked: Instant,
    /// What is held back until the look is over.
    looking: Option<(Happened, BoxFuture<'static, bool>)>,
}

type Happened = agentcy_platform::Result<Vec<Entry>>;

impl Stream for Watched {
    type Item = Happened;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Happened>> {
        let this = self.get_mut();
        let Some(tail) = &mut this.tail else { return Poll::Ready(None) };
        if this.looking.is_none() {
            let Some(happened) = ready!(tail.as_mut().poll_next(cx)) else {
                return Poll::Ready(None);
            };
            if this.looked.elapsed() < GOOD_FOR {
                return Poll::Ready(Some(happened));
            }
            let door = Arc::clone(&this.door);
            let look = async move { door.0.still_may(&door.1).await };
            this.looking = Some((happened, Box::pin(look)));
        }
        let Some((_, look)) = &mut this.looking else { return Poll::Pending };
        let still_may = ready!(look.as_mut().poll(cx));
        let happened = this.looking.take().map(|(happened, _)| happened);
        this.looked = Instant::now();
        if !still_may {
            this.tail = None;
            return Poll::Ready(None);
        }
        Poll::Ready(happened)
    }
}

impl Watcher {
    /// Who watches.
    pub(crate) const fn caller(&self) -> &Caller {
        &self.visitor.caller
    }

    /// The stream, which ends once what was shown for it opens it no more, or not as it did.
    pub(crate) fn watch(self, app: &AppState, tail: Tail) -> Tail {
        let door = Arc::new((self, app.clone()));
        Box::pin(Watched { door, tail: Some(tail), looked: Instant::now(), looking: None })
    }

    async fn still_may(&self, app: &AppState) -> bool {
        let before = &self.visitor.caller;
        let stands = if before.credential == Credential::Ticket {
            // A ticket opens once; what counts is what its maker came in by.
            let stands = self.visitor.stands(&app.platform).await;
            stands.map(|stands| matches!(stands, Stands::AsBefore))
        } else {
            let now = authenticate(&app.platform, &self.shown.presented()).await;
            now.map(|now| {
                now.org_id == before.org_id
                    && now.principal == before.principal
                    && now.role == before.role
                    && now.realms == before.realms
            })
        };
        match stands {
            Ok(as_before) => as_before,
            Err(Error::Refused { .. }) => false,
            // A store that is away takes no rights away.
            Err(_) => true,
        }
    }
}
