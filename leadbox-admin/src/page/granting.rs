//! Grants in a form. Owns which choices a form offers, and that nobody is offered to hand out more than they have: such a
//! choice is shown, with the reason why it cannot be made. That it cannot is core's to see to.

use std::collections::BTreeSet;

use leadbox_core::access::{Capability, Grants, Level, Permission, Rights};
use leadbox_core::{Catalog, Invalid, Lead};

use super::fields::{value, values};
use super::words::label;

/// A choice of one among several.
pub(super) struct Choice {
    /// What the form sends.
    pub(super) value: &'static str,
    pub(super) says: &'static str,
    pub(super) chosen: bool,
    pub(super) allowed: bool,
}

/// A permission and how far it may reach.
pub(super) struct PermissionRow {
    pub(super) name: &'static str,
    pub(super) says: &'static str,
    /// Nobody's first, then the levels.
    pub(super) choices: Vec<Choice>,
    /// Why not every choice can be made; empty when each can.
    pub(super) reason: &'static str,
}

/// Capabilities that belong together.
pub(super) struct CapabilityGroup {
    pub(super) title: &'static str,
    pub(super) boxes: Vec<CapabilityBox>,
}

/// A capability to be given or not.
pub(super) struct CapabilityBox {
    pub(super) name: &'static str,
    pub(super) says: &'static str,
    pub(super) chosen: bool,
    pub(super) allowed: bool,
}

/// A field and whether it is kept back.
pub(super) struct FieldRow {
    /// What the form calls it.
    pub(super) input: String,
    pub(super) label: String,
    pub(super) choices: Vec<Choice>,
    pub(super) reason: &'static str,
}

impl FieldRow {
    /// Whether there is a rule for it.
    pub(super) fn is_kept_back(&self) -> bool {
        self.choices.iter().any(|choice| choice.chosen && choice.value != Kept::Nothing.value())
    }
}

/// What stands before the name of a field in a form.
const FIELD: &str = "field.";

/// The rows of all permissions.
pub(super) fn permission_rows(rights: &Rights, granted: &Grants) -> Vec<PermissionRow> {
    let row = |permission: &Permission| {
        let (own, given) = (rights.level(*permission), granted.level(*permission));
        let choice = |level: Option<Level>, says| Choice {
            value: level.map_or("", Level::name),
            says,
            chosen: level == given,
            // None is less than every level.
            allowed: level <= own,
        };
        PermissionRow {
            name: permission.name(),
            says: permission.says(),
            choices: vec![
                choice(None, "None"),
                choice(Some(Level::Own), "Own"),
                choice(Some(Level::Team), "Team"),
                choice(Some(Level::All), "All"),
            ],
            reason: match own {
                None => "You may not do that yourself.",
                Some(Level::Own) => "You may do that with your own leads only.",
                Some(Level::Team) => "You may do that with your team's leads only.",
                Some(Level::All) => "",
            },
        }
    };
    Permission::ALL.iter().map(row).collect()
}

/// All capabilities, in groups.
pub(super) fn capability_groups(rights: &Rights, granted: &Grants) -> Vec<CapabilityGroup> {
    let mut groups: Vec<CapabilityGroup> = Vec::new();
    for capability in Capability::ALL {
        let one = CapabilityBox {
            name: capability.name(),
            says: capability.says(),
            chosen: granted.capabilities.contains(capability),
            allowed: rights.can(*capability),
        };
        let title = group(*capability);
        match groups.iter_mut().find(|group| group.title == title) {
            Some(group) => group.boxes.push(one),
            None => groups.push(CapabilityGroup { title, boxes: vec![one] }),
        }
    }
    groups
}

fn group(capability: Capability) -> &'static str {
    match capability {
        Capability::FieldsManage | Capability::StagesManage | Capability::SettingsManage => {
            "Set-up"
        }
        Capability::UsersManage | Capability::RolesManage | Capability::KeysManage => "Access",
        Capability::AuditRead | Capability::SystemRead | Capability::SystemManage => "Supervision",
        _ => "Work",
    }
}

