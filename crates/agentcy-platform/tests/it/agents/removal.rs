//! An agent is not taken away from under an answer, which it narrows.

use agentcy_core::{Action, Caller, ErrorCode, Role, agent::RunLimits, chat::RunState, id::OrgId};
use agentcy_platform::{
    Platform,
    agents::{self, Agent},
    conversations::{self, Conversation, NewConversation},
    housekeeping,
};
use agentcy_store::{
    Tx,
    runs::{self, NewRun, Start},
};

use super::{create, scout};
use crate::stage::{Stage, code, refusal};

/// A member with an agent and a conversation with it.
struct Yard {
    stage: Stage,
    member: Caller,
    agent: Agent,
    conversation: Conversation,
}

impl Yard {
    async fn new() -> Self {
        let stage = Stage::new().await;
        let org: OrgId = stage.org().await;
        let member = stage.member(org, Role::Member).await;
        let agent = create(&stage.platform, &member, scout()).await;
        let new = NewConversation { agent_id: Some(agent.id), ..NewConversation::default() };
        let draft = conversations::create(&stage.platform, &member, new).await.unwrap();
        let conversation = draft.commit().await.unwrap();
        Self { stage, member, agent, conversation }
    }

    fn platform(&self) -> &Platform {
        &self.stage.platform
    }

    async fn tx(&self) -> Tx {
        let by = self.platform().permit(&self.member, Action::MessageSend).await.unwrap();
        self.platform().begin(&by).await.unwrap()
    }

    /// A run of the agent that waits to be taken up.
    async fn begin(&self, tx: &mut Tx) {
        let now = self.platform().now();
        let new = NewRun {
            id: self.platform().new_id(),
            conversation_id: self.conversation.id,
            agent_id: Some(self.agent.id),
            message_id: self.platform().new_id(),
            starter: self.member.principal.to_string(),
            limits: RunLimits::default(),
            system: None,
            task: None,
            at: now,
            start: Start::Pending { wake_at: Some(now) },
        };
        runs::insert(tx, &new).await.unwrap();
    }

    /// Waits until one transaction waits for another.
    async fn until_somebody_waits(&self) {
        let waits = "select 1 from pg_locks where not granted and pid in
                     (select pid from pg_stat_activity where datname = current_database())";
        while self.stage.database.rows(waits).await.is_empty() {}
    }

    async fn remove(&self) -> agentcy_platform::Result<()> {
        agents::remove(self.platform(), &self.member, self.agent.id).await
    }
}

#[tokio::test]
async fn an_agent_stays_while_an_answer_of_it_is_under_way_or_waits() {
    let yard = Yard::new().await;
    let mut tx = yard.tx().await;
    yard.begin(&mut tx).await;
    tx.commit().await.unwrap();
    for (state, more) in [
        (RunState::Pending, ""),
        (RunState::Running, ", lease_until = now()"),
        (RunState::WaitingApproval, ", lease_until = null"),
    ] {
        let stands = format!("update runs set state = '{}'{more}", state.name());
        yard.stage.database.execute(&stands).await;
        let refused = yard.remove().await.unwrap_err();
        assert_eq!(refused.code(), Some(ErrorCode::InUse));
        assert!(refused.to_string().contains("cancel"), "{refused}");
    }
    assert!(yard.stage.audit("agent.delete").await.is_empty());
    let over = "update runs set state = 'cancelled', finished_at = now()";
    yard.stage.database.execute(over).await;
    yard.remove().await.unwrap();
    let mut tx = yard.tx().await;
    let run = yard.stage.database.rows("select id from runs").await[0]["id"].clone();
    let run: uuid::Uuid = serde_json::from_value(run).unwrap();
    assert_eq!(runs::find(&mut tx, run.into()).await.unwrap().unwrap().agent_id, None);
    let turn = agentcy_store::conversations::turn(&mut tx, yard.conversation.id).await.unwrap();
    assert_eq!(turn.unwrap().agent, None);
}

#[tokio::test]
async fn an_answer_that_begins_meanwhile_is_seen() {
    let yard = Yard::new().await;
    let mut tx = yard.tx().await;
    yard.begin(&mut tx).await;
    let begins = async {
        yard.until_somebody_waits().await;
        tx.commit().await.unwrap();
    };
    let (removed, ()) = tokio::join!(yard.remove(), begins);
    assert_eq!(code(removed), ErrorCode::InUse);
}

#[tokio::test]
async fn an_answer_that_begins_just_now_keeps_its_agent_to_its_end() {
    let yard = Yard::new().await;
    let mut tx = yard.tx().await;
    // As whoever begins an answer does, before they refer to the agent.
    agentcy_store::conversations::lock(&mut tx, yard.conversation.id).await.unwrap();
    yard.remove().await.unwrap();
    yard.begin(&mut tx).await;
    tx.commit().await.unwrap();
    let agent = async || {
        let mut tx = yard.tx().await;
        let turn = agentcy_store::conversations::turn(&mut tx, yard.conversation.id).await.unwrap();
        turn.unwrap().agent.map(|agent| agent.id)
    };
    housekeeping::sweep(yard.platform()).await.unwrap();
    assert_eq!(agent().await, Some(yard.agent.id));
    let over = "update runs set state = 'cancelled', finished_at = now()";
    yard.stage.database.execute(over).await;
    assert_eq!(agent().await, None);
    housekeeping::sweep(yard.platform()).await.unwrap();
    assert!(yard.stage.database.rows("select from agents").await.is_empty());
}

#[tokio::test]
async fn a_conversation_with_an_agent_that_goes_meanwhile_is_not_begun() {
    let yard = Yard::new().await;
    let mut tx = yard.tx().await;
    assert!(
        agentcy_store::agents::delete(&mut tx, yard.agent.id, yard.platform().now()).await.unwrap()
    );
    let goes = async {
        yard.until_somebody_waits().await;
        tx.commit().await.unwrap();
    };
    let new = NewConversation { agent_id: Some(yard.agent.id), ..NewConversation::default() };
    let begun = conversations::create(yard.platform(), &yard.member, new);
    let (begun, ()) = tokio::join!(begun, goes);
    assert_eq!(refusal(begun), (ErrorCode::Invalid, vec!["agent_id".to_owned()]));
}
