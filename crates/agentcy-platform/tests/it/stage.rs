//! A platform over a database of its own, and people who call it.

use std::ops::Deref;

use agentcy_core::{
    Caller, Credential, ErrorCode, Principal, Realms, Role,
    id::{OrgId, UserId},
};
use agentcy_llm::Settings;
use agentcy_platform::Error;
use agentcy_testkit::platform::TestPlatform;
use serde_json::Value;
use uuid::Uuid;

pub(crate) struct Stage(TestPlatform);

impl Deref for Stage {
    type Target = TestPlatform;
    fn deref(&self) -> &TestPlatform {
        &self.0
    }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self(TestPlatform::new().await)
    }

    /// The same with this model provider in the environment.
    pub(crate) async fn with(llm: Settings) -> Self {
        Self(TestPlatform::with(|setup| setup.llm = llm).await)
    }

    /// A new member who calls.
    pub(crate) async fn member(&self, org: OrgId, role: Role) -> Caller {
        self.caller(org, role).await
    }

    /// The same, limited to some realms.
    pub(crate) async fn member_of(&self, org: OrgId, role: Role, realms: Realms) -> Caller {
        let caller = self.caller(org, role).await;
        let (id, slugs) = (Uuid::from(user(&caller)), realms.to_slugs().join(","));
        let limit = format!("update memberships set realms = '{{{slugs}}}' where user_id = '{id}'");
        self.database.execute(&limit).await;
        Caller { realms, ..caller }
    }

    /// The audit rows of an action as they were written, the first first.
    pub(crate) async fn audit(&self, action: &str) -> Vec<Value> {
        let query = format!("select * from audit where action = '{action}' order by ctid");
        self.database.rows(&query).await
    }
}

/// Who somebody is.
pub(crate) fn user(caller: &Caller) -> UserId {
    match caller.principal {
        Principal::User(id) => id,
        Principal::Key(id) => panic!("{id} is a key"),
    }
}

/// The same rights, held by an API key that is in no table.
pub(crate) fn as_key(caller: &Caller) -> Caller {
    Caller {
        principal: Principal::Key(Uuid::from_u128(77).into()),
        credential: Credential::ApiKey,
        ..caller.clone()
    }
}

pub(crate) fn only(slugs: &[&str]) -> Realms {
    Realms::Only(slugs.iter().map(|slug| slug.parse().unwrap()).collect())
}

/// The code of a refusal and the paths of the fields at fault.
pub(crate) fn refusal<T>(outcome: Result<T, Error>) -> (ErrorCode, Vec<String>) {
    match outcome {
        Ok(_) => panic!("it was not refused"),
        Err(Error::Refused { code, fields, .. }) => {
            (code, fields.into_iter().map(|field| field.path).collect())
        }
        Err(error) => panic!("a fault, not a refusal: {error:?}"),
    }
}

pub(crate) fn code<T>(outcome: Result<T, Error>) -> ErrorCode {
    refusal(outcome).0
}
