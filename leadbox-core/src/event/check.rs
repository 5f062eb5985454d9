//! A check of the log that stops and goes on. Owns how far it is and what it found, and its text form, by which whoever asks
//! carries it on; knows nothing of where events come from.

use std::fmt;
use std::str::FromStr;

use super::{ChainHash, ChainHead, Event, Position, Verdict, verify_chain};
use crate::hex;

/// How far a check of the log is. The default is one that has not begun. Its text form goes through strangers' hands: who
/// changes it deceives only themselves.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct LogCheck {
    /// The last event that is as it was written.
    pub head: ChainHead,
    /// Whole events up to there.
    pub whole: u64,
    /// Events up to there whose payload and salt were erased.
    pub erased: u64,
    /// Where the log ended when the check began.
    pub end: Option<Position>,
    /// What was found; none while it is not at the end.
    pub verdict: Option<Verdict>,
}

/// A text that is no check under way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is no check under way: begin again without it")]
pub struct LogCheckError;

impl LogCheck {
    /// Takes the next events; none are the end of the log.
    pub(crate) fn take(&mut self, events: &[Event]) {
        if events.is_empty() {
            self.verdict = Some(match self.end.is_some_and(|end| end > self.head.position) {
                true => Verdict::Missing(Position(self.head.position.0 + 1)),
                false => Verdict::Intact { whole: self.whole, erased: self.erased },
            });
            return;
        }
        match verify_chain(&mut self.head, events) {
            Verdict::Intact { whole, erased } => {
                self.whole += whole;
                self.erased += erased;
            }
            broken => self.verdict = Some(broken),
        }
    }
}

impl fmt::Display for LogCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.end.unwrap_or_default();
        write!(f, "{}~{}~", self.head.position, self.head.chain)?;
        write!(f, "{}~{}~{end}", self.whole, self.erased)
    }
}

impl FromStr for LogCheck {
    type Err = LogCheckError;

    fn from_str(text: &str) -> Result<Self, LogCheckError> {
        read(text).ok_or(LogCheckError)
    }
}

fn read(text: &str) -> Option<LogCheck> {
    let parts: Vec<&str> = text.split('~').collect();
    let [at, chain, whole, erased, end] = parts[..] else { return None };
    let position = |text: &str| text.parse().ok().filter(|at| *at >= 0).map(Position);
    let chain = ChainHash(hex::read(chain)?.try_into().ok()?);
    Some(LogCheck {
        head: ChainHead { position: position(at)?, chain },
        whole: whole.parse().ok()?,
        erased: erased.parse().ok()?,
        end: Some(position(end)?),
        verdict: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_goes_on_from_its_text() {
        let head = ChainHead { position: Position(7), chain: ChainHash([9; 32]) };
        let check = LogCheck { head, whole: 6, erased: 1, end: Some(Position(12)), verdict: None };
        assert_eq!(check.to_string().parse(), Ok(check));
        for wrong in ["", "7", "7~zz~1~1~1", "-7~00~1~1~1", "1~2~3~4~5~6"] {
            assert_eq!(wrong.parse::<LogCheck>(), Err(LogCheckError), "{wrong}");
        }
    }
}
