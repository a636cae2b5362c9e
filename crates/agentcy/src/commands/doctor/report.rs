//! What doctor found, as lines or as one document.

use agentcy_config::Effective;
use serde::Serialize;
use serde_json::json;

use crate::output;

/// How a thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Check {
    name: String,
    state: State,
    says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

impl Check {
    pub(super) fn ok(name: impl Into<String>, says: impl Into<String>) -> Self {
        Self { name: name.into(), state: State::Ok, says: says.into(), mend: None }
    }

    pub(super) fn warn(
        name: impl Into<String>,
        says: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        let mend = Some(mend.into());
        Self { name: name.into(), state: State::Warn, says: says.into(), mend }
    }

    pub(super) fn fail(
        name: impl Into<String>,
        says: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { state: State::Fail, ..Self::warn(name, says, mend) }
    }
}

/// Everything that was looked at.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) settings: Vec<Effective>,
    checks: Vec<Check>,
}

impl Report {
    pub(super) fn add(&mut self, checks: impl IntoIterator<Item = Check>) {
        self.checks.extend(checks);
    }

    pub(super) fn failed(&self) -> usize {
        self.checks.iter().filter(|check| check.state == State::Fail).count()
    }

    pub(super) fn print(&self, json: bool) -> anyhow::Result<()> {
        if json {
            let settings = self.settings.iter().map(|setting| {
                let origin = setting.origin.name();
                json!({ "name": setting.name, "value": setting.value, "origin": origin })
            });
            return output::print_json(&json!({
                "ok": self.failed() == 0,
                "settings": settings.collect::<Vec<_>>(),
                "checks": self.checks,
            }));
        }
        let lines = self.settings.iter().map(setting).chain(self.checks.iter().map(check));
        output::print(&lines.collect::<Vec<_>>().join("\n"))
    }
}

fn setting(setting: &Effective) -> String {
    let value = setting.value.as_deref().unwrap_or("-");
    format!("{:<32} {value}  ({})", setting.name, setting.origin.name())
}

fn check(check: &Check) -> String {
    let state = match check.state {
        State::Ok => "ok  ",
        State::Warn => "warn",
        State::Fail => "FAIL",
    };
    let line = format!("{state}  {}: {}", check.name, check.says);
    match &check.mend {
        Some(mend) => format!("{line}\n      mend: {mend}"),
        None => line,
    }
}
