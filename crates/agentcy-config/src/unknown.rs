//! Names that look like ours and are not: a slip in a name must not pass for a default.

use crate::{reader::Reader, setting};

const PREFIX: &str = "AGENTCY_";
/// What tests of the product are told.
const IGNORED: &str = "AGENTCY_TEST_";

/// Notes a fault for each unknown name that begins with our prefix.
pub(crate) fn check(reader: &mut Reader<'_>) {
    let known: Vec<String> = setting::all()
        .flat_map(|known| [Some(known.name.to_owned()), known.file_name()])
        .flatten()
        .collect();
    let ours = |name: &&str| name.starts_with(PREFIX) && !name.starts_with(IGNORED);
    let environment = reader.environment;
    for name in environment.names().filter(ours) {
        if !known.iter().any(|known| known == name) {
            let nearest = known.iter().min_by_key(|known| distance(name, known));
            let mend =
                nearest.map_or_else(String::new, |nearest| format!("did you mean {nearest}?"));
            reader.fault(name, "is no setting", mend);
        }
    }
}

/// How far two names are apart; one that only has our prefix too much is near.
fn distance(name: &str, known: &str) -> usize {
    let bare = name.strip_prefix(PREFIX).unwrap_or(name);
    strsim::damerau_levenshtein(name, known).min(strsim::damerau_levenshtein(bare, known))
}
