//! How the process ends: 0 done, 1 failed, 2 used wrongly, 3 settings, 4 not signed in, 5 not found, 6 an answer that
//! ended early.

use std::process::{ExitCode, Termination};

use agentcy_config::Faults;

use crate::{
    output,
    profile::{NotSignedIn, Profile},
};

/// The exit codes that scripts may rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Success = 0,
    Failure = 1,
    Settings = 3,
    SignIn = 4,
    NotFound = 5,
    Unfinished = 6,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Something that was named is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotThere(pub(crate) String);

/// An answer that ended before its end.
#[derive(Debug, thiserror::Error)]
#[error("the answer ended early: {0}")]
pub(crate) struct EndedEarly(pub(crate) String);

/// Says on stderr what went wrong, with the whole chain, and chooses the code.
pub(crate) fn report(error: &anyhow::Error) -> Exit {
    if let Some(faults) = error.downcast_ref::<Faults>() {
        output::complain(&faults.to_string());
        return Exit::Settings;
    }
    output::complain(&format!("error: {error:#}"));
    let refused = error.downcast_ref::<agentcy_sdk::Error>();
    for reason in refused.map(agentcy_sdk::Error::reasons).unwrap_or_default() {
        output::complain(&format!("  {reason}"));
    }
    if refused.and_then(agentcy_sdk::Error::code) == Some("unauthenticated")
        && let Ok(Some(profile)) = Profile::load()
    {
        output::complain(&format!("  mend: agentcy login --url {}", profile.url));
    }
    if error.is::<NotSignedIn>() {
        return Exit::SignIn;
    }
    if error.is::<NotThere>() {
        return Exit::NotFound;
    }
    if error.is::<EndedEarly>() {
        return Exit::Unfinished;
    }
    match refused {
        Some(agentcy_sdk::Error::Refused { status: 401 | 403, .. }) => Exit::SignIn,
        Some(agentcy_sdk::Error::Refused { status: 404, .. }) => Exit::NotFound,
        _ => Exit::Failure,
    }
}
