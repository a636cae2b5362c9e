#![expect(clippy::disallowed_methods, reason = "the test waits for what it spawns")]

use std::{sync::atomic::AtomicUsize, task::Wake};

use futures_util::task::noop_waker_ref;
use tokio::{sync::mpsc, task::yield_now, time::sleep};

use super::*;

/// Counts what comes, until no more does.
fn counting(done: Arc<AtomicUsize>) -> (mpsc::UnboundedSender<()>, impl Future<Output = ()>) {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let counting = async move {
        while receiver.recv().await.is_some() {
            done.fetch_add(1, Ordering::SeqCst);
        }
    };
    (sender, counting)
}

#[derive(Default)]
struct Rung(AtomicUsize);

impl Wake for Rung {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn seen(done: &AtomicUsize) -> usize {
    done.load(Ordering::SeqCst)
}

async fn settle() {
    for _ in 0..10 {
        yield_now().await;
    }
}

#[tokio::test]
async fn a_run_goes_on_by_itself_while_nobody_lends_a_hand_and_after() {
    let done = Arc::new(AtomicUsize::new(0));
    let (sender, counting) = counting(Arc::clone(&done));
    let (work, task) = shared(counting);
    let task = tokio::spawn(task);
    sender.send(()).unwrap();
    settle().await;
    assert_eq!(seen(&done), 1);
    let (hand, rung) = (work.hand(), Arc::new(Rung::default()));
    let waker = Waker::from(Arc::clone(&rung));
    hand.lend(&Context::from_waker(&waker));
    settle().await;
    sender.send(()).unwrap();
    settle().await;
    assert_eq!((seen(&done), seen(&rung.0)), (1, 1), "the hand has it");
    hand.lend(&Context::from_waker(&waker));
    assert_eq!(seen(&done), 2);
    sender.send(()).unwrap();
    drop(hand);
    settle().await;
    assert_eq!(seen(&done), 3, "the hand is gone");
    drop(sender);
    task.await.unwrap();
}

#[tokio::test]
async fn a_hand_that_does_not_move_holds_nobody_up() {
    let done = Arc::new(AtomicUsize::new(0));
    let (sender, counting) = counting(Arc::clone(&done));
    let (work, task) = shared(counting);
    let task = tokio::spawn(task);
    let hand = work.hand();
    hand.lend(&Context::from_waker(noop_waker_ref()));
    settle().await;
    sleep(REST + REST / 2).await;
    assert!(!work.shared.bell.places().is_slow, "there is nothing to do");
    sender.send(()).unwrap();
    while seen(&done) == 0 {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(work.shared.bell.places().is_slow);
    sender.send(()).unwrap();
    settle().await;
    assert_eq!(seen(&done), 2, "at once from then on");
    hand.lend(&Context::from_waker(noop_waker_ref()));
    sender.send(()).unwrap();
    settle().await;
    assert_eq!(seen(&done), 3, "whatever the hand does");
    drop((hand, sender));
    task.await.unwrap();
}

#[tokio::test]
async fn a_run_that_ends_in_a_hand_is_over_for_its_task_and_one_whose_task_ends_is_over() {
    let (work, task) = shared(async {});
    let hand = work.hand();
    hand.lend(&Context::from_waker(noop_waker_ref()));
    task.await;
    let done = Arc::new(AtomicUsize::new(0));
    let (sender, counting) = counting(Arc::clone(&done));
    let (work, task) = shared(counting);
    let hand = work.hand();
    drop(task);
    sender.send(()).unwrap_err();
    hand.lend(&Context::from_waker(noop_waker_ref()));
    assert_eq!(seen(&done), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_left_lying_whoever_is_quicker() {
    let done = Arc::new(AtomicUsize::new(0));
    let (sender, counting) = counting(Arc::clone(&done));
    let (work, task) = shared(counting);
    let task = tokio::spawn(task);
    for round in 1..=20_000 {
        let (hand, until) = (work.hand(), Arc::clone(&done));
        let mut turns = 0;
        let showing = tokio::spawn(poll_fn(move |cx| {
            turns += 1;
            hand.lend(cx);
            let is_there = until.load(Ordering::SeqCst) >= round;
            // Some go away before.
            if is_there || turns == round % 3 + 1 { Poll::Ready(()) } else { Poll::Pending }
        }));
        sender.send(()).unwrap();
        while seen(&done) < round {
            yield_now().await;
        }
        showing.abort();
    }
    drop(sender);
    task.await.unwrap();
}

#[tokio::test]
async fn a_run_that_panics_in_a_hand_is_over_for_its_task() {
    let (work, task) = shared(async { panic!("broken") });
    let hand = work.hand();
    let lend = || hand.lend(&Context::from_waker(noop_waker_ref()));
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(lend)).is_err());
    task.await;
}
