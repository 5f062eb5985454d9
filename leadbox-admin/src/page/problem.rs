//! The page of an error. Owns whether asking again may help, and what a field is called there.

use askama::Template;
use axum::http::Method;

use super::Doc;
use super::words::spelled;
use crate::serve::{Issue, Prefix, Problem};

#[derive(Template)]
#[template(path = "problem.html")]
struct Page<'p> {
    doc: Doc,
    problem: &'p Problem,
    /// What it is in this case.
    detail: String,
    /// What is wrong with each field, where there are several.
    issues: Vec<String>,
    /// Whether asking once more may help.
    again: bool,
}

/// The page of an error.
pub(crate) fn problem(prefix: &Prefix, method: &Method, problem: &Problem) -> String {
    // What was sent is not sent again by a link.
    let again = method == Method::GET && problem.status.is_server_error();
    let said = |issue: &Issue| {
        let field = issue.pointer.trim_start_matches('/');
        format!("{}: {}", spelled(field), issue.detail)
    };
    let (detail, issues) = match (&*problem.issues, problem.about.as_deref()) {
        ([one], _) | ([], Some(one)) => (said(one), Vec::new()),
        (issues, _) => (problem.detail.clone(), issues.iter().map(said).collect()),
    };
    let page = Page { doc: Doc::bare(prefix), problem, detail, issues, again };
    page.render().unwrap_or_else(|_| problem.title.to_owned())
}
