//! The page on connectors tells the truth.

use std::{fs, path::Path};

#[test]
fn every_excerpt_of_the_page_is_in_the_code() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = fs::read_to_string(top.join("docs/connectors.md")).unwrap();
    let blocks = page.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let mut count = 0;
    for block in blocks {
        let (place, excerpt) = block.split_once('\n').unwrap();
        let file = place.strip_prefix("// ").unwrap();
        let code = fs::read_to_string(top.join(file)).unwrap();
        assert!(code.contains(excerpt), "{file} does not hold\n{excerpt}");
        count += 1;
    }
    assert!(count >= 5);
}

#[test]
fn every_label_and_type_of_the_code_is_on_the_page() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(top.join("../../docs/connectors.md")).unwrap();
    let mut count = 0;
    for file in ["records.rs", "light.rs"] {
        let code = fs::read_to_string(top.join("src/git").join(file)).unwrap();
        for text in code.split('"').skip(1).step_by(2) {
            let upper = text.len() > 3
                && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
            if upper {
                assert!(page.contains(&format!("`{text}`")), "{text} is not on the page");
                count += 1;
            }
        }
    }
    assert!(count >= 8);
}
