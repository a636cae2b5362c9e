//! Features: on when the release has them, the environment has them on, and the org did not switch them off.

use agentcy_core::{Action, Caller, Feature, Features};

use crate::{
    Platform, Result,
    error::Faults,
    settings::{self, Org},
};

/// Which features are on for the org.
pub async fn read(platform: &Platform, caller: &Caller) -> Result<Features> {
    let by = platform.permit(caller, Action::FeaturesRead).await?;
    Ok(effective(platform, &settings::find(platform, &by).await?))
}

/// Whether a feature is on for the caller's org; asked before each of its routes, so not an action of its own.
pub async fn is_on(platform: &Platform, caller: &Caller, feature: Feature) -> Result<bool> {
    if !platform.setup.features.has(feature) || !feature.is_built() {
        return Ok(false);
    }
    let org = settings::find(platform, &platform.bookkeeping(caller)).await?;
    Ok(effective(platform, &org).has(feature))
}

/// Switches features of the org. Errors: `invalid` for what the release lacks or the environment has off.
pub async fn update(
    platform: &Platform,
    caller: &Caller,
    switches: &[(Feature, bool)],
) -> Result<Features> {
    let by = platform.permit(caller, Action::FeaturesUpdate).await?;
    let mut faults = Faults::default();
    for (feature, _) in switches {
        let is_on = platform.setup.features.has(*feature);
        faults.require(feature.is_built(), feature.name(), "is not in this release");
        let off = "is off in the environment of the server";
        faults.require(!feature.is_built() || is_on, feature.name(), off);
    }
    faults.into_result()?;
    let mut tx = platform.db.begin(&by).await?;
    let before = settings::lock(&mut tx).await?;
    let mut after = before.clone();
    after.features.extend(switches.iter().map(|(feature, on)| (feature.name().to_owned(), *on)));
    Ok(effective(platform, &settings::save(platform, &by, tx, &before, after).await?))
}

/// What holds for an org.
pub(crate) fn effective(platform: &Platform, org: &Org) -> Features {
    Features::from_rule(|feature| {
        feature.is_built()
            && platform.setup.features.has(feature)
            && org.features.get(feature.name()).copied().unwrap_or(true)
    })
}
