//! One run: from the moment when somebody holds it to its one last event.
//!
//! A run goes through steps: a turn of the model, and the calls that it asks for. What was done is written at the end of
//! a step, so that whoever takes a run over goes on with the step after the last one that is written.

mod answer;
mod approved;
mod brief;
mod calls;
mod commit;
mod compaction;
pub(crate) mod context;
mod drive;
mod finish;
mod hand;
mod keeper;
mod limits;
mod measure;
mod open;
mod park;
pub(crate) mod plain;
mod provider;
mod reads;
mod resume;
mod room;
mod session;
mod stop;
mod stream;
mod turn;
mod writes;

use std::time::Duration;

pub(crate) use brief::{Briefs, Preface, preface, preface_of};
pub(crate) use hand::{Hand, shared};
pub(crate) use keeper::{Halt, Keeper, Seat};
pub(crate) use open::{Opening, Refused, begin, blank_answer};
pub(crate) use provider::Provider;
pub(crate) use session::grants;

pub use hand::Work;
pub use keeper::{AT_ONCE, HEARTBEAT, POLL};

/// How long a run is held without a flush or a beat.
pub const LEASE: Duration = Duration::from_secs(30);
/// How long before that its holder stops to speak, whatever its clock does.
const MARGIN: Duration = Duration::from_secs(2);
/// How often what was shown is written while a model speaks.
const FLUSH: Duration = Duration::from_secs(1);
/// How often a run is begun again after its process died.
const MAX_ATTEMPTS: i32 = 3;
