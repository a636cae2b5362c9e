use std::sync::Arc;

use agentcy_sources::Postgres;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use super::super::world::{PASSWORD, World};
use crate::stage::{Stage, merged, refusal};

/// A PostgreSQL that offers TLS: a door of that kind in front of the real one.
struct Door {
    port: u16,
    ca: String,
    _tasks: JoinSet<()>,
}

impl Door {
    async fn open(world: &World, name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()])
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (mut tasks, target) = (JoinSet::new(), world.address.clone());
        tasks.spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut asked = [0; 8];
                socket.read_exact(&mut asked).await.unwrap();
                assert_eq!(asked, [0, 0, 0, 8, 4, 210, 22, 47]);
                socket.write_all(b"S").await.unwrap();
                // A client that does not trust us leaves.
                let Ok(mut inner) = acceptor.accept(socket).await else { continue };
                let mut server = TcpStream::connect(&target).await.unwrap();
                let _ = copy_bidirectional(&mut inner, &mut server).await;
            }
        });
        Self { port, ca: issuer.pem(), _tasks: tasks }
    }

    fn stage(&self, world: &World, host: &str, query: &str, more: Value) -> Stage {
        let url = format!("postgres://{0}@{host}:{1}/{0}{query}", world.name, self.port);
        Stage::new(merged(json!({ "url": url }), more)).credential("password", PASSWORD)
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test brings it"]
async fn verify_full_trusts_the_given_certificates_and_the_right_name_alone() {
    let world = World::new("").await;
    let (door, other) =
        (Door::open(&world, "127.0.0.1").await, Door::open(&world, "127.0.0.1").await);
    let full = "?sslmode=verify-full";
    let trusted = json!({ "ca_certificates": door.ca });
    let stage = door.stage(&world, "127.0.0.1", full, trusted.clone());
    stage.validate(&Postgres).await.unwrap();
    let output = stage.run(&Postgres, "query", json!({ "sql": "select 1" })).await.unwrap();
    assert_eq!(output.content["rows"], json!([[1]]));
    for stage in [
        door.stage(&world, "127.0.0.1", full, json!({})),
        door.stage(&world, "127.0.0.1", full, json!({ "ca_certificates": other.ca })),
        door.stage(&world, "localhost", full, trusted),
    ] {
        assert!(refusal(stage.validate(&Postgres).await).contains("TLS with the server failed"));
    }
    // Encrypted, by whomever.
    for mode in ["?sslmode=require", "?sslmode=prefer", ""] {
        door.stage(&world, "127.0.0.1", mode, json!({})).validate(&Postgres).await.unwrap();
    }
}
