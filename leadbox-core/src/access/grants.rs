//! What is granted. Owns how the grants of several roles become those of one asker: whatever one of them allows is
//! allowed.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Capability, Level, Permission};

/// What a role, a key or a user may do. What is not there is not granted.
///
/// ```
/// use leadbox_core::access::{Grants, Level, Permission};
///
/// let seller = Grants::default().allow(Permission::LeadRead, Level::Own);
/// let helper = Grants::default().allow(Permission::LeadRead, Level::Team).hide("phone");
/// let both = seller.or(&helper);
/// assert_eq!(both.level(Permission::LeadRead), Some(Level::Team));
/// assert!(both.hidden.is_empty(), "the seller's role shows the phone number");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Grants {
    /// What may be done with leads, and how far that reaches.
    pub permissions: BTreeMap<Permission, Level>,
    /// What may be done with the tenant as a whole.
    pub capabilities: BTreeSet<Capability>,
    /// Fields by their filter names (`phone`, `cf.budget`) that are neither shown nor searched.
    pub hidden: BTreeSet<String>,
    /// Fields that are not written. A role that hides a field protects it too: [`hide`](Self::hide) does both.
    pub read_only: BTreeSet<String>,
}

/// The permissions with which fields are written.
const WRITING: [Permission; 3] =
    [Permission::LeadCreate, Permission::LeadEdit, Permission::LeadAssign];

impl Grants {
    /// Everything, of everybody.
    pub fn everything() -> Self {
        Self {
            permissions: Permission::ALL.iter().map(|one| (*one, Level::All)).collect(),
            capabilities: Capability::ALL.iter().copied().collect(),
            ..Self::default()
        }
    }

    /// The same with a permission up to a level.
    #[must_use]
    pub fn allow(mut self, permission: Permission, level: Level) -> Self {
        let granted = self.permissions.entry(permission).or_insert(level);
        *granted = level.max(*granted);
        self
    }

    /// The same with a capability.
    #[must_use]
    pub fn enable(mut self, capability: Capability) -> Self {
        self.capabilities.insert(capability);
        self
    }

    /// The same without seeing or writing a field.
    #[must_use]
    pub fn hide(mut self, field: impl Into<String>) -> Self {
        let field = field.into();
        self.hidden.insert(field.clone());
        self.protect(field)
    }

    /// The same without writing a field.
    #[must_use]
    pub fn protect(mut self, field: impl Into<String>) -> Self {
        self.read_only.insert(field.into());
        self
    }

    /// The same with its fields that are hidden among those that are not written.
    #[must_use]
    pub(crate) fn written_out(mut self) -> Self {
        self.read_only.extend(self.hidden.iter().cloned());
        self
    }

    /// How far a permission reaches; none when it is not granted.
    pub fn level(&self, permission: Permission) -> Option<Level> {
        self.permissions.get(&permission).copied()
    }

    /// Whether a field may be written by somebody who may change leads.
    pub fn writes(&self, field: &str) -> bool {
        !self.read_only.contains(field)
    }

    /// What either allows. A field is hidden only if all hide it that show leads at all, and protected only if all
    /// protect it that change leads at all.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut permissions = self.permissions.clone();
        for (permission, level) in &other.permissions {
            let granted = permissions.entry(*permission).or_insert(*level);
            *granted = (*granted).max(*level);
        }
        let hidden = both(self, other, Self::reads, |grants| &grants.hidden);
        let read_only = both(self, other, Self::changes, |grants| &grants.read_only);
        let capabilities = self.capabilities.union(&other.capabilities).copied().collect();
        Self { permissions, capabilities, hidden, read_only }
    }

    /// What both allow.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let permissions = self.permissions.iter().filter_map(|(permission, level)| {
            other.level(*permission).map(|granted| (*permission, granted.min(*level)))
        });
        Self {
            permissions: permissions.collect(),
            capabilities: self.capabilities.intersection(&other.capabilities).copied().collect(),
            hidden: self.hidden.union(&other.hidden).cloned().collect(),
            read_only: self.read_only.union(&other.read_only).cloned().collect(),
        }
    }

    /// Whether `other` allows all that this does: whoever has `other` may hand this out.
    pub fn is_within(&self, other: &Self) -> bool {
        let reach = |(permission, level): (&Permission, &Level)| {
            other.level(*permission).is_some_and(|granted| granted >= *level)
        };
        self.permissions.iter().all(reach)
            && self.capabilities.is_subset(&other.capabilities)
            && (!self.reads() || other.hidden.is_subset(&self.hidden))
            && (!self.changes() || other.read_only.is_subset(&self.read_only))
    }

    fn reads(&self) -> bool {
        self.level(Permission::LeadRead).is_some()
    }

    fn changes(&self) -> bool {
        WRITING.iter().any(|permission| self.level(*permission).is_some())
    }
}

/// The fields that both keep back, or those of the one for which it matters.
fn both(
    one: &Grants,
    other: &Grants,
    matters: fn(&Grants) -> bool,
    fields: fn(&Grants) -> &BTreeSet<String>,
) -> BTreeSet<String> {
    match (matters(one), matters(other)) {
        (true, false) => fields(one).clone(),
        (false, true) => fields(other).clone(),
        (false, false) => BTreeSet::new(),
        (true, true) => fields(one).intersection(fields(other)).cloned().collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, btree_set};
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn grants() -> impl Strategy<Value = Grants> {
        let permission = select(Permission::ALL);
        let level = select(&Level::ALL[..]);
        let field = || select(&["phone", "email", "cf.budget"][..]).prop_map(str::to_owned);
        (
            btree_map(permission, level, 0..6),
            btree_set(select(Capability::ALL), 0..4),
            btree_set(field(), 0..3),
            btree_set(field(), 0..3),
        )
            .prop_map(|(permissions, capabilities, hidden, read_only)| Grants {
                permissions,
                capabilities,
                hidden,
                read_only,
            })
    }

    proptest! {
        #[test]
        fn several_roles_allow_what_one_of_them_does(all in prop::collection::vec(grants(), 1..5)) {
            let merged = all.iter().fold(Grants::default(), |sum, one| sum.or(one));
            for permission in Permission::ALL {
                let best = all.iter().filter_map(|one| one.level(*permission)).max();
                prop_assert_eq!(merged.level(*permission), best);
            }
            for capability in Capability::ALL {
                let given = all.iter().any(|one| one.capabilities.contains(capability));
                prop_assert_eq!(merged.capabilities.contains(capability), given);
            }
            for field in ["phone", "email", "cf.budget"] {
                let shown = all.iter().any(|one| one.reads() && !one.hidden.contains(field));
                if merged.reads() {
                    prop_assert_eq!(!merged.hidden.contains(field), shown, "{} is shown", field);
                }
                let written = all.iter().any(|one| one.changes() && one.writes(field));
                if merged.changes() {
                    prop_assert_eq!(merged.writes(field), written, "{} is written", field);
                }
            }
            for one in &all {
                prop_assert!(one.is_within(&merged), "{one:?} within {merged:?}");
            }
        }

        #[test]
        fn what_both_allow_is_within_each(a in grants(), b in grants()) {
            let common = a.and(&b);
            prop_assert!(common.is_within(&a) && common.is_within(&b));
        }
    }

    #[test]
    fn a_grant_out_of_reach_is_not_within() {
        let team = Grants::default().allow(Permission::LeadRead, Level::Team);
        assert!(!Grants::everything().is_within(&team));
        assert!(!team.is_within(&team.clone().hide("phone")), "it would show the phone number");
        assert!(team.clone().hide("phone").is_within(&team));
    }
}
