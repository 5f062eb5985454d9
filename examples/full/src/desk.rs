//! The dashboards. Owns where each brand's is mounted, and from one of our people to what it may do in LeadBox.
//!
//! Whoever works with leads gets an account in LeadBox's directory, so that leads can be theirs; it is made when they first
//! come in, and has no password: ours is the only sign-in. Whoever only looks in gets rights and no account.

use async_trait::async_trait;
use axum::Router;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use leadbox_admin::{Access, Admin, OwnUsers, Principal, Refusal};
use leadbox_core::access::{Grants, Level, Permission, Rights};
use leadbox_core::service::NewUser;
use leadbox_core::{Actor, Error, Invalid, LeadBox, RoleKey, UserId};

use crate::{Brand, Employee, Host, Job};

/// Mounts the dashboard of a brand, over its leads.
pub(crate) fn mount(app: Router<Host>, leads: LeadBox, brand: &Brand) -> Router<Host> {
    Admin::new(leads).brand(brand.name).access(Desk).mount(app, &brand.desk())
}

/// Who may work at a dashboard: our people, by our session, each for the brands it works for; and programs with a key of
/// that brand.
#[derive(Debug)]
pub(crate) struct Desk;

#[async_trait]
impl Access for Desk {
    async fn principal(&self, leadbox: &LeadBox, parts: &Parts) -> Result<Principal, Refusal> {
        if parts.headers.contains_key(AUTHORIZATION) {
            return OwnUsers::default().principal(leadbox, parts).await;
        }
        let brand = Brand::of(leadbox.tenant()).ok_or(Refusal::NotFound)?;
        let Some(employee) = parts.extensions.get::<Employee>() else {
            return Err(Refusal::SignIn(format!("/sign-in?to={}", brand.desk())));
        };
        if !employee.works_for(brand) {
            return Err(Refusal::NotFound);
        }
        let asker = match employee.job {
            Job::Director => with_account(leadbox, employee, "admin").await?,
            Job::Seller => with_account(leadbox, employee, "agent").await?,
            Job::Accountant => looking_in(leadbox, employee),
            Job::Builder => return Err(Refusal::Forbidden),
        };
        let mut principal = Principal::of_host(asker, employee.name);
        principal.note = format!("{:?}", employee.job);
        Ok(principal)
    }
}

/// As the account that stands for an employee, with exactly this role.
async fn with_account(
    leadbox: &LeadBox,
    employee: &Employee,
    role: &'static str,
) -> Result<LeadBox, Error> {
    let id = account(leadbox, employee, role).await?;
    leadbox.as_user(id).await
}

async fn account(
    leadbox: &LeadBox,
    employee: &Employee,
    role: &'static str,
) -> Result<UserId, Error> {
    let directory = leadbox.directory();
    let role: RoleKey = role.parse().map_err(|error| Invalid::one("role", error))?;
    if let Some(user) = directory.user_by_email(employee.email).await? {
        if !user.roles.iter().eq([&role]) {
            directory.give_roles(user.id, [role]).await?;
        }
        return Ok(user.id);
    }
    let (name, email) = (employee.name.to_owned(), employee.email.to_owned());
    let new = NewUser { name, email, team: None, roles: [role].into() };
    match directory.add_user(&new).await {
        Ok(user) => Ok(user.id),
        // Two of its requests were the first at the same moment.
        Err(error) => match directory.user_by_email(employee.email).await? {
            Some(user) => Ok(user.id),
            None => Err(error),
        },
    }
}

/// Sees and takes out what was sold, without how to reach the people.
fn looking_in(leadbox: &LeadBox, employee: &Employee) -> LeadBox {
    let grants = Grants::default()
        .allow(Permission::LeadRead, Level::All)
        .allow(Permission::LeadExport, Level::All)
        .hide("email")
        .hide("phone");
    // The log keeps who it was; a number, because what stands there is never erased.
    let actor = Actor::host().from_origin(format!("employee {}", employee.number));
    leadbox.with_rights(actor, Rights::granted(None, [], grants))
}
