//! A repository leads nowhere outside of its folder, and nothing of it is ever run.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use serde_json::json;

use super::world::{World, git, run};

/// A repository beside the allowed folder, with something nobody may see.
fn secret(world: &World) -> String {
    let closed = world.at("closed");
    run(git(&closed).args(["init", "-q"]));
    fs::write(closed.join("secret.txt"), "the secret").unwrap();
    run(git(&closed).args(["add", "-A"]));
    run(git(&closed).args(["commit", "-q", "-m", "secret"]));
    run(git(&closed).args(["rev-parse", "HEAD"]))
}

fn shop() -> World {
    let mut world = World::new();
    world.write("a", "1");
    world.commit("one");
    world
}

#[tokio::test]
async fn a_gitdir_file_may_lead_inside_the_folder_only() {
    let world = shop();
    secret(&world);
    let lead =
        |to: &str| fs::write(world.at("open/other/.git"), format!("gitdir: {to}\n")).unwrap();
    fs::create_dir_all(world.at("open/other")).unwrap();
    let mut source = world.source();
    source.config = json!({ "path": "other" });
    for to in ["../shop/.git", &world.at("open/shop/.git").display().to_string()] {
        lead(to);
        assert!(source.all().await.has("branch:main"), "{to}");
    }
    for to in [
        "../../closed/.git",
        &world.at("closed/.git").display().to_string(),
        "../data",
        "/proc/self/cwd",
    ] {
        lead(to);
        let refusal = source.refusal().await;
        assert!(!refusal.contains(world.top.path().to_str().unwrap()), "{refusal}");
    }
    for text in ["", "gitdir:", "what else", "gitdir: a\0b"] {
        fs::write(world.at("open/other/.git"), text).unwrap();
        assert_eq!(source.refusal().await, "config.path: there is no git repository", "{text:?}");
    }
}

#[tokio::test]
async fn a_further_working_tree_is_read_and_its_common_folder_is_judged() {
    let world = shop();
    secret(&world);
    world.git(&["worktree", "add", "-q", "-b", "tree", "../tree"]);
    let mut source = world.source();
    source.config = json!({ "path": "tree" });
    let told = source.all().await;
    assert_eq!(told.edges("HEAD"), ["repository -> branch:tree"]);
    let common = world.repo().join(".git/worktrees/tree/commondir");
    fs::write(common, "../../../../../closed/.git\n").unwrap();
    assert_eq!(source.refusal().await, refused(".git", "not-allowed"));
}

fn refused(part: &str, why: &str) -> String {
    let why = match why {
        "not-allowed" => "the path is beneath no folder that sources of this organisation may read",
        _ => "the path leads out of its folder",
    };
    format!("{part} of the repository: {why}")
}

#[tokio::test]
async fn alternates_may_lead_inside_the_folder_only() {
    let mut world = shop();
    secret(&world);
    run(git(&world.at("open")).args(["clone", "-q", "--shared", "shop", "copy"]));
    world.write("a", "2");
    world.commit("not in the copy");
    let mut source = world.source();
    source.config = json!({ "path": "copy" });
    let told = source.all().await;
    assert_eq!((told.edges("TOUCHED").len(), told.faults.len()), (1, 0));

    let list = world.at("open/copy/.git/objects/info/alternates");
    for lead in [
        world.at("closed/.git/objects").display().to_string(),
        "../../../../closed/.git/objects".into(),
    ] {
        fs::write(&list, format!("# why\n{lead}\n")).unwrap();
        assert_eq!(source.refusal().await, refused("objects", "not-allowed"));
    }
    // Alternates of alternates count too.
    fs::write(&list, format!("{}\n", world.at("open/shop/.git/objects").display())).unwrap();
    fs::create_dir_all(world.repo().join(".git/objects/info")).unwrap();
    let second = world.repo().join(".git/objects/info/alternates");
    fs::write(&second, format!("{}\n", world.at("closed/.git/objects").display())).unwrap();
    assert_eq!(source.refusal().await, refused("objects", "not-allowed"));
    fs::write(&second, "../../../copy/.git/objects\n").unwrap();
    assert_eq!(source.all().await.faults, [], "a circle ends");
}

