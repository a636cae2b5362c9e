//! Two processes over a real Redis, which may go away.

use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use tokio_util::task::TaskTracker;

use super::*;

/// A Redis of the test's own.
struct Server {
    port: u16,
    process: Option<Child>,
}

impl Server {
    async fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { port, process: None };
        server.restart().await;
        server
    }

    async fn restart(&mut self) {
        let child = Command::new("redis-server")
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed");
        self.process = Some(child);
        while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    fn kill(&mut self) {
        if let Some(mut child) = self.process.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    fn bus(&self) -> Bus {
        let url = format!("redis://127.0.0.1:{}/0", self.port);
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        Bus::redis(&url, "test", Arc::new(SystemEntropy), &tasks, stop).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Redis: cargo xtask test brings it"]
async fn a_reader_in_another_process_sees_what_is_not_stored_yet() {
    let server = Server::start().await;
    let stage = Stage::over(server.bus()).await;
    let elsewhere = hub(&server.bus(), &stage.lifecycle);
    let mut writer = stage.start(&stage.hub).await;
    let mut reader = stage.follow(&elsewhere, 0, Until::Quiet);
    let mut got = next(&mut reader, 2).await;
    for n in 0..500 {
        writer.append(&delta(format!("{n}"))).unwrap();
        tokio::task::yield_now().await;
    }
    got.extend(next(&mut reader, 500).await);
    assert_eq!(stage.stored(0).await.len(), 2);
    stage.finish(writer).await;
    got.extend(all(reader).await);
    assert_eq!(seen(&got), seen(&stage.stored(0).await));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Redis: cargo xtask test brings it"]
async fn while_redis_is_away_the_writer_goes_on_and_readers_elsewhere_read_the_store() {
    let mut server = Server::start().await;
    let stage = Stage::over(server.bus()).await;
    let elsewhere = hub(&server.bus(), &stage.lifecycle);
    let mut writer = stage.start(&stage.hub).await;
    let here = stage.watch(&stage.hub, 0);
    let mut there = stage.follow(&elsewhere, 0, Until::Quiet);
    writer.append(&delta("while it is there")).unwrap();
    let mut got = next(&mut there, 3).await;
    server.kill();
    let mut late = stage.follow(&elsewhere, 0, Until::Quiet);
    assert_eq!(next(&mut late, 2).await.len(), 2);
    for _ in 0..5 {
        writer.append(&delta("while it is away")).unwrap();
        stage.flush(&mut writer).await;
        got.extend(next(&mut there, 1).await);
    }
    assert_eq!(numbers(&next(&mut late, 6).await), [3, 4, 5, 6, 7, 8]);
    server.restart().await;
    writer.append(&delta("when it is back")).unwrap();
    // Not stored: it can only come by the bus.
    got.extend(next(&mut there, 1).await);
    assert_eq!(numbers(&next(&mut late, 1).await), [9]);
    stage.finish(writer).await;
    got.extend(all(there).await);
    let stored = stage.stored(0).await;
    assert_eq!(seen(&got), seen(&stored));
    assert_eq!(seen(&here.await.unwrap()), seen(&stored));
}
