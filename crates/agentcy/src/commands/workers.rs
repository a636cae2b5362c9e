//! `agentcy workers`: who collects elsewhere, and what waits for them.

use agentcy_sdk::{Client, Worker, Workers};

use crate::{cli::Server, output, profile::Profile, table};

/// Lists them.
pub(crate) async fn run(options: Server, json: bool) -> anyhow::Result<()> {
    let workers = all(&Profile::client(options.url).await?).await?;
    if json {
        return output::print_json(&workers);
    }
    if workers.items.is_empty() {
        output::say("no worker has registered; `agentcy worker --server` is one");
    } else {
        let rows = workers.items.into_iter().map(row);
        table::print(["NAME", "ID", "STATE", "JOBS", "VERSION", "LABELS", "LAST HEARD OF"], rows)?;
    }
    let Workers { queue_depth, in_flight, .. } = workers;
    output::say(&format!("of your org {in_flight} jobs are being done, and {queue_depth} wait"));
    Ok(())
}

/// Every page in one.
async fn all(client: &Client) -> anyhow::Result<Workers> {
    let mut workers = client.workers(None).await?;
    while let Some(cursor) = workers.next_cursor.take() {
        let page = client.workers(Some(&cursor)).await?;
        workers.items.extend(page.items);
        workers.next_cursor = page.next_cursor.filter(|next| *next != cursor);
    }
    Ok(workers)
}

fn row(worker: Worker) -> [String; 7] {
    let state = if worker.is_online { "online" } else { "offline" };
    let labels: Vec<_> =
        worker.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let heard = worker.last_heartbeat_at.map(|at| at.format("%Y-%m-%d %H:%M:%S UTC").to_string());
    [
        worker.name,
        worker.id,
        state.to_owned(),
        format!("{} of {}", worker.in_flight, worker.capacity),
        worker.version,
        labels.join(" "),
        heard.unwrap_or_default(),
    ]
}
