//! Conversations: whose they are, who looks into them, and what was said.

use agentcy_core::{
    Caller, ErrorCode, Limit, Role,
    agent::RunLimits,
    chat::{ApprovalState, CallState, MessageRole, MessageState, Part},
    id::{ConversationId, RunId},
    tool::Effect,
};
use agentcy_platform::{
    Change, PageRequest, Platform,
    agents::{self, NewAgent},
    conversations::{self, Conversation, ConversationFilter, ConversationUpdate, NewConversation},
};
use agentcy_store::{
    Tx, approvals,
    messages::{self, Aside, Message},
    runs::{self, NewRun, Start},
    tool_calls::{self, ToolCall},
};
use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use crate::stage::{Stage, as_key, code, only, refusal};

async fn create(platform: &Platform, caller: &Caller, new: NewConversation) -> Conversation {
    conversations::create(platform, caller, new).await.unwrap().commit().await.unwrap()
}

fn titled(title: &str) -> NewConversation {
    NewConversation { title: Some(title.into()), ..NewConversation::default() }
}

fn renamed(title: &str) -> ConversationUpdate {
    ConversationUpdate { title: Some(title.into()), ..ConversationUpdate::default() }
}

/// Makes a conversation the org's.
async fn give_to_org(stage: &Stage, id: ConversationId, realm: Option<&str>) {
    let realm = realm.map_or("null".to_owned(), |realm| format!("'{realm}'"));
    let id = Uuid::from(id);
    let give = format!("update conversations set owner = null, realm = {realm} where id = '{id}'");
    stage.database.execute(&give).await;
}

async fn tx(platform: &Platform, caller: &Caller) -> Tx {
    let by = platform.permit(caller, agentcy_core::Action::MessageSend).await.unwrap();
    platform.begin(&by).await.unwrap()
}

async fn run(platform: &Platform, caller: &Caller, conversation: ConversationId) -> RunId {
    let now = platform.now();
    let new = NewRun {
        id: platform.new_id(),
        conversation_id: conversation,
        agent_id: None,
        message_id: platform.new_id(),
        starter: caller.principal.to_string(),
        limits: RunLimits::default(),
        system: None,
        task: None,
        at: now,
        start: Start::Held { holder: "me".into(), lease_until: now + TimeDelta::seconds(30) },
    };
    let mut tx = tx(platform, caller).await;
    runs::insert(&mut tx, &new).await.unwrap();
    tx.commit().await.unwrap();
    new.id
}

#[tokio::test]
async fn anybody_begins_renames_and_deletes_a_conversation_of_their_own() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let viewer = stage.member(org, Role::Viewer).await;
    let platform = &stage.platform;
    let member = stage.member(org, Role::Member).await;
    let scout = NewAgent { name: "Scout".into(), ..NewAgent::default() };
    let agent = agents::create(platform, &member, scout);
    let agent = agent.await.unwrap().commit().await.unwrap().id;
    let new = NewConversation {
        agent_id: Some(agent),
        realm: Some("crm".parse().unwrap()),
        ..titled("Owners")
    };
    let made = create(platform, &viewer, new).await;
    assert_eq!(made.owner.as_deref(), Some(viewer.principal.to_string().as_str()));
    assert_eq!(conversations::read(platform, &viewer, made.id).await.unwrap(), made);
    let change = ConversationUpdate {
        archived: Some(true),
        realm: Change::Set("data".parse().unwrap()),
        ..renamed("Who owns what")
    };
    let changed = conversations::update(platform, &viewer, made.id, change).await.unwrap();
    assert_eq!((changed.title.as_str(), changed.archived), ("Who owns what", true));
    assert_eq!(conversations::read(platform, &viewer, made.id).await.unwrap(), changed);
    conversations::remove(platform, &viewer, made.id).await.unwrap();
    assert_eq!(code(conversations::read(platform, &viewer, made.id).await), ErrorCode::NotFound);
    for action in ["conversation.create", "conversation.update", "conversation.delete"] {
        assert_eq!(stage.audit(action).await.len(), 1, "{action}");
    }
    assert!(stage.audit("conversation.read").await.is_empty(), "one's own look leaves no trace");
}

