//! Whether a tool call runs at once, waits for a person, or is refused.

use agentcy_core::{
    Role,
    tool::{ApprovalDefault, ApprovalDefaults, Effect},
};

/// What a run may do by who started it and what it has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Starter {
    /// The starter's present role.
    pub role: Role,
    /// Whether the run has read text that nobody vouches for.
    pub is_tainted: bool,
}

/// What happens to a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It runs.
    Run,
    /// A person decides.
    Ask,
    /// It never runs for this starter.
    Refuse,
}

/// Judges a call by its effect: a viewer's run only reads; a tainted run writes only when a person agreed; else the
/// default for the effect holds.
pub const fn gate(effect: Effect, starter: Starter, defaults: &ApprovalDefaults) -> Gate {
    let writes = !matches!(effect, Effect::Read);
    if writes && matches!(starter.role, Role::Viewer) {
        return Gate::Refuse;
    }
    match defaults.of(effect) {
        ApprovalDefault::Allow if writes && starter.is_tainted => Gate::Ask,
        ApprovalDefault::Allow => Gate::Run,
        ApprovalDefault::Approve => Gate::Ask,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: ApprovalDefaults = ApprovalDefaults {
        read: ApprovalDefault::Allow,
        write: ApprovalDefault::Allow,
        destructive: ApprovalDefault::Approve,
    };

    #[test]
    fn a_viewer_only_reads() {
        let viewer = Starter { role: Role::Viewer, is_tainted: false };
        assert_eq!(gate(Effect::Read, viewer, &OPEN), Gate::Run);
        assert_eq!(gate(Effect::Write, viewer, &OPEN), Gate::Refuse);
        assert_eq!(gate(Effect::Destructive, viewer, &OPEN), Gate::Refuse);
    }

    #[test]
    fn a_default_of_allow_does_not_hold_for_a_tainted_run() {
        let owner = |is_tainted| Starter { role: Role::Owner, is_tainted };
        assert_eq!(gate(Effect::Write, owner(false), &OPEN), Gate::Run);
        assert_eq!(gate(Effect::Write, owner(true), &OPEN), Gate::Ask);
        assert_eq!(gate(Effect::Read, owner(true), &OPEN), Gate::Run);
        assert_eq!(gate(Effect::Destructive, owner(false), &OPEN), Gate::Ask);
    }
}
