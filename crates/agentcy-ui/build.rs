//! The pages are made by `npm run build` in `frontend/`; without them the binary is whole but for its UI.

use std::{fs, path::Path};

fn main() -> std::io::Result<()> {
    let made = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../frontend/out");
    // Embedding asks for the folder, also where nothing was built.
    fs::create_dir_all(&made)?;
    println!("cargo::rerun-if-changed={}", made.display());
    Ok(())
}