#[tokio::test]
async fn no_link_of_a_repository_leads_out() {
    let part = |name: &str, out: &str| (name.to_owned(), out.to_owned());
    for (name, out) in [
        part("refs/heads/main", "closed/.git/refs/heads/main"),
        part("refs/heads", "closed/.git/refs/heads"),
        part("packed-refs", "closed/.git/HEAD"),
        part("HEAD", "closed/.git/HEAD"),
        part("config", "closed/.git/config"),
        part("objects", "closed/.git/objects"),
        part("shallow", "closed/.git/HEAD"),
        part("commondir", "closed/.git/HEAD"),
    ] {
        let world = shop();
        secret(&world);
        let inside = world.repo().join(".git").join(&name);
        let _ = fs::remove_file(&inside).or_else(|_| fs::remove_dir_all(&inside));
        symlink(world.at(&out), &inside).unwrap();
        let refused = world.source().records().await;
        assert!(refused.is_err(), "{name}: {refused:?}");
        fs::remove_file(&inside).unwrap();
        symlink(Path::new("../../../../..").join(&out), &inside).unwrap();
        assert!(world.source().records().await.is_err(), "{name} by a relative link");
    }
}

#[tokio::test]
async fn no_link_among_objects_is_followed() {
    let world = shop();
    let sha = secret(&world);
    let objects = world.repo().join(".git/objects");
    let loose = format!("{}/{}", &sha[..2], &sha[2..]);
    let link = |from: &Path, to: &Path| {
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        symlink(from, to).unwrap();
    };
    link(&world.at("closed/.git/objects").join(&loose), &objects.join(&loose));
    fs::write(world.repo().join(".git/refs/heads/leak"), format!("{sha}\n")).unwrap();
    assert_eq!(
        world.source().refusal_of_sync().await,
        "a link lies among the objects of the repository"
    );

    fs::remove_file(objects.join(&loose)).unwrap();
    let _ = fs::remove_dir(objects.join(&sha[..2]));
    link(&world.at("closed/.git/objects").join(&sha[..2]), &objects.join(&sha[..2]));
    assert_eq!(
        world.source().refusal_of_sync().await,
        "a link lies among the objects of the repository"
    );

    fs::remove_file(objects.join(&sha[..2])).unwrap();
    run(git(&world.at("closed")).args(["gc", "-q"]));
    for entry in fs::read_dir(world.at("closed/.git/objects/pack")).unwrap() {
        let entry = entry.unwrap();
        link(&entry.path(), &objects.join("pack").join(entry.file_name()));
    }
    let refusal = world.source().refusal_of_sync().await;
    assert!(
        refusal.starts_with("pack-") && refusal.ends_with("leads out of its folder"),
        "{refusal}"
    );

    fs::remove_dir_all(objects.join("pack")).unwrap();
    link(&world.at("closed/.git/objects/pack"), &objects.join("pack"));
    assert_eq!(world.source().refusal_of_sync().await, refused("pack", "leads-out"));
}

