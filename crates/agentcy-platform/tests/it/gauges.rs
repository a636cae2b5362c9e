//! What whoever watches a server is told of what waits.

use agentcy_platform::gauges::Gauges;
use chrono::TimeDelta;
use metrics_exporter_prometheus::PrometheusBuilder;
use uuid::Uuid;

use crate::stage::Stage;

#[tokio::test]
async fn what_waits_is_told_with_its_age_and_what_waits_no_more_is_none() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    let _here = metrics::set_default_local_recorder(&recorder);
    let stage = Stage::new().await;
    let org = Uuid::from(stage.org().await);
    let ago = |seconds| (stage.platform.now() - TimeDelta::seconds(seconds)).to_rfc3339();
    let queued = format!(
        "insert into jobs (id, org_id, kind, state, payload, made_by, max_attempts, run_at, created_at, remote)
             select gen_random_uuid(), '{org}', kind, 'queued', '{{}}', 'u', 1, at, at, remote
             from (values ('a', '{}'::timestamptz, false), ('a', '{}', true), ('b', '{}', false)) j (kind, at, remote);
         insert into conversations (id, org_id, created_at, updated_at) values ('{org}', '{org}', now(), now());
         insert into runs (id, org_id, conversation_id, message_id, starter, state, created_at, wake_at)
             select gen_random_uuid(), '{org}', '{org}', '{org}', 'u', 'pending', now(), '{}'
             from generate_series(1, 3)",
        ago(5),
        ago(60),
        ago(-60),
        ago(7),
    );
    stage.database.execute(&queued).await;
    let mut gauges = Gauges::default();
    gauges.turn(&stage.platform).await.unwrap();
    let told = handle.render();
    let is_told =
        |told: &str, line: &str| assert!(told.lines().any(|it| it == line), "{line}: {told}");
    for line in [
        r#"agentcy_jobs_queued{kind="a"} 2"#,
        r#"agentcy_jobs_due_seconds{kind="a"} 60"#,
        r#"agentcy_jobs_queued{kind="b"} 1"#,
        r#"agentcy_jobs_due_seconds{kind="b"} 0"#,
        r#"agentcy_runs{state="pending"} 3"#,
        r#"agentcy_runs_due_seconds{state="pending"} 7"#,
    ] {
        is_told(&told, line);
    }
    assert!(told.contains("agentcy_postgres_connections{"), "{told}");
    stage.database.execute("delete from jobs where kind = 'a'; delete from runs").await;
    gauges.turn(&stage.platform).await.unwrap();
    let told = handle.render();
    for line in [
        r#"agentcy_jobs_queued{kind="a"} 0"#,
        r#"agentcy_jobs_due_seconds{kind="a"} 0"#,
        r#"agentcy_jobs_queued{kind="b"} 1"#,
        r#"agentcy_runs{state="pending"} 0"#,
    ] {
        is_told(&told, line);
    }
}
