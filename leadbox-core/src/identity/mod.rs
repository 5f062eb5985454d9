//! Identity: what makes two rows the same person, company, country or industry.
//!
//! Owns the normal forms of e-mail addresses, phone numbers, company domains, countries, industries
//! and searched text, and the keys by which storages compare them. It is pure: no I/O, clock or
//! state, and it never panics, whatever text arrives. It must not know leads, tenants or storage,
//! nor decide what happens to a value it refuses.

mod country;
mod domain;
mod email;
mod fold;
mod host;
mod industry;
mod mailbox;
mod phone;

pub use country::Country;
pub use domain::{Domain, DomainError};
pub use email::{Email, EmailError, LocalPartProblem};
pub use fold::fold;
pub(crate) use fold::words;
pub use host::HostProblem;
pub use industry::{Industries, Industry};
pub use mailbox::EmailKind;
pub use phone::{Phone, PhoneError};
