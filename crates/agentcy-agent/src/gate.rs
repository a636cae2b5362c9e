//! Whether a tool call runs at once, waits for a person, or is refused.

use agentcy_core::{
    Role,
    tool::{ApprovalDefault, ApprovalDefaults, Effect},
};
use agentcy_store::tool_calls::PassedBy;

/// What a run may do by who started it and what it has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Starter {
    /// The starter's present role.
    pub role: Role,
    /// Whether the run has read text that nobody vouches for.
    pub is_tainted: bool,
}

/// Why a person is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The default for its effect.
    Default,
    /// The default would let it pass, but the run has read what nobody vouches for.
    Tainted,
    /// The source was changed after a person had agreed to the call.
    Changed,
}

/// What happens to a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It runs.
    Run(PassedBy),
    /// A person decides.
    Ask(Why),
    /// It never runs for this starter.
    Refuse,
}

/// Judges a call by its effect: a viewer's run only reads; what a person agreed to passes; a tainted run writes only
/// so; else the default for the effect holds.
pub const fn gate(
    effect: Effect,
    starter: Starter,
    agreed: Option<PassedBy>,
    defaults: &ApprovalDefaults,
) -> Gate {
    let writes = !matches!(effect, Effect::Read);
    if writes && matches!(starter.role, Role::Viewer) {
        return Gate::Refuse;
    }
    match (agreed, defaults.of(effect)) {
        (Some(how), _) => Gate::Run(how),
        (None, ApprovalDefault::Approve) => Gate::Ask(Why::Default),
        (None, ApprovalDefault::Allow) if writes && starter.is_tainted => Gate::Ask(Why::Tainted),
        (None, ApprovalDefault::Allow) => Gate::Run(PassedBy::Default),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Effect, default and taint, then what becomes of it for a viewer, for others, and for others where a person agreed.
    const TABLE: &str = "
        read        allow   clean    run    run      pass
        read        allow   tainted  run    run      pass
        read        approve clean    ask    ask      pass
        read        approve tainted  ask    ask      pass
        write       allow   clean    refuse run      pass
        write       allow   tainted  refuse tainted  pass
        write       approve clean    refuse ask      pass
        write       approve tainted  refuse ask      pass
        destructive allow   clean    refuse run      pass
        destructive allow   tainted  refuse tainted  pass
        destructive approve clean    refuse ask      pass
        destructive approve tainted  refuse ask      pass";

    fn word(gate: Gate) -> &'static str {
        match gate {
            Gate::Run(PassedBy::Default) => "run",
            Gate::Run(_) => "pass",
            Gate::Ask(Why::Tainted) => "tainted",
            Gate::Ask(_) => "ask",
            Gate::Refuse => "refuse",
        }
    }

    fn judged(row: &[&str], role: Role, agreed: Option<PassedBy>) -> &'static str {
        let effect: Effect = serde_json::from_value(row[0].into()).unwrap();
        let default: ApprovalDefault = serde_json::from_value(row[1].into()).unwrap();
        // What is said of the other effects must not matter.
        let other = match default {
            ApprovalDefault::Allow => ApprovalDefault::Approve,
            ApprovalDefault::Approve => ApprovalDefault::Allow,
        };
        let mut defaults = ApprovalDefaults { read: other, write: other, destructive: other };
        match effect {
            Effect::Read => defaults.read = default,
            Effect::Write => defaults.write = default,
            Effect::Destructive => defaults.destructive = default,
        }
        let starter = Starter { role, is_tainted: row[2] == "tainted" };
        word(gate(effect, starter, agreed, &defaults))
    }

    #[test]
    fn every_case_is_judged_as_the_table_says() {
        let rows = TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let rows: Vec<_> = rows.filter(|row| !row.is_empty()).collect();
        assert_eq!(rows.len(), 3 * 2 * 2);
        for row in rows {
            assert_eq!(judged(&row, Role::Viewer, None), row[3], "{row:?} of a viewer");
            for role in [Role::Member, Role::Admin, Role::Owner] {
                assert_eq!(judged(&row, role, None), row[4], "{row:?} of a {role}");
                for how in [PassedBy::Approval, PassedBy::Remembered, PassedBy::Standing] {
                    assert_eq!(judged(&row, role, Some(how)), row[5], "{row:?} of a {role}");
                }
            }
        }
    }

    #[test]
    fn nothing_that_somebody_agreed_to_makes_a_viewer_write() {
        for how in [PassedBy::Approval, PassedBy::Remembered, PassedBy::Standing] {
            for effect in ["write", "destructive"] {
                for default in ["allow", "approve"] {
                    let row = [effect, default, "clean"];
                    assert_eq!(judged(&row, Role::Viewer, Some(how)), "refuse");
                }
            }
        }
    }
}
