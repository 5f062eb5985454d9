//! Progress bars. Owns their look; they are drawn on stderr and only on a terminal.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

/// Where a bar ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// Behind so many bytes.
    Bytes(u64),
    /// Behind so many things.
    Things(u64),
    /// Nobody knows.
    Unknown,
}

impl End {
    fn template(self) -> &'static str {
        match self {
            Self::Bytes(_) => {
                "{msg} {wide_bar} {decimal_bytes} of {decimal_total_bytes}, {decimal_bytes_per_sec}, {eta} left"
            }
            Self::Things(_) => "{msg} {wide_bar} {human_pos} of {human_len}, {rate}, {eta} left",
            Self::Unknown => "{spinner} {msg} {human_pos}, {rate}",
        }
    }
}

/// A bar towards an end, or a spinner without one.
pub(crate) fn bar(what: &'static str, end: End) -> ProgressBar {
    // indicatif draws nothing when stderr is no terminal.
    let bar = match end {
        End::Bytes(length) | End::Things(length) => ProgressBar::new(length),
        End::Unknown => ProgressBar::new_spinner(),
    };
    let style = ProgressStyle::with_template(end.template())
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .with_key("rate", |state: &ProgressState, into: &mut dyn Write| {
            // A bar has nobody to be told that it could not be written.
            let _ = write!(into, "{:.0}/s", state.per_sec());
        });
    bar.with_style(style).with_message(what)
}

/// A spinner for what has no parts to be counted.
pub(crate) fn waiting(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner());
    let bar = ProgressBar::new_spinner().with_style(style).with_message(what);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_look_can_be_drawn() {
        for end in [End::Bytes(1), End::Things(1), End::Unknown] {
            assert!(ProgressStyle::with_template(end.template()).is_ok(), "{end:?}");
        }
    }
}
