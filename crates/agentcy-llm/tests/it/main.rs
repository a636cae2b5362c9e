//! Providers as they really answer, and fail.
#![expect(clippy::unwrap_used, reason = "a fixture that cannot be made fails its test")]

mod probing;

use std::time::Duration;

use agentcy_egress::{Egress, Limits};
use agentcy_llm::{ProviderKind, Settings};
use agentcy_testkit::fake_llm::FakeLlm;

const KEY: &str = "sk-kanarienvogel-0123456789";

/// A way out that reaches the fakes and gives up soon.
fn egress() -> Egress {
    let limits = Limits { total: Duration::from_millis(500), ..Limits::default() };
    Egress::with_limits(vec!["127.0.0.1/32".parse().unwrap()], limits)
}

fn settings(provider: ProviderKind, fake: &FakeLlm) -> Settings {
    Settings {
        provider,
        base_url: Some(fake.base_url.parse().unwrap()),
        api_key: Some(KEY.into()),
        model: Some("scripted".to_owned()),
    }
}
