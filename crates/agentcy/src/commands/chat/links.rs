//! Links to nodes as a terminal shows them: by their titles. Where they lead stands below the answer.

use std::mem;

const PLACE: &str = "(node:";
/// The longest link that is waited for, in bytes.
const LONGEST: usize = 400;

/// An answer that comes in pieces; a link may lie across some of them.
#[derive(Default)]
pub(super) struct Links {
    held: String,
}

enum Link<'a> {
    Whole { title: &'a str, rest: &'a str },
    Open,
    No,
}

impl Links {
    /// What can be shown by now of what was held back and this piece.
    pub(super) fn push(&mut self, piece: &str) -> String {
        self.held.push_str(piece);
        let held = mem::take(&mut self.held);
        let (mut shown, mut left) = (String::with_capacity(held.len()), held.as_str());
        while let Some((before, from)) = left.find('[').map(|at| left.split_at(at)) {
            shown.push_str(before);
            left = match read(from) {
                Link::Whole { title, rest } => {
                    shown.push_str(title);
                    rest
                }
                Link::Open if from.len() < LONGEST => {
                    from.clone_into(&mut self.held);
                    return shown;
                }
                Link::Open | Link::No => {
                    let (bracket, rest) = from.split_at(1);
                    shown.push_str(bracket);
                    rest
                }
            };
        }
        shown.push_str(left);
        shown
    }

    /// What was held back and became no link.
    pub(super) fn rest(&mut self) -> String {
        mem::take(&mut self.held)
    }
}

/// Reads a link at the start of a text that begins with a bracket.
fn read(text: &str) -> Link<'_> {
    let line = text.lines().next().unwrap_or_default();
    let is_cut = line.len() == text.len();
    let open = if is_cut { Link::Open } else { Link::No };
    let Some((title, behind)) = line.split_at(1).1.split_once(']') else { return open };
    if behind.len() < PLACE.len() && PLACE.starts_with(behind) {
        return open;
    }
    let Some(place) = behind.strip_prefix(PLACE) else { return Link::No };
    let Some(end) = place.find(')') else { return open };
    let length = 1 + title.len() + 1 + PLACE.len() + end + 1;
    Link::Whole { title, rest: text.split_at(length).1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_pieces(text: &str, length: usize) -> String {
        let (mut links, mut shown) = (Links::default(), String::new());
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(length) {
            shown.push_str(&links.push(&piece.iter().collect::<String>()));
        }
        shown + &links.rest()
    }

    #[test]
    fn a_link_to_a_node_is_its_title_wherever_it_is_cut() {
        let text = "By [app é](node:n_1), [Ada](node:n_2)\n[x] [a](http://b) [n_3";
        for length in 1..text.len() {
            assert_eq!(in_pieces(text, length), "By app é, Ada\n[x] [a](http://b) [n_3");
        }
    }

    #[test]
    fn what_never_becomes_a_link_is_not_waited_for() {
        let long = format!("[{}", "a".repeat(LONGEST));
        assert_eq!(Links::default().push(&long), long);
        assert_eq!(Links::default().push("[a\nb"), "[a\nb");
    }
}