#[tokio::test]
async fn for_others_a_conversation_is_unknown_and_an_admins_look_is_audited() {
    let stage = Stage::new().await;
    let (org, other) = (stage.org().await, stage.org().await);
    let ada = stage.member(org, Role::Viewer).await;
    let member = stage.member(org, Role::Member).await;
    let admin = stage.member(org, Role::Admin).await;
    let limited = stage.member_of(org, Role::Admin, only(&["crm"])).await;
    let stranger = stage.member(other, Role::Owner).await;
    let platform = &stage.platform;
    let id = create(platform, &ada, titled("Mine")).await.id;
    let page = PageRequest::default;
    let unknown = ErrorCode::NotFound;
    for caller in [&member, &stranger, &limited, &as_key(&ada)] {
        assert_eq!(code(conversations::read(platform, caller, id).await), unknown);
        assert_eq!(code(conversations::messages(platform, caller, id, page()).await), unknown);
        assert_eq!(code(conversations::tool_calls(platform, caller, id, page()).await), unknown);
        assert_eq!(code(conversations::update(platform, caller, id, renamed("x")).await), unknown);
        assert_eq!(code(conversations::remove(platform, caller, id).await), unknown);
        let filter = ConversationFilter::default();
        let listed = conversations::list(platform, caller, filter, page()).await.unwrap();
        assert_eq!(listed.total, 0);
    }
    assert!(stage.audit("conversation.read").await.is_empty());
    conversations::read(platform, &admin, id).await.unwrap();
    conversations::messages(platform, &admin, id, page()).await.unwrap();
    let looks = stage.audit("conversation.read").await;
    assert_eq!(looks.len(), 2);
    assert_eq!(looks[0]["actor"], admin.principal.to_string());
    assert_eq!(looks[0]["target"], id.to_string());
    assert_eq!(looks[0]["details"]["owner"], ada.principal.to_string());
    let filter = ConversationFilter::default();
    let listed = conversations::list(platform, &admin, filter, page()).await.unwrap();
    assert_eq!(listed.total, 0, "a list holds one's own");
    let renamed = conversations::update(platform, &admin, id, renamed("Ours")).await;
    assert_eq!(code(renamed), ErrorCode::InsufficientRole);
    conversations::remove(platform, &admin, id).await.unwrap();
}

#[tokio::test]
async fn what_is_the_orgs_is_seen_by_those_of_its_realm() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let member = stage.member(org, Role::Member).await;
    let viewer = stage.member(org, Role::Viewer).await;
    let limited = stage.member_of(org, Role::Member, only(&["crm"])).await;
    let platform = &stage.platform;
    let in_crm = create(platform, &member, titled("crm")).await.id;
    let in_data = create(platform, &member, titled("data")).await.id;
    let anywhere = create(platform, &member, titled("all")).await.id;
    give_to_org(&stage, in_crm, Some("crm")).await;
    give_to_org(&stage, in_data, Some("data")).await;
    give_to_org(&stage, anywhere, None).await;
    let list = async |caller: &Caller| {
        let filter = ConversationFilter::default();
        let listed = conversations::list(platform, caller, filter, PageRequest::default()).await;
        let mut titles: Vec<_> =
            listed.unwrap().items.into_iter().map(|found| found.title).collect();
        titles.sort_unstable();
        titles
    };
    assert_eq!(list(&viewer).await, ["all", "crm", "data"]);
    assert_eq!(list(&limited).await, ["crm"]);
    conversations::read(platform, &limited, in_crm).await.unwrap();
    for beyond in [in_data, anywhere] {
        let outcome = conversations::read(platform, &limited, beyond).await;
        assert_eq!(code(outcome), ErrorCode::NotFound);
    }
    let denied = ErrorCode::InsufficientRole;
    assert_eq!(code(conversations::update(platform, &viewer, in_crm, renamed("x")).await), denied);
    conversations::update(platform, &limited, in_crm, renamed("y")).await.unwrap();
    assert_eq!(code(conversations::remove(platform, &limited, in_crm).await), denied);
    assert!(stage.audit("conversation.read").await.is_empty(), "the org's are nobody's secret");
    let by = platform.permit(&limited, agentcy_core::Action::MessageSend).await.unwrap();
    let viewing = platform.permit(&viewer, agentcy_core::Action::MessageSend).await.unwrap();
    for (id, speaks) in [(in_crm, true), (in_data, false), (anywhere, false)] {
        let found = conversations::read(platform, &member, id).await.unwrap();
        assert_eq!(conversations::may_write(&by, &found), speaks, "{}", found.title);
        assert!(!conversations::may_write(&viewing, &found));
    }
}

