//! A loop that breaks off for a fault in the code begins again: the rest of the process would go on without it for ever.

use std::{panic::AssertUnwindSafe, time::Duration};

use agentcy_platform::{Platform, lifecycle::Lifecycle};
use futures_util::FutureExt;

const PAUSE: Duration = Duration::from_secs(1);

/// Runs a loop of the server until it returns.
pub(crate) fn keep<F: Future<Output = ()> + Send>(
    platform: &Platform,
    lifecycle: &Lifecycle,
    what: &'static str,
    begin: impl Fn(Platform, Lifecycle) -> F + Send + 'static,
) {
    let (platform, stops) = (platform.clone(), lifecycle.clone());
    whole(lifecycle, what, move || begin(platform.clone(), stops.clone()));
}

fn whole<F: Future<Output = ()> + Send>(
    lifecycle: &Lifecycle,
    what: &'static str,
    begin: impl Fn() -> F + Send + 'static,
) {
    let stops = lifecycle.clone();
    lifecycle.spawn(async move {
        // The panic hook has said where.
        while AssertUnwindSafe(begin()).catch_unwind().await.is_err() {
            tracing::error!(what, "a loop broke off, and begins again");
            metrics::counter!("agentcy_loop_breaks_total", "loop" => what).increment(1);
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                () = stops.stopping() => return,
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_breaks_off_begins_again_until_it_returns() {
        let lifecycle = Lifecycle::default();
        let begun = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&begun);
        whole(&lifecycle, "a test", move || {
            let times = counted.fetch_add(1, Ordering::SeqCst);
            async move { assert!(times >= 2, "a fault in the code") }
        });
        assert!(lifecycle.wait(Duration::from_mins(1)).await);
        assert_eq!(begun.load(Ordering::SeqCst), 1, "nothing begins again once a stop was asked");

        let lifecycle = Lifecycle::default();
        let counted = Arc::clone(&begun);
        whole(&lifecycle, "a test", move || {
            let times = counted.fetch_add(1, Ordering::SeqCst);
            async move { assert!(times >= 3, "a fault in the code") }
        });
        tokio::time::sleep(PAUSE * 5).await;
        assert_eq!(begun.load(Ordering::SeqCst), 4);
        assert!(lifecycle.tasks().is_empty());
    }
}
