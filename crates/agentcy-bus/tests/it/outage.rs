//! Redis away, frozen, back: every call ends soon, and nothing needs a restart.

mod on_redis {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        time::Duration,
    };

    use agentcy_bus::{Bus, Error, Event, Policy};
    use agentcy_core::clock::SystemEntropy;
    use bytes::Bytes;
    use tokio::{task::JoinSet, time::timeout};
    use tokio_util::{sync::CancellationToken, task::TaskTracker};

    use crate::{
        server::Server,
        setup::{Setup, key, next, prefix},
    };

    const MINUTE: Duration = Duration::from_mins(1);
    /// More than the two seconds that a call may take, for a busy machine.
    const HANGS: Duration = Duration::from_secs(4);
    const POLICY: Policy =
        Policy { name: "p", limit: std::num::NonZeroU32::MAX, window: Duration::from_secs(1) };

    async fn until(mut done: impl AsyncFnMut() -> bool) {
        while !done().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn call(bus: &Bus, number: usize) -> Result<(), Error> {
        let work = async {
            match number % 4 {
                0 => bus.put(&key("x"), &Bytes::from_static(b"x"), MINUTE).await,
                1 => bus.get(&key("x")).await.map(drop),
                2 => bus.limit(&key("x"), &POLICY).await.map(drop),
                _ => bus.publish(&key("x"), Bytes::from_static(b"x")).await,
            }
        };
        timeout(HANGS, work).await.expect("no call hangs")
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs Redis: cargo xtask test brings it"]
    async fn a_killed_server_gives_errors_and_works_again_when_it_is_back() {
        let mut server = Server::start("pw").await;
        let on = Setup::redis(&server.url(), &prefix());
        let mut heard = on.bus.subscribe(&key("run")).await.unwrap();
        let (good, bad) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut load = JoinSet::new();
        for worker in 0..8 {
            let (bus, good, bad) = (on.bus.clone(), good.clone(), bad.clone());
            load.spawn(async move {
                for number in worker.. {
                    let count = match call(&bus, number).await {
                        Ok(()) => &good,
                        Err(Error::Unavailable(_)) => &bad,
                        Err(other) => panic!("{other:?}"),
                    };
                    count.fetch_add(1, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                }
            });
        }
        let reaches = async |count: &AtomicUsize| {
            let goal = count.load(Ordering::SeqCst) + 200;
            until(async || count.load(Ordering::SeqCst) >= goal).await;
        };
        reaches(&good).await;
        server.kill();
        reaches(&bad).await;
        let refused = timeout(HANGS, on.bus.subscribe(&key("other"))).await.unwrap();
        assert!(matches!(refused, Err(Error::Unavailable(_))));
        server.restart().await;
        reaches(&good).await;
        assert!(load.try_join_next().is_none(), "no worker ended");
        load.abort_all();

        assert_eq!(next(&mut heard).await, Some(Event::Gap));
        on.bus.publish(&key("run"), Bytes::from_static(b"again")).await.unwrap();
        assert_eq!(next(&mut heard).await, Some(Event::Message(Bytes::from_static(b"again"))));
        assert!(on.bus.subscribe(&key("other")).await.is_ok());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "needs Redis: cargo xtask test brings it"]
    async fn a_frozen_server_holds_nobody_up_for_long() {
        let server = Server::start("pw").await;
        let on = Setup::redis(&server.url(), &prefix());
        let mut heard = on.bus.subscribe(&key("run")).await.unwrap();
        call(&on.bus, 0).await.unwrap();
        server.freeze();
        let mut calls = JoinSet::new();
        for number in 0..100 {
            let bus = on.bus.clone();
            calls.spawn(async move { call(&bus, number).await.is_err() });
        }
        assert!(calls.join_all().await.into_iter().all(|failed| failed));
        // Long enough for the silent connection of the subscriptions to be given up.
        tokio::time::sleep(Duration::from_secs(4)).await;
        server.thaw();
        until(async || call(&on.bus, 0).await.is_ok()).await;
        assert_eq!(next(&mut heard).await, Some(Event::Gap));
        on.bus.publish(&key("run"), Bytes::from_static(b"again")).await.unwrap();
        assert_eq!(next(&mut heard).await, Some(Event::Message(Bytes::from_static(b"again"))));
    }

    #[tokio::test]
    #[ignore = "needs Redis: cargo xtask test brings it"]
    async fn a_server_that_comes_later_is_found() {
        let mut server = Server::start("pw").await;
        server.kill();
        let on = Setup::redis(&server.url(), &prefix());
        assert!(matches!(on.bus.ping().await, Err(Error::Unavailable(_))));
        server.restart().await;
        on.bus.ping().await.unwrap();
    }

    #[tokio::test]
    #[ignore = "needs Redis: cargo xtask test brings it"]
    async fn a_wrong_password_is_told_without_showing_it() {
        let server = Server::start("right").await;
        let on = Setup::redis(&server.url().replace("right", "canary"), &prefix());
        let error = on.bus.ping().await.unwrap_err();
        assert!(!format!("{error:?} {error}").contains("canary"), "{error:?}");
    }

    #[tokio::test]
    async fn a_bad_address_is_refused_without_showing_its_password() {
        let tasks = TaskTracker::new();
        for url in [
            "rediss://:canary@redis.example",
            "http://:canary@redis.example",
            "redis://:canary@redis.example/x",
            "redis://:canary@redis.example:port",
            "redis://:canary@/0",
            "canary",
        ] {
            let stop = CancellationToken::new();
            let error = Bus::redis(url, "agentcy", Arc::new(SystemEntropy), &tasks, stop);
            let error = error.unwrap_err();
            assert!(matches!(error, Error::Settings(_)));
            assert!(!format!("{error:?} {error}").contains("canary"), "{error:?}");
        }
    }
}
