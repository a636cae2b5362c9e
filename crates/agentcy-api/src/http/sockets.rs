//! Before the sockets of another façade: who asks for one is found out here, as for every request, and handed on.

use agentcy_core::{Credential, ErrorCode};
use agentcy_platform::{
    auth::{Visitor, arrive},
    rates,
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, header, request::Parts};

use crate::{
    error::ApiError,
    http::{
        auth::{Shown, csrf, name_org},
        guard::is_same_origin,
        limit::limited,
        meta::Meta,
    },
    state::AppState,
};

/// Hands on who asks. Whoever shows nothing good is nobody, and gets a socket all the same: only over that can a browser
/// be told why.
pub(crate) async fn arriving(
    State(app): State<AppState>,
    request: Request,
    next: Next,
) -> Response {
    if !is_upgrade(request.headers()) {
        return no_handshake().into_response();
    }
    let (mut parts, body) = request.into_parts();
    let visitor = match visitor(&app, &parts).await {
        Ok(visitor) => visitor,
        Err(error) => return error.into_response(),
    };
    let rate = if let Some(visitor) = &visitor {
        rates::principal(&app.platform, &visitor.caller).await
    } else {
        let ip = parts.extensions.get::<Meta>().and_then(|meta| meta.ip);
        rates::anonymous(&app.platform, ip).await
    };
    let rate = match rate {
        Ok(rate) => rate,
        Err(error) => return ApiError::from(error).into_response(),
    };
    if let Some(visitor) = visitor {
        name_org(&visitor.caller);
        parts.extensions.insert(visitor);
    }
    let mut response = limited(rate, next.run(Request::from_parts(parts, body))).await;
    if response.status().is_client_error() && response.extensions().get::<ApiError>().is_none() {
        response = no_handshake().into_response();
    }
    response
}

async fn visitor(app: &AppState, parts: &Parts) -> Result<Option<Visitor>, ApiError> {
    let shown = Shown::of(parts, &app.setup);
    match arrive(&app.platform, &shown.presented()).await {
        Ok(visitor) => {
            let is_cookie = matches!(visitor.caller.credential, Credential::Cookie(_));
            if is_cookie && !is_same_origin(&parts.headers, &parts.uri, &app.setup.public_url) {
                return Err(csrf());
            }
            Ok(Some(visitor))
        }
        Err(error) => {
            let error = ApiError::from(error);
            if error.code().status() >= 500 { Err(error) } else { Ok(None) }
        }
    }
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    let value = headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

fn no_handshake() -> ApiError {
    ApiError::new(ErrorCode::Invalid, "this is a WebSocket: send the handshake of RFC 6455")
}
