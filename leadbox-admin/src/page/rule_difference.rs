//! Two versions of a script beside each other, line by line. Owns what is shown around what differs.

use similar::{ChangeTag, TextDiff};

/// Lines that are the same and shown around those that differ.
const AROUND: usize = 3;

/// A line of either script.
pub(super) struct Line {
    /// Its number in the older script; empty where it has none.
    pub(super) before: String,
    /// Its number in the newer one.
    pub(super) after: String,
    /// `+`, `−` or nothing.
    pub(super) sign: &'static str,
    /// What to call that; empty for a line of both.
    pub(super) tone: &'static str,
    pub(super) text: String,
}

/// What differs, in parts that lie apart; none when nothing does.
pub(super) fn difference(before: &str, after: &str) -> Vec<Vec<Line>> {
    let number = |index: Option<usize>| index.map(|at| (at + 1).to_string()).unwrap_or_default();
    let diff = TextDiff::from_lines(before, after);
    let part = |ops: Vec<similar::DiffOp>| {
        let changes = ops.iter().flat_map(|op| diff.iter_changes(op)).map(|change| {
            let (sign, tone) = match change.tag() {
                ChangeTag::Equal => ("", ""),
                ChangeTag::Delete => ("−", "gone"),
                ChangeTag::Insert => ("+", "new"),
            };
            Line {
                before: number(change.old_index()),
                after: number(change.new_index()),
                sign,
                tone,
                text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
            }
        });
        changes.collect()
    };
    diff.grouped_ops(AROUND).into_iter().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_shown_with_its_lines_and_what_stands_around() {
        let before = (1..=30).map(|at| format!("line {at}\n")).collect::<String>();
        let after = before.replace("line 10\n", "line ten\n").replace("line 29\n", "");
        let parts = difference(&before, &after);
        let told: Vec<Vec<String>> = parts
            .iter()
            .map(|part| part.iter().map(|line| format!("{}{}", line.sign, line.text)).collect())
            .collect();
        assert_eq!(told[0][2..6], ["line 9", "−line 10", "+line ten", "line 11"]);
        assert_eq!((told.len(), told[1].last().unwrap().as_str()), (2, "line 30"));
        let gone = parts[0].iter().find(|line| line.tone == "gone").unwrap();
        assert_eq!((gone.before.as_str(), gone.after.as_str()), ("10", ""));
        assert!(difference(&before, &before).is_empty());
    }
}
