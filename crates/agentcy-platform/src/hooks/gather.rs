//! Requests that come at once are served at once: what arrives while the store works on something waits, and is then
//! worked on together. What may wait is bounded.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{Semaphore, oneshot},
    task::yield_now,
};

use crate::{Error, Result, StoreError, error::shared, lifecycle::Lifecycle};

/// What is done together. What waits in one lane is; lanes do not wait for one another.
pub(super) trait Work: Send + Sync + 'static {
    type Lane: Copy + Eq + Hash + Send + Sync;
    type Item: Send;
    type Done: Send;

    /// The bytes that an item takes.
    fn weight(item: &Self::Item) -> usize;

    /// Does it, and gives what came of each in their order. Nothing was done to any when it fails.
    fn work(
        &self,
        lane: Self::Lane,
        items: Vec<Self::Item>,
    ) -> impl Future<Output = Result<Vec<Self::Done>>> + Send;
}

/// How much waits, and how much is done together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// How many items of a lane wait.
    pub(super) waiting: usize,
    /// How many bytes they have.
    pub(super) waiting_bytes: usize,
    /// How many are done together.
    pub(super) together: usize,
    /// How many bytes those have, unless one alone has more.
    pub(super) together_bytes: usize,
    /// How many times a lane is worked on at once.
    pub(super) abreast: usize,
    /// How many times that is in all lanes: each holds a connection.
    pub(super) turns: usize,
}

/// Brings together what comes at once.
pub(super) struct Gather<W: Work> {
    shared: Arc<Shared<W>>,
}

struct Shared<W: Work> {
    work: W,
    bounds: Bounds,
    turns: Semaphore,
    lifecycle: Lifecycle,
    lanes: Mutex<HashMap<W::Lane, Lane<W>>>,
}

/// What waits. A lane is there as long as somebody serves it.
struct Lane<W: Work> {
    waiting: VecDeque<Waiting<W>>,
    bytes: usize,
    /// How many serve it.
    served: usize,
}

struct Waiting<W: Work> {
    item: W::Item,
    done: oneshot::Sender<Result<W::Done>>,
}

impl<W: Work> Gather<W> {
    pub(super) fn new(work: W, bounds: Bounds, lifecycle: &Lifecycle) -> Self {
        let turns = Semaphore::new(bounds.turns);
        let (lifecycle, lanes) = (lifecycle.clone(), Mutex::default());
        Self { shared: Arc::new(Shared { work, bounds, turns, lifecycle, lanes }) }
    }

    /// Has an item worked on. It is, although nobody may wait for it any more.
    pub(super) async fn ask(&self, lane: W::Lane, item: W::Item) -> Result<W::Done> {
        let (done, answer) = oneshot::channel();
        let is_served = self.shared.push(lane, Waiting { item, done })?;
        if !is_served {
            let serving = Serving { shared: Arc::clone(&self.shared), lane, is_over: false };
            self.shared.lifecycle.spawn(serving.serve());
        }
        answer
            .await
            .unwrap_or_else(|_| Err(unavailable("the server stopped before it was written")))
    }
}

impl<W: Work> Shared<W> {
    /// Puts it into its lane; whether as many serve that as may.
    fn push(&self, lane: W::Lane, waiting: Waiting<W>) -> Result<bool> {
        let weight = W::weight(&waiting.item);
        let mut lanes = self.lanes();
        let Some(queue) = lanes.get_mut(&lane) else {
            let waiting = VecDeque::from([waiting]);
            lanes.insert(lane, Lane { waiting, bytes: weight, served: 1 });
            return Ok(false);
        };
        let (many, bytes) = (queue.waiting.len() + 1, queue.bytes + weight);
        if many > self.bounds.waiting || bytes > self.bounds.waiting_bytes {
            return Err(unavailable("too much waits to be written"));
        }
        queue.bytes = bytes;
        queue.waiting.push_back(waiting);
        if queue.served < self.bounds.abreast {
            queue.served += 1;
            return Ok(false);
        }
        Ok(true)
    }

    /// What is done next. When nothing waits, whoever asks serves the lane no more.
    fn next(&self, lane: W::Lane) -> Option<Vec<Waiting<W>>> {
        let mut lanes = self.lanes();
        let queue = lanes.get_mut(&lane)?;
        let (mut together, mut bytes) = (Vec::new(), 0);
        while together.len() < self.bounds.together
            && let Some(first) = queue.waiting.front()
        {
            let weight = W::weight(&first.item);
            if !together.is_empty() && bytes + weight > self.bounds.together_bytes {
                break;
            }
            bytes += weight;
            together.extend(queue.waiting.pop_front());
        }
        queue.bytes = queue.bytes.saturating_sub(bytes);
        if together.is_empty() {
            Self::leave(&mut lanes, lane);
            return None;
        }
        Some(together)
    }

