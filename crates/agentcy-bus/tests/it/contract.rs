//! What holds on either engine.

use std::{num::NonZeroU32, time::Duration};

use agentcy_bus::{Error, Event, Key, MAX_NAME, MAX_VALUE, Policy, Scope};
use agentcy_core::id::OrgId;
use bytes::Bytes;
use tokio::task::JoinSet;

use crate::setup::{Setup, key, next};

const MINUTE: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(40);

macro_rules! suite {
    (#[$attribute:meta] $open:expr) => {
        crate::contract::suite!(@each #[$attribute] $open;
            it_answers_a_ping
            a_value_is_there_until_it_is_deleted_or_replaced
            a_value_ends_with_its_time
            of_many_who_put_if_absent_one_wins
            of_a_thousand_who_take_a_ticket_one_gets_it
            scopes_do_not_see_each_other
            what_is_too_large_or_without_time_is_refused
            a_limit_lets_its_number_through_and_then_says_when
            a_limit_opens_again_when_its_window_has_passed
            a_limit_holds_when_many_come_at_once
            policies_and_keys_count_for_themselves
            a_lock_has_one_owner_at_a_time
            a_lock_ends_with_its_time_and_its_late_owner_cannot_touch_the_next
            a_lock_that_is_extended_outlives_its_first_time
            a_subscriber_hears_what_is_published_after_it_came_in_order
            channels_do_not_hear_each_other
            every_subscriber_hears_every_message
            a_subscriber_that_lags_hears_of_a_gap_and_then_the_newest
            a_channel_can_be_left_and_joined_again
            subscriptions_end_when_the_bus_stops
        );
    };
    (@each #[$attribute:meta] $open:expr; $($name:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        #[$attribute]
        async fn $name() {
            let open = $open;
            crate::contract::$name(&open()).await;
        }
    )*};
}
pub(crate) use suite;

fn text(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn policy(name: &'static str, limit: u32, window: Duration) -> Policy {
    Policy { name, limit: NonZeroU32::new(limit).unwrap(), window }
}

fn org(number: u128) -> OrgId {
    OrgId::from(uuid::Uuid::from_u128(number))
}

/// Runs the same thing many times at once and counts how often it was true.
async fn crowd<F, W>(count: usize, mut work: F) -> usize
where
    F: FnMut(usize) -> W,
    W: Future<Output = bool> + Send + 'static,
{
    let mut tasks = JoinSet::new();
    (0..count).for_each(|number| drop(tasks.spawn(work(number))));
    tasks.join_all().await.into_iter().filter(|won| *won).count()
}

pub(crate) async fn it_answers_a_ping(on: &Setup) {
    on.bus.ping().await.unwrap();
}

pub(crate) async fn a_value_is_there_until_it_is_deleted_or_replaced(on: &Setup) {
    let (bus, key) = (&on.bus, key("value"));
    assert_eq!(bus.get(&key).await.unwrap(), None);
    bus.put(&key, &text("one"), MINUTE).await.unwrap();
    bus.put(&key, &Bytes::from_static(&[0, 255, b'\r', b'\n']), MINUTE).await.unwrap();
    assert_eq!(bus.get(&key).await.unwrap().unwrap(), &[0, 255, b'\r', b'\n'][..]);
    assert!(bus.delete(&key).await.unwrap());
    assert!(!bus.delete(&key).await.unwrap());
    assert_eq!(bus.take(&key).await.unwrap(), None);
}

pub(crate) async fn a_value_ends_with_its_time(on: &Setup) {
    let (bus, key) = (&on.bus, key("value"));
    bus.put(&key, &text("one"), SHORT).await.unwrap();
    on.pass(2 * SHORT).await;
    assert_eq!(bus.get(&key).await.unwrap(), None);
    assert!(bus.put_if_absent(&key, &text("two"), SHORT).await.unwrap());
    on.pass(2 * SHORT).await;
    assert_eq!(bus.take(&key).await.unwrap(), None);
    bus.put(&key, &text("three"), SHORT).await.unwrap();
    on.pass(2 * SHORT).await;
    assert!(!bus.delete(&key).await.unwrap());
}

pub(crate) async fn of_many_who_put_if_absent_one_wins(on: &Setup) {
    let won = crowd(100, |number| {
        let bus = on.bus.clone();
        let value = text(&number.to_string());
        async move { bus.put_if_absent(&key("seat"), &value, MINUTE).await.unwrap() }
    });
    assert_eq!(won.await, 1);
}

pub(crate) async fn of_a_thousand_who_take_a_ticket_one_gets_it(on: &Setup) {
    on.bus.put(&key("ticket"), &text("in"), MINUTE).await.unwrap();
    let got = crowd(1_000, |_| {
        let bus = on.bus.clone();
        async move { bus.take(&key("ticket")).await.unwrap().is_some() }
    });
    assert_eq!(got.await, 1);
}

pub(crate) async fn scopes_do_not_see_each_other(on: &Setup) {
    let names = [Key::new(org(1), "x"), Key::new(org(2), "x"), Key::new(Scope::Global, "x")];
    for (index, name) in names.iter().enumerate() {
        assert_eq!(on.bus.get(name).await.unwrap(), None, "{index}");
        on.bus.put(name, &text(&index.to_string()), MINUTE).await.unwrap();
    }
    assert_eq!(on.bus.get(&names[0]).await.unwrap(), Some(text("0")));
    // A lock and a value of one name are two things.
    assert!(on.bus.lock(&names[0], MINUTE).await.unwrap().is_some());
}

pub(crate) async fn what_is_too_large_or_without_time_is_refused(on: &Setup) {
    let (bus, key) = (&on.bus, key("x"));
    let (fits, large) = (Bytes::from(vec![0; MAX_VALUE]), Bytes::from(vec![0; MAX_VALUE + 1]));
    bus.put(&key, &fits, MINUTE).await.unwrap();
    for refused in [
        bus.put(&key, &large, MINUTE).await,
        bus.put_if_absent(&key, &large, MINUTE).await.map(drop),
        bus.publish(&key, large.clone()).await,
        bus.get(&Key::new(org(1), "x".repeat(MAX_NAME + 1))).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::TooLarge { .. })), "{refused:?}");
    }
    for refused in [
        bus.put(&key, &fits, Duration::ZERO).await,
        bus.lock(&key, Duration::MAX).await.map(drop),
        bus.limit(&key, &policy("p", 1, Duration::ZERO)).await.map(drop),
    ] {
        assert!(matches!(refused, Err(Error::BadTime)), "{refused:?}");
    }
}

