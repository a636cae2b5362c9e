//! Usage: added up by what is asked, for whom it concerns.

use agentcy_core::{ErrorCode, Role};
use agentcy_platform::usage::{self, Grouping, UsageQuery};
use chrono::NaiveDate;
use uuid::Uuid;

use crate::stage::{Stage, as_key, code, refusal, user};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn january(by: Grouping) -> UsageQuery {
    UsageQuery { from: Some(day("2027-01-01")), to: Some(day("2027-01-31")), by: Some(by) }
}

/// One run of one dollar: who, on which day, with which model.
async fn used(
    stage: &Stage,
    org: agentcy_core::id::OrgId,
    who: Option<Uuid>,
    day: &str,
    model: &str,
) {
    let org = Uuid::from(org);
    let who = who.map_or("null".to_owned(), |id| format!("'{id}'"));
    let values = format!("'{org}', '{day}', {who}, null, '{model}', 1, 10, 20, 1.0");
    stage.database.execute(&format!("insert into usage_days values ({values})")).await;
}

#[tokio::test]
async fn sums_are_by_person_model_agent_or_day() {
    let stage = Stage::new().await;
    let (org, other) = (stage.org().await, stage.org().await);
    let admin = stage.member(org, Role::Admin).await;
    let ada = Uuid::from(user(&admin));
    used(&stage, org, Some(ada), "2027-01-01", "small").await;
    used(&stage, org, Some(ada), "2027-01-31", "small").await;
    used(&stage, org, Some(ada), "2027-01-31", "large").await;
    used(&stage, org, None, "2027-01-02", "large").await;
    used(&stage, org, Some(ada), "2027-02-01", "late").await;
    used(&stage, other, Some(ada), "2027-01-01", "theirs").await;
    let sums = async |by| {
        let usage = usage::read(&stage.platform, &admin, january(by)).await.unwrap();
        assert_eq!(
            (usage.totals.runs, usage.totals.in_tokens, usage.totals.out_tokens),
            (4, 40, 80)
        );
        usage.rows.into_iter().map(|row| (row.key, row.sums.runs)).collect::<Vec<_>>()
    };
    let key = |text: &str| Some(text.to_owned());
    assert_eq!(sums(Grouping::User).await, [(key(&user(&admin).to_string()), 3), (None, 1)]);
    assert_eq!(sums(Grouping::Model).await, [(key("large"), 2), (key("small"), 2)]);
    assert_eq!(sums(Grouping::Agent).await, [(None, 4)]);
    let days = [(key("2027-01-01"), 1), (key("2027-01-02"), 1), (key("2027-01-31"), 2)];
    assert_eq!(sums(Grouping::Day).await, days);
}

#[tokio::test]
async fn below_admin_people_see_their_own_and_keys_nothing() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let admin = stage.member(org, Role::Admin).await;
    let member = stage.member(org, Role::Member).await;
    used(&stage, org, Some(user(&admin).into()), "2027-01-01", "small").await;
    used(&stage, org, Some(user(&member).into()), "2027-01-01", "small").await;
    used(&stage, org, None, "2027-01-01", "small").await;
    for (caller, runs) in [(&admin, 3), (&as_key(&admin), 3), (&member, 1), (&as_key(&member), 0)] {
        let usage = usage::read(&stage.platform, caller, january(Grouping::Model)).await.unwrap();
        assert_eq!(usage.totals.runs, runs);
        assert_eq!(usage.rows.iter().map(|row| row.sums.runs).sum::<i64>(), runs);
    }
}

#[tokio::test]
async fn a_span_is_the_last_thirty_days_or_at_most_a_year() {
    let stage = Stage::new().await;
    let org = stage.org().await;
    let admin = stage.member(org, Role::Admin).await;
    let platform = &stage.platform;
    let usage = usage::read(platform, &admin, UsageQuery::default()).await.unwrap();
    assert_eq!((usage.from, usage.to), (day("2026-12-17"), day("2027-01-15")));
    assert_eq!((usage.by, usage.rows.len()), (Grouping::Day, 0));
    let span = |from, to| UsageQuery { from: Some(day(from)), to: Some(day(to)), by: None };
    usage::read(platform, &admin, span("2024-01-01", "2024-12-31")).await.unwrap();
    for bad in [span("2024-01-01", "2025-01-01"), span("2024-01-02", "2024-01-01")] {
        let outcome = usage::read(platform, &admin, bad).await;
        assert_eq!(refusal(outcome), (ErrorCode::Invalid, vec!["from".to_owned()]));
    }
    let far = UsageQuery { from: Some(NaiveDate::MIN), to: Some(NaiveDate::MIN), by: None };
    assert_eq!(code(usage::read(platform, &admin, far).await), ErrorCode::Invalid);
    let end = UsageQuery { from: None, to: Some(NaiveDate::MIN), by: None };
    assert_eq!(code(usage::read(platform, &admin, end).await), ErrorCode::Invalid);
}