    /// One serves the lane no more; with the last one it is gone, and what waits there.
    fn leave(lanes: &mut HashMap<W::Lane, Lane<W>>, lane: W::Lane) {
        let Some(queue) = lanes.get_mut(&lane) else { return };
        queue.served = queue.served.saturating_sub(1);
        if queue.served == 0 {
            lanes.remove(&lane);
        }
    }

    fn lanes(&self) -> MutexGuard<'_, HashMap<W::Lane, Lane<W>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who serves a lane. Whatever ends the last one, the lane goes with it, so that nobody waits for an answer that never
/// comes.
struct Serving<W: Work> {
    shared: Arc<Shared<W>>,
    lane: W::Lane,
    is_over: bool,
}

impl<W: Work> Serving<W> {
    async fn serve(mut self) {
        loop {
            // Those who were answered just now ask again at once: without a look at the network every second batch is one
            // item, and with more than one they begin too late to share a flush.
            yield_now().await;
            let Ok(turn) = self.shared.turns.acquire().await else { return };
            let Some(together) = self.shared.next(self.lane) else {
                self.is_over = true;
                return;
            };
            let (items, asked): (Vec<_>, Vec<_>) =
                together.into_iter().map(|waiting| (waiting.item, waiting.done)).unzip();
            let outcome = self.shared.work.work(self.lane, items).await;
            drop(turn);
            answer(asked, outcome);
        }
    }
}

impl<W: Work> Drop for Serving<W> {
    fn drop(&mut self) {
        if !self.is_over {
            Shared::leave(&mut self.shared.lanes(), self.lane);
        }
    }
}

/// Who went away meanwhile needs no answer.
fn answer<T>(asked: Vec<oneshot::Sender<Result<T>>>, outcome: Result<Vec<T>>) {
    match outcome {
        Ok(done) => {
            for (sender, done) in asked.into_iter().zip(done) {
                drop(sender.send(Ok(done)));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for sender in asked {
                let error = shared(Arc::clone(&error), "a delivery could not be written");
                drop(sender.send(Err(error)));
            }
        }
    }
}

fn unavailable(why: &'static str) -> Error {
    StoreError::Unavailable(why.into()).into()
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::sync::Mutex as AsyncMutex;

    use super::*;

    /// Works when let, and notes what it did together.
    #[derive(Clone, Default)]
    struct Script {
        gate: Arc<AsyncMutex<()>>,
        seen: Arc<Mutex<Vec<Vec<u32>>>>,
    }

    impl Work for Script {
        type Lane = u8;
        type Item = u32;
        type Done = u32;

        fn weight(item: &u32) -> usize {
            usize::try_from(*item).unwrap()
        }

        async fn work(&self, _: u8, items: Vec<u32>) -> Result<Vec<u32>> {
            let _open = self.gate.lock().await;
            self.seen.lock().unwrap().push(items.clone());
            assert!(!items.contains(&13), "unlucky");
            if items.contains(&99) {
                return Err(unavailable("away"));
            }
            Ok(items.into_iter().map(|item| item * 2).collect())
        }
    }

    const BOUNDS: Bounds = Bounds {
        waiting: 4,
        waiting_bytes: 200,
        together: 3,
        together_bytes: 100,
        abreast: 1,
        turns: 8,
    };

    /// Asks for these in their order while the first is held up.
    async fn ask(script: &Script, bounds: Bounds, items: &[u32]) -> Vec<Result<u32>> {
        let lifecycle = Lifecycle::default();
        let gather = Gather::new(script.clone(), bounds, &lifecycle);
        let held = script.gate.lock().await;
        let is_begun = || gather.shared.lanes().get(&7).is_some_and(|lane| lane.waiting.is_empty());
        let rest = async {
            while !is_begun() {
                tokio::task::yield_now().await;
            }
            let open = async { drop(held) };
            tokio::join!(join_all(items[1..].iter().map(|item| gather.ask(7, *item))), open).0
        };
        let (first, rest) = tokio::join!(gather.ask(7, items[0]), rest);
        let answers = [first].into_iter().chain(rest).collect();
        while !gather.shared.lanes().is_empty() {
            tokio::task::yield_now().await;
        }
        answers
    }

    fn seen(script: &Script) -> Vec<Vec<u32>> {
        script.seen.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn what_comes_while_others_are_worked_on_is_done_together() {
        let script = Script::default();
        let answers = ask(&script, BOUNDS, &[1, 2, 3, 4, 5]).await;
        let answers: Vec<u32> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, [2, 4, 6, 8, 10]);
        assert_eq!(seen(&script), [vec![1], vec![2, 3, 4], vec![5]]);
    }

    #[tokio::test]
    async fn bytes_are_bounded_too_but_one_always_goes() {
        let script = Script::default();
        let bounds = Bounds { waiting_bytes: 1000, ..BOUNDS };
        ask(&script, bounds, &[1, 60, 60, 300, 1]).await;
        assert_eq!(seen(&script), [vec![1], vec![60], vec![60], vec![300], vec![1]]);
    }

    #[tokio::test]
    async fn what_finds_no_room_is_refused_at_once_and_the_rest_is_served() {
        let script = Script::default();
        let answers = ask(&script, BOUNDS, &[1, 2, 3, 4, 5, 6]).await;
        let refused: Vec<_> = answers.iter().map(Result::is_err).collect();
        assert_eq!(refused, [false, false, false, false, false, true]);
        let answers = ask(&Script::default(), BOUNDS, &[1, 90, 90, 90, 1]).await;
        let refused: Vec<_> = answers.iter().map(Result::is_err).collect();
        assert_eq!(refused, [false, false, false, true, false]);
    }

    #[tokio::test]
    async fn a_failure_is_that_of_all_who_were_together_and_of_nobody_else() {
        let script = Script::default();
        let bounds = Bounds { together_bytes: 1000, ..BOUNDS };
        let answers = ask(&script, bounds, &[1, 2, 99, 3, 4]).await;
        let failed: Vec<_> = answers.iter().map(Result::is_err).collect();
        assert_eq!(failed, [false, true, true, true, false]);
        assert!(matches!(&answers[3], Err(Error::Store(StoreError::Unavailable(_)))));
    }

    #[tokio::test]
    async fn a_panic_leaves_nobody_waiting_and_the_lane_usable() {
        let script = Script::default();
        let lifecycle = Lifecycle::default();
        let gather = Gather::new(script, BOUNDS, &lifecycle);
        assert!(gather.ask(1, 13).await.is_err());
        assert_eq!(gather.ask(1, 4).await.unwrap(), 8);
    }

    #[tokio::test]
    async fn a_hard_stop_leaves_nobody_waiting() {
        let script = Script::default();
        let lifecycle = Lifecycle::default();
        let gather = Gather::new(script.clone(), BOUNDS, &lifecycle);
        let held = script.gate.lock().await;
        let stop = async {
            tokio::task::yield_now().await;
            lifecycle.stop_now();
        };
        let (answer, ()) = tokio::join!(gather.ask(1, 2), stop);
        assert!(answer.is_err());
        drop(held);
    }

    /// Once so many serve the lane, and so many wait in it.
    async fn until(gather: &Gather<Script>, served: usize, waiting: usize) {
        let stands = || {
            let lanes = gather.shared.lanes();
            lanes.get(&7).is_some_and(|it| (it.served, it.waiting.len()) == (served, waiting))
        };
        while !stands() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn where_it_is_let_what_comes_meanwhile_is_begun_beside_what_goes_on() {
        let script = Script::default();
        let lifecycle = Lifecycle::default();
        let gather = Gather::new(script.clone(), Bounds { abreast: 2, ..BOUNDS }, &lifecycle);
        let held = script.gate.lock().await;
        let after = async |served, item| {
            until(&gather, served, 0).await;
            gather.ask(7, item).await
        };
        let open = async {
            until(&gather, 2, 1).await;
            drop(held);
        };
        let (first, beside, waits, ()) =
            tokio::join!(gather.ask(7, 2), after(1, 3), after(2, 5), open);
        assert_eq!([first, beside, waits].map(Result::unwrap), [4, 6, 10]);
        assert_eq!(seen(&script), [vec![2], vec![3], vec![5]]);
        while !gather.shared.lanes().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn one_that_breaks_leaves_what_waits_to_the_one_beside_it() {
        let script = Script::default();
        let bounds = Bounds { abreast: 2, together: 1, waiting_bytes: 1000, ..BOUNDS };
        let lifecycle = Lifecycle::default();
        let gather = Gather::new(script, bounds, &lifecycle);
        let (broken, one, two) =
            tokio::join!(gather.ask(1, 13), gather.ask(1, 2), gather.ask(1, 3));
        assert!(broken.is_err());
        assert_eq!([one, two].map(Result::unwrap), [4, 6]);
    }
}
