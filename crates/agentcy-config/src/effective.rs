//! What holds, for people to look at: every setting with its value, secrets hidden.

use agentcy_core::secret::MASK;
use url::Url;

use crate::setting::Secrecy;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A variable, or the file that a variable names.
    Environment,
}

impl Origin {
    /// The word for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Environment => "environment",
        }
    }
}

/// One setting as it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The variable.
    pub name: &'static str,
    /// Its value, with what is secret hidden; none when it is not set and has no fixed default.
    pub value: Option<String>,
    /// Where the value comes from.
    pub origin: Origin,
}

/// As much of a value as may be seen.
pub(crate) fn shown(secrecy: Secrecy, text: &str) -> String {
    match secrecy {
        Secrecy::Open => text.to_owned(),
        Secrecy::Secret => MASK.to_owned(),
        Secrecy::Url => without_secrets(text).unwrap_or_else(|| MASK.to_owned()),
    }
}

/// Scheme, host, port and path: a password may stand before the host, or in the query.
fn without_secrets(text: &str) -> Option<String> {
    let mut url = Url::parse(text).ok()?;
    // A slash in a password that nobody escaped moves the rest of it into the path.
    if url.path().contains('@') {
        return None;
    }
    let hidden = !url.username().is_empty() || url.password().is_some() || url.query().is_some();
    url.set_query(None);
    url.set_fragment(None);
    // Fails only for a URL without a host, which has no user either.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let more = if hidden { format!(" ({MASK})") } else { String::new() };
    Some(format!("{url}{more}"))
}
