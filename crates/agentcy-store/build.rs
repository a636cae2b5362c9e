//! Rebuilds when a migration comes or goes: the embedding macro only sees changes within the files.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
