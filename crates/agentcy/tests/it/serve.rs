//! `agentcy serve` on its own PostgreSQL: the first start, the next ones, and the end.

use std::fs;

use agentcy_testkit::app::http;

use crate::process::{EMAIL, Machine, is_alive};

#[tokio::test]
async fn a_fresh_folder_becomes_a_server_that_says_how_to_sign_in() {
    let machine = Machine::new();
    let server = machine.start().await;
    let said = server.said();
    assert!(said.contains(machine.url().as_str()), "{said}");
    assert!(said.contains("Sign in as admin@localhost / admin"), "{said}");
    let session = machine.session().await;
    let me = machine.with_token(&session.token).me().await.unwrap();
    assert_eq!(me.user.unwrap().email, EMAIL);
    let readiness = machine.client().ready().await.unwrap();
    assert!(readiness.engines.contains_key("graph"), "{readiness:?}");
}

#[tokio::test]
async fn a_killed_server_starts_again_on_the_same_data_and_one_postgres() {
    let machine = Machine::new();
    let server = machine.start().await;
    let session = machine.session().await;
    let before = machine.postmaster().unwrap();
    server.kill();
    let _server = machine.start().await;
    let now = machine.postmaster().unwrap();
    assert!(is_alive(now));
    assert!(now == before || !is_alive(before), "two servers of PostgreSQL run");
    let me = machine.with_token(&session.token).me().await.unwrap();
    assert_eq!(me.org.id, session.user.org_id);
}

#[tokio::test]
async fn a_server_that_is_told_to_stop_ends_well_and_starts_again_on_what_is_there() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    let session = machine.session().await;
    let postmaster = machine.postmaster().unwrap();
    let made = machine.data().join("postgres/data/PG_VERSION");
    let made = || fs::metadata(&made).unwrap().modified().unwrap();
    let before = made();
    assert_eq!(server.stop().await.code(), Some(0), "{}", server.said());
    assert!(machine.postmaster().is_none() && !is_alive(postmaster), "PostgreSQL was left behind");
    assert!(server.said().trim_end().ends_with("stopped"), "{}", server.said());

    let server = machine.start().await;
    assert_eq!(made(), before, "the database was made anew");
    assert!(machine.with_token(&session.token).me().await.is_ok());
    assert!(!server.said().contains("WARN"), "{}", server.said());
}

#[tokio::test]
async fn a_second_process_on_the_same_folder_is_refused_and_told_what_to_do() {
    let machine = Machine::new();
    let _server = machine.start().await;
    let data = machine.data().to_str().unwrap().to_owned();
    let said = Machine::new().with("AGENTCY_DATA_DIR", &data).refused().await;
    assert!(said.contains("another agentcy runs on"), "{said}");
    assert!(said.contains(&data) && said.contains("AGENTCY_DATA_DIR"), "{said}");
    assert!(machine.client().ready().await.unwrap().is_ready());
}

#[tokio::test]
async fn data_with_the_default_password_are_not_let_out() {
    let machine = Machine::new();
    let mut server = machine.start().await;
    assert_eq!(server.stop().await.code(), Some(0), "{}", server.said());
    let proxied = machine
        .with("AGENTCY_PUBLIC_URL", "https://agentcy.example.com")
        .with("JWT_SECRET", "kQz7vD2mXw8RtL4yNc1HbJ6sGf3PaE9u")
        .with("AGENTCY_ENCRYPTION_KEY", "nq5Dk0XJY2b1fT8uW7eRZs3vCgLh6MxPoAiQyBtVdEU=")
        .with("AGENTCY_ADMIN_EMAIL", "ops@example.com")
        .with("AGENTCY_ADMIN_PASSWORD", "vT7-mQ2x-Lk9w-Rz4p-Hc8s");
    let said = proxied.refused().await;
    assert!(said.contains("admin@localhost still has the password `admin`"), "{said}");
    assert!(said.contains("AGENTCY_PUBLIC_URL"), "{said}");
}

#[tokio::test]
async fn methods_that_clients_make_up_are_counted_as_one() {
    let machine = Machine::new();
    let _server = machine.start().await;
    let client = http();
    for number in 0..5 {
        let method = reqwest::Method::from_bytes(format!("X{number}").as_bytes()).unwrap();
        client.request(method, machine.url()).send().await.unwrap();
    }
    let metrics = machine.url().join("metrics").unwrap();
    let text = client.get(metrics).send().await.unwrap().text().await.unwrap();
    assert!(text.contains(r#"method="other""#), "{text}");
    assert!(!text.contains(r#"method="X"#), "{text}");
}

#[tokio::test]
async fn requests_to_the_public_address_are_served_whichever_hosts_are_named() {
    let machine = Machine::new().with("AGENTCY_ALLOWED_HOSTS", "127.0.0.1");
    let machine = machine.with("AGENTCY_PUBLIC_URL", "http://agentcy.localhost:9000");
    let _server = machine.start().await;
    let config = machine.url().join("api/v1/auth/config").unwrap();
    let ask = |host: &'static str| http().get(config.clone()).header("host", host).send();
    assert_eq!(ask("agentcy.localhost:9000").await.unwrap().status(), 200);
    assert_eq!(ask("127.0.0.1").await.unwrap().status(), 200);
    assert_eq!(ask("localhost").await.unwrap().status(), 404);
}

#[tokio::test]
async fn an_address_in_use_is_found_before_anything_is_made() {
    let machine = Machine::new();
    let _taken = std::net::TcpListener::bind(machine.url().socket_addrs(|| None).unwrap()[0]);
    let said = machine.refused().await;
    assert!(said.contains("AGENTCY_BIND"), "{said}");
    assert!(!machine.data().exists());
}
