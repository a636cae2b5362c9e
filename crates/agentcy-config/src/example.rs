//! The example file, made from the table of settings.

use std::fmt::Write;

use crate::setting::SECTIONS;

const HEAD: &str = "\
# Settings of agentcy. Every line is optional on a loopback address; `agentcy init` writes a .env
# with random secrets for everything else. A line shows the default where there is one.
# What is secret can also come from a file: NAME_FILE=/path instead of NAME=value.
";

/// The text of `.env.example`.
pub fn env_example() -> String {
    let mut text = HEAD.to_owned();
    for section in SECTIONS {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n## {}\n", section.title);
        for setting in section.settings {
            let file = setting.file_name().map_or("", |_| " (secret)");
            let default = setting.default.unwrap_or_default();
            let _ = write!(text, "\n# {}{file}\n# {}={default}\n", setting.doc, setting.name);
        }
    }
    text
}