#[tokio::test]
async fn a_conversation_names_an_agent_and_a_realm_that_its_maker_sees() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let member = stage.member(org, Role::Member).await;
    let limited = stage.member_of(org, Role::Member, only(&["data"])).await;
    let platform = &stage.platform;
    let new = NewAgent {
        name: "Seller".into(),
        realm: Some("crm".parse().unwrap()),
        ..NewAgent::default()
    };
    let seller = agents::create(platform, &member, new).await.unwrap().commit().await.unwrap().id;
    let with = |agent_id, realm: Option<&str>| NewConversation {
        agent_id,
        realm: realm.map(|realm| realm.parse().unwrap()),
        ..NewConversation::default()
    };
    let refused = async |caller, new| refusal(conversations::create(platform, caller, new).await);
    let unknown = (ErrorCode::Invalid, vec!["agent_id".to_owned()]);
    assert_eq!(refused(&limited, with(Some(seller), None)).await, unknown);
    assert_eq!(refused(&member, with(Some(platform.new_id()), None)).await, unknown);
    let beyond = refused(&limited, with(None, Some("crm"))).await;
    assert_eq!(beyond.0, ErrorCode::InsufficientRole);
    let nowhere = refused(&member, with(None, Some("attic"))).await;
    assert_eq!(nowhere.0, ErrorCode::UnknownRealm);
    let long = "a".repeat(201);
    for bad in [long.as_str(), "a\nb", "a\0"] {
        let told = refused(&member, titled(bad)).await;
        assert_eq!(told, (ErrorCode::Invalid, vec!["title".to_owned()]));
    }
    let own = create(platform, &limited, with(None, Some("data"))).await;
    let moved = ConversationUpdate {
        realm: Change::Set("crm".parse().unwrap()),
        ..ConversationUpdate::default()
    };
    let outcome = conversations::update(platform, &limited, own.id, moved).await;
    assert_eq!(code(outcome), ErrorCode::InsufficientRole);
}

#[tokio::test]
async fn a_conversation_in_which_an_answer_is_given_stays() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let member = stage.member(org, Role::Member).await;
    let platform = &stage.platform;
    let made = create(platform, &member, titled("busy")).await;
    let run = run(platform, &member, made.id).await;
    let mut tx = tx(platform, &member).await;
    let engaged =
        agentcy_store::conversations::engage(&mut tx, made.id, run, "", platform.now()).await;
    engaged.unwrap();
    tx.commit().await.unwrap();
    let refused = conversations::remove(platform, &member, made.id).await.unwrap_err();
    assert_eq!(refused.code(), Some(ErrorCode::RunActive));
    let agentcy_platform::Error::Refused { details, .. } = refused else { panic!("refused") };
    assert_eq!(details, Some(json!({ "run_id": run })));
    conversations::read(platform, &member, made.id).await.unwrap();
    // What the answer may see stays what it was as well.
    let to = |realm| ConversationUpdate { realm, ..renamed("still busy") };
    let crm = Change::Set("crm".parse().unwrap());
    let refused = conversations::update(platform, &member, made.id, to(crm.clone())).await;
    assert_eq!(code(refused), ErrorCode::RunActive);
    let same = conversations::update(platform, &member, made.id, to(Change::Clear)).await;
    assert_eq!(same.unwrap().title, "still busy");
    stage.database.execute("update conversations set active_run = null").await;
    let moved = conversations::update(platform, &member, made.id, to(crm)).await.unwrap();
    assert_eq!(moved.realm, Some("crm".parse().unwrap()));
}

