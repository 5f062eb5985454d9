//! The host, put together. Owns which address is whose, and the order of the layers: ours around our own pages, the
//! dashboards beside them with theirs, and who asks around both.

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use leadbox_core::LeadBox;

use crate::session::{Sessions, recognise};
use crate::{Brand, Staff, contact, desk, home, layout, sign_in};

/// What every page has at hand.
#[derive(Clone, Debug)]
pub struct Host {
    /// For no brand in particular: see [`leads_of`](Self::leads_of).
    leadbox: LeadBox,
    pub(crate) staff: Arc<Staff>,
    pub(crate) sessions: Arc<Sessions>,
}

impl Host {
    /// A host with these people, nobody of whom is signed in.
    pub fn new(leadbox: LeadBox, staff: Staff) -> Self {
        Self { leadbox, staff: Arc::new(staff), sessions: Arc::default() }
    }

    /// The leads of one brand; the others' are out of reach of it.
    pub(crate) fn leads_of(&self, brand: &Brand) -> LeadBox {
        self.leadbox.for_tenant(brand.tenant)
    }

    /// Where time and randomness come from.
    pub(crate) fn leadbox(&self) -> &LeadBox {
        &self.leadbox
    }
}

/// The whole program as one router.
pub fn app(host: Host) -> Router {
    let pages = Router::new()
        .route("/", get(home::home))
        .route("/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/site.css", get(layout::style))
        .route("/icon.svg", get(layout::icon))
        .route("/{brand}", get(contact::form).post(contact::send))
        .fallback(layout::missing)
        // Before the dashboards are mounted, so that theirs stays as strict as it is.
        .layer(from_fn(layout::guard));
    Brand::ALL
        .iter()
        .fold(pages, |app, brand| desk::mount(app, host.leads_of(brand), brand))
        .layer(from_fn_with_state(host.clone(), recognise))
        .with_state(host)
}