pub(crate) async fn a_limit_lets_its_number_through_and_then_says_when(on: &Setup) {
    let (key, policy) = (key("ip"), policy("login", 3, MINUTE));
    for left in [2, 1, 0] {
        let verdict = on.bus.limit(&key, &policy).await.unwrap();
        assert_eq!((verdict.allowed, verdict.limit, verdict.remaining), (true, 3, left));
        assert_eq!(verdict.retry_after, Duration::ZERO);
        assert_eq!(verdict.reset_after, MINUTE);
    }
    let verdict = on.bus.limit(&key, &policy).await.unwrap();
    assert_eq!((verdict.allowed, verdict.remaining), (false, 0));
    assert!(verdict.retry_after > Duration::ZERO && verdict.retry_after <= verdict.reset_after);
}

pub(crate) async fn a_limit_opens_again_when_its_window_has_passed(on: &Setup) {
    let (name, policy) = (key("ip"), policy("api", 100, Duration::from_secs(1)));
    let burst = crowd(101, |_| {
        let bus = on.bus.clone();
        async move { bus.limit(&key("ip"), &policy).await.unwrap().allowed }
    });
    assert_eq!(burst.await, 100);
    let full = on.bus.limit(&name, &policy).await.unwrap();
    assert!(!full.allowed);
    on.pass(full.retry_after + Duration::from_millis(2)).await;
    assert!(on.bus.limit(&name, &policy).await.unwrap().allowed);
    on.pass(Duration::from_millis(1_050)).await;
    assert_eq!(on.bus.limit(&name, &policy).await.unwrap().remaining, 99);
}

pub(crate) async fn a_limit_holds_when_many_come_at_once(on: &Setup) {
    let allowed = crowd(300, |_| {
        let bus = on.bus.clone();
        async move { bus.limit(&key("ip"), &policy("api", 70, MINUTE)).await.unwrap().allowed }
    });
    assert_eq!(allowed.await, 70);
}

pub(crate) async fn policies_and_keys_count_for_themselves(on: &Setup) {
    for (name, policy) in [
        (key("a"), policy("one", 1, MINUTE)),
        (key("b"), policy("one", 1, MINUTE)),
        (key("a"), policy("two", 1, MINUTE)),
        (Key::new(org(1), "a"), policy("one", 1, MINUTE)),
    ] {
        assert!(on.bus.limit(&name, &policy).await.unwrap().allowed);
        assert!(!on.bus.limit(&name, &policy).await.unwrap().allowed);
    }
}