#[tokio::test]
async fn a_history_shows_calls_and_decisions_beside_what_was_said() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let member = stage.member(org, Role::Member).await;
    let platform = &stage.platform;
    let id = create(platform, &member, titled("")).await.id;
    let run = run(platform, &member, id).await;
    let now = platform.now();
    let message = |role, seq: i64, text: &str| Message {
        id: platform.new_id(),
        conversation_id: id,
        run_id: run,
        role,
        state: MessageState::Complete,
        seq: Some(seq),
        through: None,
        parts: vec![Part::Text { step: 0, text: text.into() }],
        aside: Aside::default(),
        model: None,
        usage: None,
        finish_reason: None,
        error: None,
        created_at: now,
        finished_at: None,
    };
    let question = message(MessageRole::User, 1, "Cut the oak");
    let answer = message(MessageRole::Assistant, 2, "May I?");
    let call = |ordinal| ToolCall {
        id: platform.new_id(),
        conversation_id: id,
        run_id: run,
        message_id: answer.id,
        step: 0,
        ordinal,
        provider_id: "call".into(),
        name: "upsert_node".into(),
        connector: None,
        tool: None,
        args: json!({ "key": ordinal }),
        effect: Some(Effect::Write),
        state: CallState::Requested,
        passed_by: None,
        result: None,
        created_at: now + TimeDelta::seconds(ordinal.into()),
        started_at: None,
        finished_at: None,
    };
    let calls = [call(0), call(1)];
    let approval = approvals::Approval {
        id: platform.new_id(),
        conversation_id: id,
        run_id: run,
        tool_call_id: calls[1].id,
        tool: "upsert_node".into(),
        connector: None,
        args: json!({ "key": 1 }),
        args_schema: json!({}),
        digest: vec![1],
        effect: Effect::Write,
        reason: "it writes".into(),
        requested_by: member.principal.to_string(),
        state: ApprovalState::Pending,
        call_state: CallState::Requested,
        decided_by: None,
        note: None,
        remember_until: None,
        expires_at: now + TimeDelta::seconds(300),
        created_at: now,
        decided_at: None,
    };
    let mut tx = tx(platform, &member).await;
    messages::insert(&mut tx, &[question.clone(), answer.clone()]).await.unwrap();
    tool_calls::insert(&mut tx, &calls).await.unwrap();
    approvals::insert(&mut tx, &approval).await.unwrap();
    tx.commit().await.unwrap();

    let limit = Limit::new(1).unwrap();
    let first = PageRequest { limit, cursor: None };
    let page = conversations::messages(platform, &member, id, first.clone()).await.unwrap();
    assert_eq!((page.total, page.items.len(), &page.items[0].message), (2, 1, &answer));
    let shown: Vec<_> = page.items[0].calls.iter().map(|it| (&it.call, &it.approval)).collect();
    assert_eq!(shown, [(&calls[0], &None), (&calls[1], &Some(approval.clone()))]);
    let next = PageRequest { limit, cursor: page.next_cursor };
    let page = conversations::messages(platform, &member, id, next.clone()).await.unwrap();
    assert_eq!((&page.items[0].message, page.items[0].calls.len()), (&question, 0));
    assert_eq!(page.next_cursor, None);
    let foreign = conversations::tool_calls(platform, &member, id, next).await;
    assert_eq!(code(foreign), ErrorCode::InvalidCursor);
    let page = conversations::tool_calls(platform, &member, id, first).await.unwrap();
    assert_eq!((page.total, &page.items[0].call), (2, &calls[1]));
    assert_eq!(page.items[0].approval, Some(approval));
}

