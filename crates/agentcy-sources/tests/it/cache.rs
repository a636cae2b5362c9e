//! Folders of copies, and when they go.

use std::{
    fs::{self, File},
    time::Duration,
};

use agentcy_core::id::{Id, OrgId, SourceId};
use agentcy_sources::cache;

const DAY: Duration = Duration::from_hours(24);

fn id<T: Id>(number: u32) -> T {
    format!("{}_00000000-0000-7000-8000-{number:012}", T::PREFIX).parse().unwrap()
}

#[test]
fn what_is_not_used_while_others_are_goes_and_nothing_else() {
    let top = tempfile::tempdir().unwrap();
    let source = |number| cache::place(top.path(), id::<OrgId>(1), id::<SourceId>(number));
    let other = top.path().join("mine/notes");
    fs::create_dir_all(&other).unwrap();
    for (number, days) in [(1, 0), (2, 29), (3, 31)] {
        let folder = source(number);
        fs::create_dir_all(folder.join("repository.git")).unwrap();
        let lock = File::create(folder.join("repository.lock")).unwrap();
        let used = lock.metadata().unwrap().modified().unwrap() - DAY * days;
        lock.set_modified(used).unwrap();
        for at in ["repository.git", ""] {
            File::open(folder.join(at)).unwrap().set_modified(used).unwrap();
        }
    }
    fs::create_dir_all(source(4).with_extension("gone")).unwrap();
    assert_eq!(cache::sweep(top.path()).unwrap(), 2);
    assert_eq!([1, 2, 3].map(|number| source(number).exists()), [true, true, false]);
    assert!(other.exists() && !source(4).with_extension("gone").exists());
    assert_eq!(cache::sweep(top.path()).unwrap(), 0);

    cache::forget(&source(1)).unwrap();
    cache::forget(&source(1)).unwrap();
    assert!(!source(1).exists());
    assert_eq!(cache::sweep(&top.path().join("none")).unwrap(), 0);
}
