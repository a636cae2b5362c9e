//! `/settings/features`: what the org has on.

use std::collections::BTreeMap;

use agentcy_core::{Action, Feature, Features};
use agentcy_platform::features;
use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    docs::{Audience, Doc, ok},
    error::ApiError,
    extract::{Known, ValidJson},
    respond::Reply,
    state::AppState,
};

const ITEM: &str = "/api/v1/settings/features";

pub(super) fn router() -> ApiRouter<AppState> {
    ApiRouter::new().api_route(ITEM, get_with(read, read_docs).put_with(update, update_docs))
}

/// Each feature: on when this release has it, the environment has it on, and so has the org.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
struct FeaturesView(BTreeMap<String, bool>);

impl From<Features> for FeaturesView {
    fn from(features: Features) -> Self {
        Self(Feature::ALL.into_iter().map(|it| (it.name().to_owned(), features.has(it))).collect())
    }
}

/// Which features to switch; those left out stay.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct FeaturesPut {
    rag: Option<bool>,
    workers: Option<bool>,
    orchestrator: Option<bool>,
    voice: Option<bool>,
    policies: Option<bool>,
    ciab: Option<bool>,
}

impl FeaturesPut {
    fn switches(&self) -> Vec<(Feature, bool)> {
        let fields = [
            (Feature::Rag, self.rag),
            (Feature::Workers, self.workers),
            (Feature::Orchestrator, self.orchestrator),
            (Feature::Voice, self.voice),
            (Feature::Policies, self.policies),
            (Feature::Ciab, self.ciab),
        ];
        fields.into_iter().filter_map(|(feature, on)| Some((feature, on?))).collect()
    }
}

#[tracing::instrument(name = "api.settings.features.read", skip_all)]
async fn read(
    State(app): State<AppState>,
    Known(caller): Known,
) -> Result<Reply<FeaturesView>, ApiError> {
    Ok(Reply(features::read(&app.platform, &caller).await?.into()))
}

fn read_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "settings_features_read",
        tag: "settings",
        summary: "Read feature flags",
        description: "As they are for this org.",
        audience: Audience::May(Action::FeaturesRead),
        errors: &[],
    };
    ok(doc.of(op), "The flags.", FeaturesView::sample())
}

#[tracing::instrument(name = "api.settings.features.update", skip_all)]
async fn update(
    State(app): State<AppState>,
    Known(caller): Known,
    ValidJson(body): ValidJson<FeaturesPut>,
) -> Result<Reply<FeaturesView>, ApiError> {
    Ok(Reply(features::update(&app.platform, &caller, &body.switches()).await?.into()))
}

fn update_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    let doc = Doc {
        id: "settings_features_update",
        tag: "settings",
        summary: "Switch features",
        description: "Only what this release has and the environment has on can be switched.",
        audience: Audience::May(Action::FeaturesUpdate),
        errors: &[],
    };
    ok(doc.of(op), "The flags as they are now.", FeaturesView::sample())
}

impl FeaturesView {
    fn sample() -> Self {
        Features::from_rule(Feature::is_on_by_default).into()
    }
}
