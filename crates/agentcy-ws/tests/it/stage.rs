//! A server, somebody who watches over a socket, and things that happen.

use std::{sync::Arc, time::Duration};

use agentcy_core::{Action, Caller, Role, id::OrgId};
use agentcy_platform::{
    Platform,
    events::{self, Telling},
    order::{Sequencer, Turn},
};
use agentcy_testkit::{
    app::{Client, TestApp},
    platform::TestPlatform,
};
use agentcy_ws::Limits;
use aide::axum::ApiRouter;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{self, Message, client::IntoClientRequest, http},
};

/// After this long nothing comes any more.
const PATIENCE: Duration = Duration::from_secs(20);
/// What would come has come by then.
const SILENCE: Duration = Duration::from_millis(300);

/// Somebody who watches.
pub(crate) struct Watcher {
    pub(crate) socket: WebSocketStream<TcpStream>,
    next_id: u64,
}

/// A handshake to be changed.
pub(crate) fn handshake(app: &TestApp, query: &str) -> http::Request<()> {
    format!("ws://{}/ws{query}", app.address()).into_client_request().unwrap()
}

/// A handshake with a token in its header.
pub(crate) fn with_token(app: &TestApp, token: &str) -> http::Request<()> {
    let mut request = handshake(app, "");
    let value = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert("authorization", value);
    request
}

impl Watcher {
    /// Opens a socket, or is refused one.
    pub(crate) async fn try_open(request: http::Request<()>) -> Result<Self, http::StatusCode> {
        let address = request.uri().authority().unwrap().as_str().to_owned();
        let stream = TcpStream::connect(address).await.unwrap();
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self { socket, next_id: 1 }),
            Err(tungstenite::Error::Http(response)) => Err(response.status()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens a socket with a client's token.
    pub(crate) async fn open(app: &TestApp, client: &Client) -> Self {
        Self::try_open(with_token(app, client.token())).await.unwrap()
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next frame; the close code when there is none.
    pub(crate) async fn next(&mut self) -> Result<Value, u16> {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.expect("a frame") {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(frame))) => {
                    return Err(frame.map_or(1005, |frame| frame.code.into()));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(1006),
            }
        }
    }

    /// The next frame, which is an event.
    pub(crate) async fn event(&mut self) -> Value {
        let frame = self.next().await.expect("an event");
        assert_eq!(frame["type"], "event", "{frame}");
        frame
    }

    /// The numbers of the next events.
    pub(crate) async fn numbers(&mut self, many: usize) -> Vec<i64> {
        let mut numbers = Vec::new();
        for _ in 0..many {
            numbers.push(self.event().await["seq"].as_i64().unwrap());
        }
        numbers
    }

    /// With what code it is closed, whatever comes before.
    pub(crate) async fn closed(&mut self) -> u16 {
        loop {
            if let Err(code) = self.next().await {
                return code;
            }
        }
    }

    /// Nothing is there and nothing comes, but the answer to a ping.
    pub(crate) async fn hears_nothing(&mut self) {
        tokio::time::sleep(SILENCE).await;
        self.send(json!({ "type": "ping", "id": 99 })).await;
        assert_eq!(self.next().await.unwrap(), json!({ "type": "pong", "id": 99 }));
    }

    /// Subscribes; gives every answer, the last of which is `subscribed`.
    pub(crate) async fn ask(&mut self, topics: &[&str], after: Value) -> Vec<Value> {
        let id = self.next_id;
        self.next_id += 1;
        self.send(json!({ "type": "subscribe", "id": id, "topics": topics, "after": after })).await;
        let mut answers = Vec::new();
        loop {
            let answer = self.next().await.expect("an answer");
            let is_last = answer["type"] == "subscribed";
            answers.push(answer);
            if is_last {
                assert!(answers.iter().all(|answer| answer["id"] == id), "{answers:?}");
                return answers;
            }
        }
    }

    /// Subscribes to topics, all of which are there.
    pub(crate) async fn subscribe(&mut self, topics: &[&str]) {
        let answers = self.ask(topics, json!({})).await;
        assert_eq!(answers[0]["topics"], json!(topics), "{answers:?}");
    }
}

/// A server with short limits of time.
pub(crate) async fn app_with(change: impl FnOnce(&mut Limits)) -> TestApp {
    let stage = TestPlatform::new().await;
    let platform = stage.platform.clone();
    over(Arc::new(stage), platform, change).await
}

/// The same over a stage that is there already.
pub(crate) async fn over(
    stage: Arc<TestPlatform>,
    platform: Platform,
    change: impl FnOnce(&mut Limits),
) -> TestApp {
    let mut limits = Limits { look: Duration::from_millis(100), ..Limits::default() };
    change(&mut limits);
    TestApp::within(stage, platform, limits, |_| {}, |_| ApiRouter::new()).await
}

/// The server as it is.
pub(crate) async fn app() -> TestApp {
    app_with(|_| {}).await
}

/// Things that happen in an org.
pub(crate) struct World {
    platform: Platform,
    caller: Caller,
}

impl World {
    pub(crate) async fn of(app: &TestApp, org: OrgId) -> Self {
        let caller = app.stage.caller(org, Role::Owner).await;
        Self { platform: app.stage.platform.clone(), caller }
    }

    /// Something happens, of which nobody knows yet.
    pub(crate) async fn write(&self, tellings: Vec<Telling>) {
        let by = self.platform.permit(&self.caller, Action::GraphWrite).await.unwrap();
        let mut tx = self.platform.begin(&by).await.unwrap();
        for telling in tellings {
            events::append(&self.platform, &mut tx, telling).await.unwrap();
        }
        tx.commit().await.unwrap();
    }

    /// What happened gets its numbers.
    pub(crate) async fn number(&self) {
        let mut sequencer = Sequencer::new(&self.platform);
        while sequencer.turn(&self.platform).await.unwrap() != Turn::Idle {}
        sequencer.release(&self.platform).await.unwrap();
    }

    /// Something happens, and is told.
    pub(crate) async fn tell(&self, telling: Telling) {
        self.write(vec![telling]).await;
        self.number().await;
    }

    /// The graph changes in a realm, so often.
    pub(crate) async fn change(&self, realm: &str, times: usize) {
        self.write(vec![graph(realm); times]).await;
        self.number().await;
    }
}

/// The graph changes in a realm.
pub(crate) fn graph(realm: &str) -> Telling {
    Telling {
        topic: "graph",
        event: "graph.changed",
        data: json!({ "realm": realm, "added": 1, "changed": 0, "archived": 0 }),
        realm: Some(realm.parse().unwrap()),
        owner: None,
    }
}