/// The rows of all fields that can be kept back, those of the tenant's own last. What is kept back from the asker is
/// kept back from others.
pub(super) fn field_rows(rights: &Rights, granted: &Grants, catalog: &Catalog) -> Vec<FieldRow> {
    let nothing = Grants::default();
    let own = rights.grants().unwrap_or(&nothing);
    let row = |name: String| {
        let least = kept(own, &name);
        let given = kept(granted, &name).max(least);
        let choice = |kept: Kept, says| Choice {
            value: kept.value(),
            says,
            chosen: kept == given,
            allowed: kept >= least,
        };
        FieldRow {
            label: label(catalog, &name),
            choices: vec![
                choice(Kept::Nothing, "Shown"),
                choice(Kept::Written, "Read-only"),
                choice(Kept::Back, "Hidden"),
            ],
            reason: match least {
                Kept::Nothing => "",
                Kept::Written => "You may not change it yourself.",
                Kept::Back => "It is hidden from you.",
            },
            input: format!("{FIELD}{name}"),
        }
    };
    guarded(catalog).map(row).collect()
}

fn guarded(catalog: &Catalog) -> impl Iterator<Item = String> {
    let plain = Lead::GUARDED.iter().map(|field| (*field).to_owned());
    plain.chain(catalog.fields.keys().map(|key| format!("cf.{key}")))
}

/// How much of a field is kept back.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kept {
    Nothing,
    Written,
    Back,
}

impl Kept {
    const ALL: [Self; 3] = [Self::Nothing, Self::Written, Self::Back];

    fn value(self) -> &'static str {
        match self {
            Self::Nothing => "shown",
            Self::Written => "read_only",
            Self::Back => "hidden",
        }
    }
}

fn kept(grants: &Grants, field: &str) -> Kept {
    if grants.hidden.contains(field) {
        Kept::Back
    } else if grants.writes(field) {
        Kept::Nothing
    } else {
        Kept::Written
    }
}

/// Permissions and capabilities as a form has them; one that it does not name is not given.
pub(super) fn read(fields: &[(String, String)], invalid: &mut Invalid) -> Grants {
    let mut grants = Grants::default();
    for permission in Permission::ALL {
        match value(fields, permission.name()) {
            "" => {}
            text => match text.parse() {
                Ok(level) => grants = grants.allow(*permission, level),
                Err(error) => invalid.push(permission.name(), error),
            },
        }
    }
    for name in values(fields, "capability") {
        match name.parse() {
            Ok(capability) => grants = grants.enable(capability),
            Err(error) => invalid.push("capability", error),
        }
    }
    grants
}

/// The same with what a form keeps back. A field that it does not name came into being meanwhile, and is asked for.
pub(super) fn read_kept_back(
    fields: &[(String, String)],
    catalog: &Catalog,
    mut grants: Grants,
    invalid: &mut Invalid,
) -> Grants {
    for field in guarded(catalog) {
        let name = format!("{FIELD}{field}");
        let given = value(fields, &name);
        match Kept::ALL.into_iter().find(|kept| kept.value() == given) {
            Some(Kept::Nothing) => {}
            Some(Kept::Written) => grants = grants.protect(field),
            Some(Kept::Back) => grants = grants.hide(field),
            None => invalid.push(name, "is shown, read_only or hidden"),
        }
    }
    grants
}

