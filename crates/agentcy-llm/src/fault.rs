//! What can be wrong with a piece of a stream, before the key is taken out of it.

use secrecy::SecretString;
use serde_json::Value;

use crate::{Error, words};

/// What can be wrong with the data of an event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is the beginning of JSON.
    Incomplete,
    /// It cannot be read.
    Unreadable(&'static str),
    /// It is an error of the provider's, with the status that it would have answered with.
    Said { status: u16, message: String },
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        if error.is_eof() {
            Self::Incomplete
        } else {
            Self::Unreadable("an event of it is not JSON")
        }
    }
}

impl Fault {
    /// The error that an event tells of.
    pub(crate) fn said(event: &[u8]) -> Self {
        let value: Value = serde_json::from_slice(event).unwrap_or_default();
        let error = value.get("error").filter(|error| error.is_object()).unwrap_or(&value);
        let message = words::said(event).unwrap_or_else(|| "it did not say why".to_owned());
        Self::Said { status: status(error), message }
    }

    /// The error for a caller.
    pub(crate) fn into_error(self, key: Option<&SecretString>) -> Error {
        match self {
            Self::Incomplete => Error::Broken,
            Self::Unreadable(why) => Error::Unreadable(why),
            Self::Said { status, message } => {
                Error::refused(status, words::clean(&message, key), None)
            }
        }
    }
}

/// The status that stands in an error, as a number or by its name. Unknown ones are the provider's fault.
fn status(error: &Value) -> u16 {
    let numbers = ["code", "status", "status_code"].into_iter().filter_map(|name| {
        let value = error.get(name)?;
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
        u16::try_from(number).ok().filter(|number| (400..600).contains(number))
    });
    let names =
        ["type", "code"].into_iter().filter_map(|name| match error.get(name)?.as_str()? {
            "invalid_request_error" | "BadRequestError" | "context_length_exceeded" => Some(400),
            "authentication_error" | "invalid_api_key" => Some(401),
            "billing_error" => Some(402),
            "permission_error" => Some(403),
            "not_found_error" | "model_not_found" => Some(404),
            "request_too_large" => Some(413),
            "rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota" => Some(429),
            "timeout_error" => Some(504),
            "overloaded_error" => Some(529),
            _ => None,
        });
    numbers.chain(names).next().unwrap_or(500)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_a_stream_gets_the_status_that_it_would_have_had() {
        for (event, expected) in [
            (r#"{"error":{"code":502,"message":"no"}}"#, 502),
            (r#"{"error":{"code":"429","message":"no"}}"#, 429),
            (r#"{"error":{"code":"rate_limit_exceeded","type":"requests","message":"no"}}"#, 429),
            (r#"{"error":{"code":null,"type":"server_error","message":"no"}}"#, 500),
            (r#"{"type":"error","error":{"type":"overloaded_error","message":"no"}}"#, 529),
            (r#"{"type":"error","error":{"type":"invalid_request_error","message":"no"}}"#, 400),
            (r#"{"object":"error","type":"BadRequestError","code":400,"message":"no"}"#, 400),
            (r#"{"error":"no"}"#, 500),
            (r#"{"error":{"code":17,"message":"no"}}"#, 500),
        ] {
            let Fault::Said { status, message } = Fault::said(event.as_bytes()) else { panic!() };
            assert_eq!((status, message.as_str()), (expected, "no"), "{event}");
        }
    }
}