#[tokio::test]
async fn a_search_goes_by_its_own_cursor_and_bounds() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let member = stage.member(org, Role::Member).await;
    let platform = &stage.platform;
    for title in ["Oak", "an oak", "elm"] {
        create(platform, &member, titled(title)).await;
        stage.clock.advance(TimeDelta::seconds(1));
    }
    let filter = |query: &str| ConversationFilter {
        query: Some(query.into()),
        ..ConversationFilter::default()
    };
    let limit = Limit::new(1).unwrap();
    let first = PageRequest { limit, cursor: None };
    let page = conversations::list(platform, &member, filter("OAK"), first).await.unwrap();
    assert_eq!((page.total, page.items[0].title.as_str()), (2, "an oak"));
    let next = PageRequest { limit, cursor: page.next_cursor };
    let other = conversations::list(platform, &member, filter("elm"), next.clone()).await;
    assert_eq!(code(other), ErrorCode::InvalidCursor);
    let page = conversations::list(platform, &member, filter("OAK"), next).await.unwrap();
    assert_eq!((page.items[0].title.as_str(), page.next_cursor), ("Oak", None));
    let long = "a".repeat(201);
    for bad in ["", "a\0", &long] {
        let page = PageRequest::default();
        let told = refusal(conversations::list(platform, &member, filter(bad), page).await);
        assert_eq!(told, (ErrorCode::Invalid, vec!["q".to_owned()]));
    }
}

#[tokio::test]
async fn a_page_of_the_history_ends_where_calls_would_make_it_too_heavy() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let member = stage.member(org, Role::Member).await;
    let platform = &stage.platform;
    let id = create(platform, &member, titled("")).await.id;
    let now = platform.now();
    let mut said = Vec::new();
    for turn in 0..3 {
        let run = run(platform, &member, id).await;
        let message = |role, seq| Message {
            id: platform.new_id(),
            conversation_id: id,
            run_id: run,
            role,
            state: MessageState::Complete,
            seq: Some(seq),
            through: None,
            parts: Vec::new(),
            aside: Aside::default(),
            model: None,
            usage: None,
            finish_reason: None,
            error: None,
            created_at: now,
            finished_at: None,
        };
        let pair = [
            message(MessageRole::User, turn * 2 + 1),
            message(MessageRole::Assistant, turn * 2 + 2),
        ];
        let call = ToolCall {
            id: platform.new_id(),
            conversation_id: id,
            run_id: run,
            message_id: pair[1].id,
            step: 0,
            ordinal: 0,
            provider_id: "call".into(),
            name: "search_graph".into(),
            connector: None,
            tool: None,
            args: json!({}),
            effect: Some(Effect::Read),
            state: CallState::Done,
            passed_by: None,
            result: Some(json!("a".repeat(9 << 20))),
            created_at: now,
            started_at: None,
            finished_at: Some(now),
        };
        let mut tx = tx(platform, &member).await;
        messages::insert(&mut tx, &pair).await.unwrap();
        tool_calls::insert(&mut tx, &[call]).await.unwrap();
        tx.commit().await.unwrap();
        said.extend(pair.map(|message| message.id));
    }
    said.reverse();
    let (mut cursor, mut pages) = (None, Vec::new());
    loop {
        let page = PageRequest { limit: Limit::default(), cursor };
        let page = conversations::messages(platform, &member, id, page).await.unwrap();
        assert!(page.items.iter().map(|it| it.calls.len()).sum::<usize>() == 1);
        pages.push(page.items.iter().map(|it| it.message.id).collect::<Vec<_>>());
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(pages, [&said[0..2], &said[2..4], &said[4..6]]);
}
