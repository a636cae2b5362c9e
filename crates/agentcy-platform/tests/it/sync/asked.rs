//! Asking for syncs, and reading how they stand.

use agentcy_core::{Action, ErrorCode, Limit, Role};
use agentcy_platform::{
    PageRequest,
    sync::{self, Counts, SyncState},
};
use futures_util::future::join_all;

use super::{script::node, theatre::Theatre};
use crate::stage::{code, only};

#[tokio::test]
async fn of_many_who_ask_at_once_exactly_one_starts_a_sync() {
    let stage = Theatre::playing([node("a")]).await;
    let ask = || async {
        let draft = sync::start(&stage.platform, &stage.caller, stage.source).await?;
        draft.commit().await
    };
    let outcomes = join_all((0..64).map(|_| ask())).await;
    let (started, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!(started.len(), 1);
    for outcome in refused {
        assert_eq!(code(outcome), ErrorCode::SyncInProgress);
    }
    assert_eq!(stage.count("jobs").await, 1);
    stage.run().await;
    assert_eq!(stage.sync().await.counts.unchanged, 1, "and then another may");
}

#[tokio::test]
async fn only_a_member_starts_or_stops_and_an_audit_row_says_who() {
    let stage = Theatre::playing([node("a")]).await;
    let viewer = stage.caller(stage.org, Role::Viewer).await;
    let refused = sync::start(&stage.platform, &viewer, stage.source).await;
    assert_eq!(code(refused), ErrorCode::InsufficientRole);
    let refused = sync::cancel(&stage.platform, &viewer, stage.source).await;
    assert_eq!(code(refused), ErrorCode::InsufficientRole);
    stage.start().await;
    sync::cancel(&stage.platform, &stage.caller, stage.source).await.unwrap();
    for action in [Action::SourceSync, Action::SourceSyncCancel] {
        let query =
            format!("select * from audit where action = '{action}' and decision = 'allowed'");
        let rows = stage.database.rows(&query).await;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0]["actor"], stage.caller.principal.to_string());
        assert_eq!(rows[0]["target"], stage.source.to_string());
    }
}

#[tokio::test]
async fn what_lies_in_another_realm_or_org_is_unknown() {
    let stage = Theatre::playing([node("a")]).await;
    let sync = stage.start().await;
    let mut elsewhere = stage.caller.clone();
    elsewhere.realms = only(&["crm"]);
    let foreign = stage.caller(stage.org().await, Role::Owner).await;
    for caller in [&elsewhere, &foreign] {
        let (platform, id) = (&stage.platform, stage.source);
        assert_eq!(code(sync::start(platform, caller, id).await), ErrorCode::NotFound);
        assert_eq!(code(sync::cancel(platform, caller, id).await), ErrorCode::NotFound);
        assert_eq!(code(sync::jobs(platform, caller, id).await), ErrorCode::NotFound);
        let page = PageRequest::default();
        assert_eq!(code(sync::history(platform, caller, id, page).await), ErrorCode::NotFound);
        assert_eq!(code(sync::read(platform, caller, id, sync.id).await), ErrorCode::NotFound);
    }
    assert_eq!(stage.read(&sync).await.state, SyncState::Queued);
}

#[tokio::test]
async fn a_source_with_tools_only_has_nothing_to_sync() {
    let stage = Theatre::playing([]).await;
    let tools = stage.ids.next();
    stage.connect(tools, "tools").await;
    let refused = sync::start(&stage.platform, &stage.caller, tools).await;
    assert_eq!(code(refused), ErrorCode::Invalid);
}

#[tokio::test]
async fn history_is_paged_with_the_newest_first_and_reads_of_its_own_source_only() {
    let stage = Theatre::playing([node("a")]).await;
    let mut syncs = Vec::new();
    for _ in 0..3 {
        syncs.push(stage.sync().await.id);
        stage.clock.advance_past_caches();
    }
    syncs.reverse();
    let limit = Limit::new(2).unwrap();
    let (platform, caller, source) = (&stage.platform, &stage.caller, stage.source);
    let first = PageRequest { limit, cursor: None };
    let first = sync::history(platform, caller, source, first).await.unwrap();
    assert_eq!((first.items.len(), first.total), (2, 3));
    assert_eq!(first.items[0].counts, Counts { unchanged: 1, ..Counts::default() });
    let rest = PageRequest { limit, cursor: first.next_cursor };
    let rest = sync::history(platform, caller, source, rest).await.unwrap();
    let ids: Vec<_> = first.items.iter().chain(&rest.items).map(|sync| sync.id).collect();
    assert_eq!(ids, syncs);
    assert!(rest.next_cursor.is_none());
    assert!(sync::jobs(platform, caller, source).await.unwrap().is_empty());

    let other = stage.ids.next();
    stage.connect(other, "script").await;
    assert_eq!(code(sync::read(platform, caller, other, syncs[0]).await), ErrorCode::NotFound);
    let none = sync::cancel(platform, caller, source).await;
    assert_eq!(code(none), ErrorCode::NotFound);
}
