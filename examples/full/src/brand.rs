//! The brands that this company sells under. Owns their list, and that each is a tenant of LeadBox: leads, settings and log
//! of one are out of reach of the others.

use leadbox_core::Tenant;

/// A brand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Brand {
    /// What stands in addresses.
    pub key: &'static str,
    /// What people read.
    pub name: &'static str,
    /// Whose data it is.
    pub tenant: Tenant,
    /// The script by which its leads are scored.
    pub(crate) rules: &'static str,
}

impl Brand {
    /// Boats.
    pub const TIDELINE: Self = Self {
        key: "tideline",
        name: "Tideline Boats",
        tenant: Tenant(1),
        rules: include_str!("../rules/tideline.rhai"),
    };
    /// Saunas.
    pub const FERNWOOD: Self = Self {
        key: "fernwood",
        name: "Fernwood Saunas",
        tenant: Tenant(2),
        rules: include_str!("../rules/fernwood.rhai"),
    };
    /// All of them.
    pub const ALL: [Self; 2] = [Self::TIDELINE, Self::FERNWOOD];

    /// The brand of that key.
    pub fn by_key(key: &str) -> Option<&'static Self> {
        const { &Self::ALL }.iter().find(|brand| brand.key == key)
    }

    /// The brand whose data a tenant's are.
    pub fn of(tenant: Tenant) -> Option<&'static Self> {
        const { &Self::ALL }.iter().find(|brand| brand.tenant == tenant)
    }

    /// Where its dashboard is mounted.
    pub fn desk(&self) -> String {
        format!("/{}/desk", self.key)
    }
}
