//! The first page: the brands, and for our people the way to their dashboards.

use askama::Template;
use axum::Extension;
use axum::response::Html;

use crate::layout::{Failure, Frame};
use crate::{Brand, Employee, Job};

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    frame: Frame,
    brands: [Brand; 2],
    desks: Vec<Brand>,
}

/// `GET /`.
pub(crate) async fn home(employee: Option<Extension<Employee>>) -> Result<Html<String>, Failure> {
    let open = |employee: &Employee| match employee.job {
        Job::Builder => Vec::new(),
        _ => employee.brands.to_vec(),
    };
    let desks = employee.as_ref().map(|Extension(employee)| open(employee)).unwrap_or_default();
    Ok(Html(Page { frame: Frame::new("Works", employee), brands: Brand::ALL, desks }.render()?))
}
