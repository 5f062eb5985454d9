//! Progress bars. Owns their look; they are drawn on stderr and only on a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar towards a known end, or a spinner without one.
pub(crate) fn bar(what: &'static str, length: Option<u64>) -> ProgressBar {
    // indicatif draws nothing when stderr is no terminal.
    let (bar, template) = match length {
        Some(length) => {
            (ProgressBar::new(length), "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}")
        }
        None => (ProgressBar::new_spinner(), "{spinner} {msg} {human_pos} {per_sec}"),
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style).with_message(what)
}