/// What grants mean, in sentences; at least one.
pub(super) fn in_words(grants: &Grants, catalog: &Catalog) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut say = |begins: &str, what: Vec<String>| {
        if !what.is_empty() {
            sentences.push(format!("{begins}: {}.", what.join(", ")));
        }
    };
    for (level, begins) in [
        (Level::All, "With everybody's leads"),
        (Level::Team, "With the leads of one's team and the teams below"),
        (Level::Own, "With one's own leads"),
    ] {
        let granted = Permission::ALL.iter().filter(|one| grants.level(**one) == Some(level));
        say(begins, granted.map(|one| one.says().to_owned()).collect());
    }
    let capabilities = grants.capabilities.iter().map(|one| one.says().to_owned());
    say("For everybody who works here", capabilities.collect());
    let names = |fields: Vec<&String>| fields.into_iter().map(|one| label(catalog, one)).collect();
    say("Not shown", names(grants.hidden.iter().collect()));
    let visible: BTreeSet<&String> = grants.read_only.difference(&grants.hidden).collect();
    say("Shown and not changed", names(visible.into_iter().collect()));
    if sentences.is_empty() {
        sentences.push("Nothing yet.".to_owned());
    }
    sentences
}

#[cfg(test)]
mod tests {
    use leadbox_core::Tenant;

    use super::*;

    fn asker() -> Rights {
        let grants = Grants::default()
            .allow(Permission::LeadRead, Level::Team)
            .enable(Capability::RolesManage)
            .hide("phone")
            .protect("value");
        Rights::granted(None, [], grants)
    }

    #[test]
    fn what_the_asker_has_not_is_offered_to_nobody() {
        let (rights, granted) = (asker(), Grants::default());
        let rows = permission_rows(&rights, &granted);
        let allowed = |row: &PermissionRow| row.choices.iter().filter(|one| one.allowed).count();
        assert_eq!((rows[0].name, allowed(&rows[0])), ("lead.read", 3), "none, own and team");
        assert!(rows[1..].iter().all(|row| allowed(row) == 1 && !row.reason.is_empty()));
        let groups = capability_groups(&rights, &granted);
        let boxes: Vec<_> = groups.iter().flat_map(|group| &group.boxes).collect();
        assert_eq!(boxes.len(), Capability::ALL.len());
        let allowed = boxes.iter().filter(|one| one.allowed).map(|one| one.name);
        assert_eq!(allowed.collect::<Vec<_>>(), ["roles.manage"]);
    }

    #[test]
    fn a_form_as_it_is_offered_gives_grants_within_the_askers() {
        let (rights, catalog) = (asker(), Catalog::new(Tenant::default()));
        let rows = field_rows(&rights, &Grants::default(), &catalog);
        let chosen = |row: &FieldRow| {
            let mut chosen = row.choices.iter().filter(|one| one.chosen);
            let one = chosen.next().unwrap();
            assert!(one.allowed && chosen.next().is_none(), "{}", row.input);
            (row.input.clone(), one.value.to_owned())
        };
        let mut form: Vec<_> = rows.iter().map(chosen).collect();
        form.push(("lead.read".to_owned(), "team".to_owned()));
        let mut invalid = Invalid::default();
        let grants = read(&form, &mut invalid);
        let grants = read_kept_back(&form, &catalog, grants, &mut invalid);
        assert!(invalid.issues.is_empty(), "{invalid}");
        assert!(grants.hidden.contains("phone") && !grants.writes("value"));
        assert!(rights.require_within(&grants).is_ok());
        form.retain(|(name, _)| name != "field.email");
        read_kept_back(&form, &catalog, grants, &mut invalid);
        assert_eq!(invalid.issues[0].field, "field.email");
    }

    #[test]
    fn grants_are_told_in_sentences() {
        let catalog = Catalog::new(Tenant::default());
        assert_eq!(in_words(&Grants::default(), &catalog), ["Nothing yet."]);
        let grants = asker().grants().unwrap().clone().allow(Permission::LeadEdit, Level::Own);
        assert_eq!(
            in_words(&grants, &catalog),
            [
                "With the leads of one's team and the teams below: see leads.",
                "With one's own leads: change leads.",
                "For everybody who works here: manage roles.",
                "Not shown: Phone.",
                "Shown and not changed: Value.",
            ]
        );
    }
}
