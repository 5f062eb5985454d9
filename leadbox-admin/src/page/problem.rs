//! The page of an error. Owns its heading.

use askama::Template;

use super::Doc;
use crate::serve::{Prefix, Problem};

#[derive(Template)]
#[template(path = "problem.html")]
struct Page<'p> {
    doc: Doc,
    heading: String,
    problem: &'p Problem,
}

/// The page of an error.
pub(crate) fn problem(prefix: &Prefix, problem: &Problem) -> String {
    let heading = match &problem.needs {
        Some(needs) => format!("This needs the permission {needs}"),
        None => problem.title.to_owned(),
    };
    let page = Page { doc: Doc::bare(prefix), heading, problem };
    page.render().unwrap_or_else(|_| problem.title.to_owned())
}
