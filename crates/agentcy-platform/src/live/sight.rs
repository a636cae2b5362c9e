//! Who is told of an event: whoever could have read what it tells.

use agentcy_core::{Caller, DomainEvent, Realms, Role};

use super::Channel;

/// Whether this caller is told. Of somebody's own affair they are, and admins who see where it lies; of everything else
/// whoever sees its realm.
pub fn is_told(caller: &Caller, channel: Channel, event: &DomainEvent) -> bool {
    let in_reach = match &event.realm {
        Some(realm) => caller.realms.contains(realm),
        // A conversation without a realm may hold something of each.
        None if channel == Channel::Approvals || event.owner.is_some() => {
            caller.realms == Realms::All
        }
        None => true,
    };
    match &event.owner {
        None => in_reach,
        Some(owner) => {
            *owner == caller.principal.to_string() || in_reach && caller.role >= Role::Admin
        }
    }
}

#[cfg(test)]
mod tests {
    use agentcy_core::{Credential, Principal, Timestamp, id::UserId};
    use serde_json::Value;
    use uuid::Uuid;

    use super::*;

    fn caller(user: u128, role: Role, realms: &[&str]) -> Caller {
        let slugs: Vec<String> = realms.iter().map(|slug| (*slug).to_owned()).collect();
        Caller {
            org_id: Uuid::from_u128(1).into(),
            principal: Principal::User(Uuid::from_u128(user).into()),
            role,
            realms: Realms::from_slugs(&slugs).unwrap(),
            credential: Credential::ApiKey,
            expires_at: None,
            can_approve: false,
            platform_admin: false,
            request_id: String::new(),
            ip: None,
            causes: Vec::new(),
        }
    }

    fn event(realm: Option<&str>, owner: Option<u128>) -> DomainEvent {
        DomainEvent {
            id: Uuid::from_u128(9).into(),
            org_id: Uuid::from_u128(1).into(),
            topic: String::new(),
            event: String::new(),
            at: Timestamp::default(),
            data: Value::Null,
            realm: realm.map(|slug| slug.parse().unwrap()),
            owner: owner.map(|user| UserId::from(Uuid::from_u128(user)).to_string()),
            causes: Vec::new(),
        }
    }

    #[test]
    fn who_sees_the_realm_is_told() {
        let viewer = |realms| caller(2, Role::Viewer, realms);
        for channel in Channel::ALL {
            assert!(is_told(&viewer(&["crm"]), channel, &event(Some("crm"), None)));
            assert!(is_told(&viewer(&["*"]), channel, &event(Some("crm"), None)));
            assert!(!is_told(&viewer(&["data"]), channel, &event(Some("crm"), None)));
            assert!(!is_told(&viewer(&[]), channel, &event(Some("crm"), None)));
        }
        assert!(is_told(&viewer(&["crm"]), Channel::Tasks, &event(None, None)));
    }

    #[test]
    fn of_somebodys_own_affair_they_are_told_and_admins_who_see_where_it_lies() {
        let own = event(Some("crm"), Some(2));
        assert!(is_told(&caller(2, Role::Viewer, &["data"]), Channel::Approvals, &own));
        assert!(!is_told(&caller(3, Role::Member, &["*"]), Channel::Approvals, &own));
        assert!(is_told(&caller(3, Role::Admin, &["crm"]), Channel::Approvals, &own));
        assert!(!is_told(&caller(3, Role::Owner, &["data"]), Channel::Approvals, &own));
    }

    #[test]
    fn what_happens_in_a_conversation_without_a_realm_is_for_those_who_see_all() {
        for owner in [None, Some(2)] {
            let of_all = event(None, owner);
            assert!(!is_told(&caller(3, Role::Admin, &["crm"]), Channel::Approvals, &of_all));
            assert!(is_told(&caller(3, Role::Admin, &["*"]), Channel::Approvals, &of_all));
        }
    }
}
