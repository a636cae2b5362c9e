//! The settings as the server reads them.

mod exposure;
mod faults;
mod secrets;
mod table;
mod values;

use agentcy_config::{Config, Environment, Faults};

fn read(pairs: &[(&str, &str)]) -> Result<Config, Faults> {
    Config::from_environment(&Environment::from_pairs(pairs.iter().copied()))
}

/// The variables that are at fault.
fn faulty(pairs: &[(&str, &str)]) -> Vec<String> {
    match read(pairs) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| fault.variable.clone()).collect(),
    }
}
