//! Whether what we stand on answers.

use std::time::Duration;

use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};

use crate::Platform;

const FRESH: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(2);

/// How a dependency is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It answers.
    Ok,
    /// It is set up; whether it takes our credentials is not asked here.
    Reachable,
    /// It does not answer.
    Down,
}

impl State {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Reachable => "reachable",
            Self::Down => "down",
        }
    }
}

/// Every dependency.
#[derive(Debug, Clone, Copy)]
pub struct Health {
    /// PostgreSQL.
    pub postgres: State,
    /// The graph engine.
    pub graph: State,
    /// The bus.
    pub bus: State,
    /// The environment's model provider, which is not called.
    pub llm: State,
}

impl Health {
    /// Whether nothing is down.
    pub fn is_ready(&self) -> bool {
        [self.postgres, self.graph, self.bus, self.llm].iter().all(|state| *state != State::Down)
    }
}

/// The last answer, so that probes cost one look every two seconds however many there are.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Option<(Instant, Health)>>);

/// Looks at every dependency side by side, each for two seconds at most.
pub async fn check(platform: &Platform) -> Health {
    let mut last = platform.health.0.lock().await;
    if let Some((at, health)) = *last
        && at.elapsed() < FRESH
    {
        return health;
    }
    let state = |answered: bool| if answered { State::Ok } else { State::Down };
    let (postgres, graph, bus) = tokio::join!(
        async { timeout(PATIENCE, platform.db.ping()).await.is_ok_and(|answer| answer.is_ok()) },
        async { timeout(PATIENCE, platform.graph.ping()).await.is_ok_and(|answer| answer.is_ok()) },
        async { timeout(PATIENCE, platform.bus.ping()).await.is_ok_and(|answer| answer.is_ok()) },
    );
    let is_builtin = platform.setup.llm.provider == agentcy_llm::ProviderKind::Builtin;
    let health = Health {
        postgres: state(postgres),
        graph: state(graph),
        bus: state(bus),
        llm: if is_builtin { State::Ok } else { State::Reachable },
    };
    *last = Some((Instant::now(), health));
    health
}

/// Which engines are in use: of the graph and of the bus.
pub fn engines(platform: &Platform) -> (&'static str, &'static str) {
    let bus = match platform.bus.engine() {
        agentcy_bus::Engine::InProcess => "in process",
        agentcy_bus::Engine::Redis => "redis",
    };
    (platform.graph.engine().name, bus)
}