#[tokio::test]
async fn settings_hooks_and_filters_of_a_repository_are_without_effect() {
    let mut world = shop();
    let ran = world.at("ran");
    let script = world.at("open/run.sh");
    fs::write(&script, format!("#!/bin/sh\ntouch {}\ncat\n", ran.display())).unwrap();
    fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let run = script.display();
    world.write(".gitattributes", "* filter=x diff=x text eol=crlf ident\n");
    world.write("a", "two\n");
    world.commit("two");
    let text = format!(
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tfsmonitor = {run}\n\thooksPath = {hooks}\n\
         \tworktree = {closed}\n\tsshCommand = {run}\n\taskPass = {run}\n\tattributesFile = {closed}/x\n\
         [include]\n\tpath = {closed}/config\n[includeIf \"gitdir:/\"]\n\tpath = {closed}/config\n\
         [filter \"x\"]\n\tclean = {run}\n\tsmudge = {run}\n\tprocess = {run}\n\trequired = true\n\
         [diff \"x\"]\n\ttextconv = {run}\n\tcommand = {run}\n[diff]\n\texternal = {run}\n\
         [credential]\n\thelper = {run}\n[alias]\n\tlog = !{run}\n[uploadpack]\n\tpackObjectsHook = {run}\n",
        hooks = world.at("open").display(),
        closed = world.at("closed").display(),
    );
    fs::write(world.at("closed/config"), "[remote \"origin\"]\n\turl = https://leak.example/x/y\n")
        .unwrap();
    fs::write(world.repo().join(".git/config"), text).unwrap();
    for hook in ["post-checkout", "reference-transaction", "post-index-change"] {
        fs::copy(&script, world.repo().join(".git/hooks").join(hook)).unwrap();
    }
    let source = world.source();
    let told = source.all().await;
    assert_eq!(told.node("repository").properties.get("url"), None, "an include is not followed");
    for (tool, args) in [
        ("log", json!({ "path": "a" })),
        ("show", json!({ "rev": "main" })),
        ("blame", json!({ "path": "a" })),
        ("grep", json!({ "pattern": "two" })),
    ] {
        let output = source.tool(tool, args).await.unwrap();
        assert!(!output.content.to_string().contains("\\r"), "{tool}");
    }
    assert!(!ran.exists(), "something was run");
}

#[tokio::test]
async fn formats_that_are_not_read_say_so() {
    for (setting, word) in
        [("objectformat = sha256", "SHA-256"), ("refstorage = reftable", "tables")]
    {
        let world = shop();
        let config = format!("[core]\n\trepositoryformatversion = 1\n[extensions]\n\t{setting}\n");
        fs::write(world.repo().join(".git/config"), config).unwrap();
        assert!(world.source().refusal().await.contains(word));
    }
    let world = shop();
    fs::write(world.repo().join(".git/config"), b"[core\n\xff").unwrap();
    assert!(world.source().refusal().await.contains("config of the repository cannot be read"));
}

#[tokio::test]
async fn a_bare_repository_of_another_user_is_read() {
    let world = shop();
    run(git(&world.at("open")).args(["clone", "-q", "--bare", "shop", "bare.git"]));
    // Only root can give files away; others own theirs anyway.
    let mut give = std::process::Command::new("chown");
    let _ = give.args(["-R", "65534:65534", "bare.git"]).current_dir(world.at("open")).status();
    let mut source = world.source();
    source.config = json!({ "path": "bare.git" });
    let told = source.all().await;
    assert!(told.has("branch:main") && told.faults.is_empty());
    assert_eq!(told.node("repository").properties["name"], "bare");
}

#[tokio::test]
async fn an_allowed_folder_that_is_a_link_holds_repositories_too() {
    let world = shop();
    symlink(world.at("open"), world.at("alias")).unwrap();
    run(git(&world.at("open")).args(["clone", "-q", "--shared", "shop", "copy"]));
    let files = agentcy_sources::Files::new(vec![world.at("alias")], vec![]);
    for path in [world.at("alias/copy").display().to_string(), "copy".to_owned()] {
        let source = super::world::Source::new(json!({ "path": path }), files.clone());
        // The alternate is named by its real path.
        assert_eq!(source.all().await.faults, [], "{path}");
    }
}

#[tokio::test]
async fn replaced_and_grafted_history_is_told_as_it_was_made() {
    let mut world = shop();
    world.write("a", "2");
    let second = world.commit("two");
    world.write("a", "3");
    let third = world.commit("three");
    world.git(&["replace", &third, &second]);
    let told = world.source().all().await;
    assert_eq!(told.node(&third).properties["title"], "three");
}

#[tokio::test]
async fn a_shallow_clone_begins_where_it_was_cut() {
    let mut world = shop();
    for number in 2..6 {
        world.write("a", number.to_string());
        world.commit(&format!("commit {number}"));
    }
    let url = format!("file://{}", world.repo().display());
    run(git(&world.at("open")).args(["clone", "-q", "--depth", "2", &url, "shallow"]));
    let mut source = world.source();
    source.config = json!({ "path": "shallow" });
    let told = source.all().await;
    told.assert_closed();
    assert_eq!(told.faults, []);
    assert_eq!((told.edges("AUTHORED").len(), told.edges("TOUCHED").len()), (2, 1));
}

#[tokio::test]
async fn a_repository_of_too_many_packs_says_so() {
    let world = shop();
    for number in 0..257 {
        for end in ["idx", "pack"] {
            let name = format!(".git/objects/pack/pack-{number}.{end}");
            fs::write(world.repo().join(name), "").unwrap();
        }
    }
    assert!(world.source().refusal_of_sync().await.ends_with("repack it"));
}

#[tokio::test]
async fn a_repository_beneath_the_data_directory_is_refused() {
    let world = shop();
    run(git(&world.at("open")).args(["clone", "-q", "--bare", "shop", "data/x.git"]));
    let mut source = world.source();
    for path in ["data/x.git", "../closed", "/etc"] {
        source.config = json!({ "path": path });
        assert!(source.refusal().await.starts_with("config.path: "), "{path}");
    }
    fs::create_dir_all(world.at("open/link")).unwrap();
    symlink("../data/x.git", world.at("open/link/.git")).unwrap();
    source.config = json!({ "path": "link" });
    assert!(source.refusal().await.contains("no source may read"));
}
