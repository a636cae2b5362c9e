//! A repository that git packs while it is read.

use std::{fmt::Write as _, fs, path::Path, sync::mpsc, thread, time::Duration};

use super::world::World;

const ROUNDS: u64 = 200;
/// Refs that are read between those of one folder and the packed ones, so that there is time for the packing.
const OTHERS: usize = 300;

/// Packs a branch as git does: first it is among the packed ones, then the loose one goes.
fn pack(packed: &Path, head: &str, branch: &Path, name: &str) {
    let mut lines = fs::read_to_string(packed).unwrap_or_default();
    writeln!(lines, "{head} refs/heads/{name}").unwrap();
    let aside = packed.with_extension("new");
    fs::write(&aside, lines).unwrap();
    fs::rename(aside, packed).unwrap();
    fs::remove_file(branch).unwrap();
}

#[test]
fn a_branch_that_is_packed_while_the_refs_are_read_is_there() {
    let mut world = World::new();
    world.write("a", "a");
    let head = world.commit("one");
    let heads = world.repo().join(".git/refs/heads");
    for number in 0..OTHERS {
        fs::write(heads.join(format!("other-{number}")), &head).unwrap();
    }
    let packed = world.repo().join(".git/packed-refs");
    let source = world.source();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (order, taken) = mpsc::channel::<(String, u64)>();
    thread::scope(|scope| {
        scope.spawn(|| {
            for (name, delay) in taken {
                thread::sleep(Duration::from_micros(delay));
                pack(&packed, &head, &heads.join(&name), &name);
            }
        });
        // Dropped when this ends, however it ends, so that the thread ends too.
        let order = order;
        for round in 0..ROUNDS {
            let name = format!("late-{round}");
            fs::write(heads.join(&name), &head).unwrap();
            order.send((name.clone(), 50 * (round % 100))).unwrap();
            let told = runtime.block_on(source.all());
            assert!(told.has(&format!("branch:{name}")), "in round {round}");
            assert_eq!(told.faults, []);
        }
    });
}
