//! Names that look like ours and are not: a slip in a name must not pass for a default.

use crate::{reader::Reader, setting};

const PREFIX: &str = "AGENTCY_";
/// What tests of the product are told.
const IGNORED: &str = "AGENTCY_TEST_";
/// Ours, but read by something else, and often there when a server is started: by `agentcy hooks sign`, by
/// docker-compose.yml.
const ELSEWHERE: [&str; 2] = ["AGENTCY_HOOK_SECRET", "AGENTCY_PORT"];

/// Notes a fault for each unknown name that begins with our prefix.
pub(crate) fn check(reader: &mut Reader<'_>) {
    let known: Vec<String> = setting::all()
        .flat_map(|known| [Some(known.name.to_owned()), known.file_name()])
        .flatten()
        .collect();
    let ours = |name: &&str| {
        name.starts_with(PREFIX) && !name.starts_with(IGNORED) && !ELSEWHERE.contains(name)
    };
    let environment = reader.environment;
    for name in environment.names().filter(ours) {
        if !known.iter().any(|known| known == name) {
            let mend = match nearest(name, &known) {
                Some(nearest) => format!("did you mean {nearest}?"),
                None => "`agentcy env-example` says which there are".to_owned(),
            };
            reader.fault(name, "is no setting", mend);
        }
    }
}

/// The known name that this one is a slip of: what is farther away means something else.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a String> {
    let near = |known: &&String| distance(name, known) * 3 <= bare(name).len();
    known.iter().filter(near).min_by_key(|known| distance(name, known))
}

/// How far two names are apart; our prefix, which one of them may have too much, is left out.
fn distance(name: &str, known: &str) -> usize {
    strsim::damerau_levenshtein(bare(name), bare(known))
}

fn bare(name: &str) -> &str {
    name.strip_prefix(PREFIX).unwrap_or(name)
}
