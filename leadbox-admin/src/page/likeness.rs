//! Why two leads may be the same person, for people. Owns the words of each reason; what speaks for and against is core's to
//! say.

use leadbox_core::{Likeness, Match};

/// A reason as a small word.
pub(super) struct Reason {
    pub(super) says: String,
    /// The colour of what speaks against it, which its words say too.
    pub(super) tone: &'static str,
}

/// How sure it is, and why.
pub(super) struct Sureness {
    /// 0 to 100.
    pub(super) score: u8,
    /// How long its bar is, of 44.
    pub(super) bar: u16,
    /// The weightiest first.
    pub(super) reasons: Vec<Reason>,
}

impl Sureness {
    pub(super) fn of(likeness: &Likeness) -> Self {
        Self {
            score: likeness.score,
            bar: u16::from(likeness.score) * 44 / 100,
            reasons: likeness.reasons.iter().map(reason).collect(),
        }
    }
}

fn reason(found: &Match) -> Reason {
    let (says, tone) = match found {
        Match::SameEmail => ("Same e-mail address".to_owned(), ""),
        Match::SamePhone => ("Same phone".to_owned(), ""),
        Match::SameName => ("Same name".to_owned(), ""),
        Match::SimilarName { percent } => (format!("Similar name, {percent}% alike"), ""),
        Match::SimilarEmail => ("Similar e-mail address".to_owned(), ""),
        Match::SameCompany => ("Same company".to_owned(), ""),
        Match::SameCity => ("Same city".to_owned(), ""),
        Match::OtherName => ("But another name".to_owned(), "warn"),
        other => (other.to_string(), ""),
    };
    Reason { says, tone }
}
