//! Uploads that meet.

use agentcy_core::{ErrorCode, Timestamp};
use agentcy_platform::sources::{self, BoxError};
use bytes::Bytes;
use chrono::TimeDelta;
use futures_util::{StreamExt as _, stream};
use tokio::sync::mpsc;

use super::theatre::Theatre;
use crate::stage::code;

type Piece = Result<Bytes, BoxError>;

fn whole(bytes: &'static str) -> futures_util::stream::BoxStream<'static, Piece> {
    stream::iter([Ok(Bytes::from_static(bytes.as_bytes()))]).boxed()
}

#[tokio::test]
async fn of_two_uploads_at_once_the_later_end_is_told_so_and_leaves_nothing() {
    let stage = Theatre::playing([]).await;
    let (platform, caller, id) = (&stage.platform, &stage.caller, stage.source);
    let (send, mut receive) = mpsc::channel::<Piece>(1);
    let slow = stream::poll_fn(move |context| receive.poll_recv(context)).boxed();
    let large = || Ok(Bytes::from(vec![b'x'; 3 << 20]));
    let other = async {
        send.send(large()).await.unwrap();
        while stage.count("source_contents").await == 0 {
            tokio::task::yield_now().await;
        }
        let bytes = sources::upload(platform, caller, id, whole("short")).await.unwrap();
        send.send(large()).await.unwrap();
        drop(send);
        bytes
    };
    let (slow, quick) = tokio::join!(sources::upload(platform, caller, id, slow), other);
    assert_eq!((code(slow), quick), (ErrorCode::InUse, 5));
    let kept = "select distinct content_id from source_contents";
    assert_eq!(stage.database.rows(kept).await.len(), 1);
    assert_eq!(sources::read(platform, caller, id).await.unwrap().content_bytes, Some(5));
}

#[tokio::test]
async fn what_an_upload_left_that_was_cut_off_goes_with_the_next_one() {
    let stage = Theatre::playing([]).await;
    let (platform, caller, id) = (&stage.platform, &stage.caller, stage.source);
    let begun: Timestamp = platform.now();
    let bytes = stream::iter([Ok(Bytes::from(vec![b'x'; 2 << 20]))]);
    let endless = bytes.chain(stream::pending()).boxed();
    let cut = tokio::time::timeout(
        std::time::Duration::from_millis(500),
        sources::upload(platform, caller, id, endless),
    );
    assert!(cut.await.is_err());
    assert_eq!(stage.count("source_contents").await, 2);
    for (minutes, left) in [(29, 2), (2, 0)] {
        stage.clock.advance(TimeDelta::minutes(minutes));
        let empty = sources::upload(platform, caller, id, stream::empty().boxed()).await;
        assert_eq!(code(empty), ErrorCode::Invalid);
        assert_eq!(stage.count("source_contents").await, left, "since {begun}");
    }
}
