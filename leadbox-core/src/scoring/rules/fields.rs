//! Which fields a question is about, also one that is left to the interpreter. Owns telling when these and nothing else decide it, so that
//! it need not be asked twice of the same values, and the names that it uses.

use std::collections::BTreeSet;

use super::question::{Part, What};
use crate::scoring::place::{Field, Place};

/// Words whose answer depends on how late it is.
const OF_TIME: [&str; 3] = ["days_since", "hours_since", "within"];

/// The places of a lead that decide a question, each as often as it is read; none when something else may have a say, such as the time or
/// what happened. `own` are the functions that the script defines itself, which may ask for either.
pub(super) fn fields(question: &Part, own: &BTreeSet<String>) -> Option<Vec<Place>> {
    let mut places = Vec::new();
    note(question, own, &mut places).then_some(places)
}

/// The names behind dots in a question: those of the subject's own fields, and those of fields of a group.
pub(super) fn names(question: &Part, own: &mut BTreeSet<String>, keys: &mut BTreeSet<String>) {
    let mut all = |parts: &[Part]| parts.iter().for_each(|part| names(part, own, keys));
    match &question.what {
        What::Field(owner, name) => match owner.what {
            What::Subject => {
                own.insert(name.to_string());
            }
            _ => {
                keys.insert(name.to_string());
                names(owner, own, keys);
            }
        },
        What::Call { of, .. } => all(of),
        What::All(parts) | What::Any(parts) | What::List(parts) | What::Other(parts) => all(parts),
        What::If(parts) => all(&parts[..]),
        What::Let(_, parts) => all(&parts[..]),
        What::Value(_) | What::Subject | What::Named(_) | What::Unnamed(_) | What::Change => {}
    }
}

fn note(part: &Part, own: &BTreeSet<String>, places: &mut Vec<Place>) -> bool {
    let mut all = |parts: &[Part]| parts.iter().all(|part| note(part, own, places));
    match &part.what {
        What::Value(_) | What::Named(_) => true,
        What::Field(owner, name) => match place(owner, name) {
            Some(Place::Field(Field::LastInteraction)) | None => false,
            Some(place) => {
                places.push(place);
                true
            }
        },
        What::Call { name, of, .. } => {
            let is_plain = !OF_TIME.contains(&name.as_str()) && !own.contains(name.as_str());
            is_plain && all(of)
        }
        What::All(parts) | What::Any(parts) | What::List(parts) => all(parts),
        What::If(parts) => all(&parts[..]),
        What::Let(_, parts) => all(&parts[..]),
        // Whoever is given a whole lead may read anything of it, and what has no shape here may do anything.
        What::Subject | What::Unnamed(_) | What::Change | What::Other(_) => false,
    }
}

fn place(owner: &Part, name: &str) -> Option<Place> {
    match &owner.what {
        What::Subject => Field::named(name).map(Place::Field),
        What::Field(lead, group) if matches!(lead.what, What::Subject) => {
            Place::grouped(group, name)
        }
        _ => None,
    }
}
