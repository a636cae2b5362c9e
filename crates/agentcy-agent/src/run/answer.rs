//! The answer as it is written down: its pieces in order.

use agentcy_core::{chat::Part, id::ToolCallId};

use crate::tools::Citation;

/// The pieces of an answer, and how many of them belong to steps that are done.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    parts: Vec<Part>,
    done: usize,
}

impl Answer {
    /// An answer of which this much is stored.
    pub(super) fn stored(parts: Vec<Part>) -> Self {
        Self { done: parts.len(), parts }
    }

    pub(super) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// All of its text.
    pub(super) fn text(&self) -> String {
        texts(&self.parts)
    }

    /// Whether the present step has said anything.
    pub(super) const fn has_begun_step(&self) -> bool {
        self.parts.len() > self.done
    }

    /// More text of this step; it stays one piece, whatever is cited meanwhile. Gives how long it is by now.
    pub(super) fn say(&mut self, step: u32, delta: &str) -> usize {
        let open = self.parts.iter_mut().skip(self.done).find_map(|part| match part {
            Part::Text { step: of, text } if *of == step => Some(text),
            _ => None,
        });
        if let Some(text) = open {
            text.push_str(delta);
            return text.len();
        }
        self.parts.push(Part::Text { step, text: delta.to_owned() });
        delta.len()
    }

    pub(super) fn call(&mut self, step: u32, tool_call_id: ToolCallId) {
        self.parts.push(Part::ToolCall { step, tool_call_id });
    }

    pub(super) fn cite(&mut self, index: u32, citation: Citation) {
        let Citation { node_id, document_id, url, title } = citation;
        self.parts.push(Part::Citation { index, node_id, document_id, url, title });
    }

    /// The present step is done, and stays whatever happens to the next one.
    pub(super) const fn step_is_done(&mut self) {
        self.done = self.parts.len();
    }

    /// Forgets what the present step said.
    pub(super) fn forget_step(&mut self) {
        self.parts.truncate(self.done);
    }
}

fn texts(parts: &[Part]) -> String {
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_step_is_one_piece_and_a_forgotten_step_leaves_those_before() {
        let mut answer = Answer::default();
        answer.say(0, "a");
        let title = "t".to_owned();
        answer.cite(1, Citation { node_id: None, document_id: None, url: None, title });
        answer.say(0, "b");
        answer.step_is_done();
        answer.say(1, "c");
        assert_eq!((answer.text().as_str(), answer.parts().len()), ("abc", 3));
        answer.forget_step();
        assert_eq!((answer.text().as_str(), answer.parts().len()), ("ab", 2));
    }
}
