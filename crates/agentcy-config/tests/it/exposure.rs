use agentcy_config::{Config, Environment, Scope};

use crate::{faulty, read};

const STRONG: &str = "kQz7vD2mXw8RtL4yNc1HbJ6sGf3PaE9u";
const KEY: &str = "nq5Dk0XJY2b1fT8uW7eRZs3vCgLh6MxPoAiQyBtVdEU=";
const PASSWORD: &str = "correct horse battery";

const GOOD: [(&str, &str); 4] = [
    ("AGENTCY_BIND", "0.0.0.0:8080"),
    ("JWT_SECRET", STRONG),
    ("AGENTCY_ENCRYPTION_KEY", KEY),
    ("AGENTCY_ADMIN_PASSWORD", PASSWORD),
];

/// The good settings with some of them changed.
fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = GOOD.into_iter().filter(|(name, _)| !changes.iter().any(|(other, _)| other == name));
    kept.chain(changes.iter().copied()).collect()
}

#[test]
fn strong_secrets_open_any_address() {
    let config = read(&GOOD).unwrap();
    assert!(!config.is_loopback());
    assert!(config.egress.files_allow.is_empty());
}

#[test]
fn an_address_that_others_reach_needs_every_secret() {
    for bind in ["0.0.0.0:8080", "[::]:8080", "192.168.1.2:80", "[::ffff:10.0.0.1]:80"] {
        assert_eq!(
            faulty(&[("AGENTCY_BIND", bind)]),
            ["JWT_SECRET", "AGENTCY_ADMIN_PASSWORD", "AGENTCY_ENCRYPTION_KEY"],
            "{bind}"
        );
    }
    for bind in ["127.0.0.1:0", "[::1]:8080", "127.8.8.8:80", "[::ffff:127.0.0.1]:80"] {
        assert!(read(&[("AGENTCY_BIND", bind)]).unwrap().is_loopback(), "{bind}");
    }
}

#[test]
fn a_server_behind_a_proxy_needs_what_one_needs_that_others_reach_itself() {
    for proxied in [
        ("AGENTCY_TRUSTED_PROXIES", "127.0.0.1"),
        ("AGENTCY_PUBLIC_URL", "https://agentcy.example.com"),
        ("AGENTCY_PUBLIC_URL", "https://localhost.example.com"),
        ("AGENTCY_PUBLIC_URL", "http://10.0.0.1:8080"),
    ] {
        let needed = ["JWT_SECRET", "AGENTCY_ADMIN_PASSWORD", "AGENTCY_ENCRYPTION_KEY"];
        assert_eq!(faulty(&[proxied]), needed, "{proxied:?}");
        assert_eq!(faulty(&with(&[proxied, ("JWT_SECRET", "x")])), ["JWT_SECRET"], "{proxied:?}");
        let config = read(&with(&[proxied, ("AGENTCY_BIND", "127.0.0.1:8080")])).unwrap();
        assert!(config.server.exposed && config.is_loopback(), "{proxied:?}");
    }
    for own in ["http://localhost:8080", "http://agentcy.localhost", "http://127.0.0.1:3000"] {
        assert!(!read(&[("AGENTCY_PUBLIC_URL", own)]).unwrap().server.exposed, "{own}");
    }
    assert!(!read(&[("AGENTCY_PUBLIC_URL", "http://[::1]:80")]).unwrap().server.exposed);
    assert!(!read(&[("AGENTCY_TRUSTED_PROXIES", "")]).unwrap().server.exposed);
}

#[test]
fn weak_secrets_are_refused_where_others_reach_the_server() {
    for (name, weak) in [
        ("JWT_SECRET", "short"),
        ("JWT_SECRET", "changeme-changeme-changeme-changeme"),
        ("JWT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("AGENTCY_ADMIN_PASSWORD", "admin"),
        ("AGENTCY_ADMIN_PASSWORD", "eleven chrs"),
        ("AGENTCY_ADMIN_PASSWORD", "adminadminadmin"),
        ("AGENTCY_ENCRYPTION_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("WORKER_TOKEN", "worker-token"),
        ("JWT_SECRET_PREVIOUS", "dev"),
        ("AGENTCY_ENCRYPTION_KEY_PREVIOUS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
        ("AGENTCY_METRICS_TOKEN", "x"),
    ] {
        assert_eq!(faulty(&with(&[(name, weak)])), [name], "{weak}");
        if name.ends_with("_PREVIOUS") {
            continue;
        }
        assert!(read(&[(name, weak)]).is_ok(), "{weak} on a loopback address");
    }
}

#[test]
fn a_command_needs_the_secrets_that_it_uses_and_judges_all_that_are_set() {
    let exposed = ("AGENTCY_BIND", "0.0.0.0:8080");
    let faulty = |scope, pairs: &[(&str, &str)]| match Config::scoped(
        &Environment::from_pairs(pairs.iter().copied()),
        scope,
    ) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.iter().map(|fault| fault.variable.clone()).collect(),
    };
    assert_eq!(faulty(Scope::Sockets, &[exposed]), ["JWT_SECRET", "AGENTCY_ENCRYPTION_KEY"]);
    assert!(faulty(Scope::Apart, &[exposed]).is_empty());
    assert_eq!(faulty(Scope::Apart, &[exposed, ("WORKER_TOKEN", "weak")]), ["WORKER_TOKEN"]);
}

#[test]
fn each_fault_of_a_secret_names_the_command_that_mends_it() {
    for fault in read(&[("AGENTCY_BIND", "0.0.0.0:80")]).unwrap_err().iter() {
        assert!(
            fault.mend.contains("agentcy init") && fault.mend.contains(". ./.env"),
            "{fault:?}"
        );
    }
}
