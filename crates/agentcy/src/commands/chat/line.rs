//! The line that a person types, with editing and the history of this session.

use std::sync::{Mutex, PoisonError};

use rustyline::{Behavior, Config, Editor, error::ReadlineError, history::MemHistory};

use crate::output;

type Lines = Editor<(), MemHistory>;

/// What came of asking for a line.
pub(super) enum Typed {
    /// The line.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, or the terminal is gone.
    End,
}

// One terminal, one history.
static EDITOR: Mutex<Option<Lines>> = Mutex::new(None);

/// Asks for a line, which begins as `initial`.
pub(super) async fn read(prompt: &'static str, initial: &str) -> anyhow::Result<Typed> {
    let initial = initial.to_owned();
    // It waits for keys; another thread does so meanwhile.
    tokio::task::spawn_blocking(move || ask(prompt, &initial)).await?
}

fn ask(prompt: &str, initial: &str) -> anyhow::Result<Typed> {
    let mut editor = EDITOR.lock().unwrap_or_else(PoisonError::into_inner);
    let editor = match editor.as_mut() {
        Some(editor) => editor,
        None => editor.insert(open()?),
    };
    match editor.readline_with_initial(prompt, (initial, "")) {
        Ok(line) => {
            if initial.is_empty() && !line.trim().is_empty() {
                editor.add_history_entry(line.as_str())?;
            }
            Ok(Typed::Line(line))
        }
        Err(ReadlineError::Interrupted) => Ok(Typed::Interrupt),
        Err(ReadlineError::Eof) => Ok(Typed::End),
        Err(error) => Err(error.into()),
    }
}

fn open() -> rustyline::Result<Lines> {
    // Where stdout goes to a file, the prompt does not.
    let behavior = if output::is_read_by_person() { Behavior::Stdio } else { Behavior::PreferTerm };
    let config = Config::builder().behavior(behavior).history_ignore_space(true).build();
    let history = MemHistory::with_config(&config);
    Editor::with_history(config, history)
}