pub(crate) async fn a_lock_has_one_owner_at_a_time(on: &Setup) {
    let (bus, key) = (&on.bus, key("sequencer"));
    let guard = bus.lock(&key, MINUTE).await.unwrap().unwrap();
    assert!(bus.lock(&key, MINUTE).await.unwrap().is_none());
    assert!(guard.release().await.unwrap());
    assert!(bus.lock(&key, MINUTE).await.unwrap().is_some());
}

pub(crate) async fn a_lock_ends_with_its_time_and_its_late_owner_cannot_touch_the_next(on: &Setup) {
    let (bus, key) = (&on.bus, key("sequencer"));
    let late = bus.lock(&key, SHORT).await.unwrap().unwrap();
    on.pass(2 * SHORT).await;
    assert!(!late.extend(MINUTE).await.unwrap());
    let next = bus.lock(&key, MINUTE).await.unwrap().unwrap();
    assert!(!late.extend(MINUTE).await.unwrap());
    assert!(!late.release().await.unwrap());
    assert!(next.extend(MINUTE).await.unwrap());
    assert!(next.release().await.unwrap());
}

pub(crate) async fn a_lock_that_is_extended_outlives_its_first_time(on: &Setup) {
    let (bus, key) = (&on.bus, key("sequencer"));
    let guard = bus.lock(&key, 20 * SHORT).await.unwrap().unwrap();
    assert!(guard.extend(MINUTE).await.unwrap());
    on.pass(22 * SHORT).await;
    assert!(bus.lock(&key, MINUTE).await.unwrap().is_none());
}

pub(crate) async fn a_subscriber_hears_what_is_published_after_it_came_in_order(on: &Setup) {
    let (bus, channel) = (&on.bus, key("run"));
    bus.publish(&channel, text("before")).await.unwrap();
    let mut heard = bus.subscribe(&channel).await.unwrap();
    for number in 0..100 {
        bus.publish(&channel, text(&number.to_string())).await.unwrap();
    }
    for number in 0..100 {
        assert_eq!(next(&mut heard).await, Some(Event::Message(text(&number.to_string()))));
    }
}

pub(crate) async fn channels_do_not_hear_each_other(on: &Setup) {
    let (one, two) = (Key::new(org(1), "graph"), Key::new(org(2), "graph"));
    let mut first = on.bus.subscribe(&one).await.unwrap();
    let mut second = on.bus.subscribe(&two).await.unwrap();
    on.bus.publish(&one, text("one")).await.unwrap();
    on.bus.publish(&two, text("two")).await.unwrap();
    assert_eq!(next(&mut first).await, Some(Event::Message(text("one"))));
    assert_eq!(next(&mut second).await, Some(Event::Message(text("two"))));
}

pub(crate) async fn every_subscriber_hears_every_message(on: &Setup) {
    let mut heard = Vec::new();
    for _ in 0..20 {
        heard.push(on.bus.subscribe(&key("tasks")).await.unwrap());
    }
    on.bus.publish(&key("tasks"), text("done")).await.unwrap();
    for one in &mut heard {
        assert_eq!(next(one).await, Some(Event::Message(text("done"))));
    }
}

pub(crate) async fn a_subscriber_that_lags_hears_of_a_gap_and_then_the_newest(on: &Setup) {
    let (bus, channel) = (&on.bus, key("busy"));
    let mut slow = bus.subscribe(&channel).await.unwrap();
    let mut witness = bus.subscribe(&channel).await.unwrap();
    let last = Event::Message(text("999"));
    for number in 0..1_000 {
        let told = text(&number.to_string());
        bus.publish(&channel, told.clone()).await.unwrap();
        assert_eq!(next(&mut witness).await, Some(Event::Message(told)));
    }
    assert_eq!(next(&mut slow).await, Some(Event::Gap));
    let mut rest = 0;
    loop {
        let event = next(&mut slow).await;
        assert!(matches!(event, Some(Event::Message(_))), "{event:?} after the gap");
        if event == Some(last.clone()) {
            break;
        }
        rest += 1;
    }
    assert!(rest < 999);
}

pub(crate) async fn a_channel_can_be_left_and_joined_again(on: &Setup) {
    let channel = key("chat");
    for round in 0..50 {
        let mut heard = on.bus.subscribe(&channel).await.unwrap();
        let told = text(&round.to_string());
        on.bus.publish(&channel, told.clone()).await.unwrap();
        assert_eq!(next(&mut heard).await, Some(Event::Message(told)));
    }
}

pub(crate) async fn subscriptions_end_when_the_bus_stops(on: &Setup) {
    let mut heard = on.bus.subscribe(&key("run")).await.unwrap();
    on.stop.cancel();
    assert_eq!(next(&mut heard).await, None);
}
