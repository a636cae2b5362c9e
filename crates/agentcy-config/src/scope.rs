//! Which command reads the settings, and hence which secrets it cannot be without.

/// What the settings are for. A secret that is set is judged for every command alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole server.
    Serve,
    /// The WebSocket alone, beside a server.
    Sockets,
    /// What listens to nobody: a worker, a migration, a look at the graph.
    Apart,
}

impl Scope {
    /// Whether it meets the first owner, who is given a password.
    pub(crate) const fn founds(self) -> bool {
        matches!(self, Self::Serve)
    }

    /// Whether it is shown sessions.
    pub(crate) const fn listens(self) -> bool {
        matches!(self, Self::Serve | Self::Sockets)
    }
}
