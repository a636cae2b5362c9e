//! What comes before an org is known, or beside every org: the closed list of what the system's door opens.

pub mod backlog;
pub mod founding;
pub mod hooks;
pub mod invites;
pub mod issuers;
pub mod jobs;
pub mod keys;
pub mod login;
pub mod memberships;
pub mod projections;
pub mod runs;
pub mod sealing_keys;
pub mod sessions;
pub mod triggers;
pub mod vacate;
pub mod workers;
