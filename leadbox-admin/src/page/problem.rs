//! The page of an error. Owns whether asking again may help.

use askama::Template;
use axum::http::Method;

use super::Doc;
use crate::serve::{Prefix, Problem};

#[derive(Template)]
#[template(path = "problem.html")]
struct Page<'p> {
    doc: Doc,
    problem: &'p Problem,
    /// Whether asking once more may help.
    again: bool,
}

/// The page of an error.
pub(crate) fn problem(prefix: &Prefix, method: &Method, problem: &Problem) -> String {
    // What was sent is not sent again by a link.
    let again = method == Method::GET && problem.status.is_server_error();
    let page = Page { doc: Doc::bare(prefix), problem, again };
    page.render().unwrap_or_else(|_| problem.title.to_owned())
}
