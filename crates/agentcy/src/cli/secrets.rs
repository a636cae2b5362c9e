//! `agentcy secrets`.

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum SecretsCommand {
    /// Seal anew with the present key what the key before it sealed.
    #[command(
        after_help = "Example:\n  AGENTCY_ENCRYPTION_KEY=new AGENTCY_ENCRYPTION_KEY_PREVIOUS=old agentcy secrets reseal\n\n\
        It takes the settings of the server, and runs beside it or without it. Once it is through, the key before may go."
    )]
    Reseal(Reseal),
}

#[derive(Debug, Args)]
pub(crate) struct Reseal {
    /// Give up what no key opens, so that servers start again; it must be set anew by hand.
    #[arg(long)]
    pub(crate) accept_loss: bool,
}
