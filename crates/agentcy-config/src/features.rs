//! Features that the operator switches on or off.

use agentcy_core::{Feature, Features};

use crate::{
    fault::{Faulty, object},
    parse,
    reader::Reader,
    setting::Setting,
};

const fn feature(name: &'static str, default: &'static str, doc: &'static str) -> Setting {
    Setting::open(name, Some(default), doc)
}

const RAG: Setting = feature("AGENTCY_FEATURES_RAG", "false", "Documents and retrieval.");
const WORKERS: Setting = feature("AGENTCY_FEATURES_WORKERS", "true", "Remote worker daemons.");
const ORCHESTRATOR: Setting = feature("AGENTCY_FEATURES_ORCHESTRATOR", "false", "Workflows.");
const VOICE: Setting = feature("AGENTCY_FEATURES_VOICE", "false", "Voice sessions.");
const POLICIES: Setting = feature("AGENTCY_FEATURES_POLICIES", "false", "Policies.");
const CIAB: Setting = feature("AGENTCY_FEATURES_CIAB", "false", "Coding agents in sandboxes.");

pub(crate) const SETTINGS: &[Setting] = &[RAG, WORKERS, ORCHESTRATOR, VOICE, POLICIES, CIAB];

const fn setting(feature: Feature) -> &'static Setting {
    match feature {
        Feature::Rag => &RAG,
        Feature::Workers => &WORKERS,
        Feature::Orchestrator => &ORCHESTRATOR,
        Feature::Voice => &VOICE,
        Feature::Policies => &POLICIES,
        Feature::Ciab => &CIAB,
    }
}

pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Features, Faulty> {
    let read = Feature::ALL.map(|feature| (feature, switch(reader, feature)));
    if read.iter().any(|(_, on)| on.is_err()) {
        return Err(Faulty);
    }
    Ok(Features::from_rule(|feature| read.contains(&(feature, Ok(true)))))
}

fn switch(reader: &mut Reader<'_>, feature: Feature) -> Result<bool, Faulty> {
    reader.value(setting(feature), |text| {
        let on = parse::word(text, &[("true", true), ("false", false)])?;
        if on && !feature.is_built() {
            return object("is true, but this release does not contain it", "set it to false");
        }
        Ok(on)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_domain() {
        for feature in Feature::ALL {
            let default = feature.is_on_by_default().to_string();
            assert_eq!(setting(feature).default, Some(default.as_str()), "{}", feature.name());
        }
    }
}
