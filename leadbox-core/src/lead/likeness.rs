//! The key under which leads lie that may be the same person. Owns how coarse it is: a slip in a name or an address must not
//! change it, and no key may gather more leads than can be compared one by one.

use super::Lead;
use super::keys::cut;
use crate::identity::{Email, fold};

/// Words before and behind a name that are not part of it.
const TITLES: [&str; 17] = [
    "dr", "prof", "mr", "mrs", "ms", "miss", "mx", "sir", "herr", "frau", "dipl", "ing", "mag",
    "jr", "sr", "phd", "mba",
];

/// The words of a name that tell people apart, folded.
pub(super) fn name_words(name: &str) -> Vec<String> {
    let folded = fold(name);
    let words = folded.split(|letter: char| !letter.is_alphanumeric() && letter != '\'');
    let words: Vec<String> = words.filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let own: Vec<String> =
        words.iter().filter(|word| !TITLES.contains(&word.as_str())).cloned().collect();
    if own.is_empty() { words } else { own }
}

/// What leads share that may be the same person: where somebody works, with the initials of first and last name; for
/// somebody at a provider of mailboxes, the provider, with how the address begins and ends.
pub(super) fn likeness(lead: &Lead) -> Option<String> {
    let (email, company) = (lead.person.email.as_ref(), &lead.company);
    let named = lead.person.name.as_deref().map(name_words).filter(|words| !words.is_empty());
    let site = company.domain.as_ref().map(|domain| domain.as_str().to_owned());
    let site = site.or_else(|| company.name.as_deref().map(fold).filter(|name| !name.is_empty()));
    match (site, named.or_else(|| email.map(local_words))) {
        (Some(site), Some(words)) if !words.is_empty() => {
            Some(cut(format!("{}@{site}", initials(&words))))
        }
        _ => email.and_then(ends),
    }
}

/// The words of an address: `ada.lovelace` has two.
fn local_words(email: &Email) -> Vec<String> {
    let local = email.local().to_lowercase();
    let words = local.split(|letter: char| !letter.is_alphabetic());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The initials of the first and the last word, whichever comes first.
fn initials(words: &[String]) -> String {
    let ends = [words.first(), words.last()];
    let mut initials: Vec<char> =
        ends.into_iter().flatten().filter_map(|word| word.chars().next()).collect();
    initials.sort_unstable();
    initials.into_iter().collect()
}

/// How an address begins and ends, at its provider; none for one that is too short to have both.
fn ends(email: &Email) -> Option<String> {
    let local: Vec<char> =
        email.local().to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect();
    if local.len() < 5 {
        return None;
    }
    let (first, last) = (&local[..2], &local[local.len() - 2..]);
    let ends: String = first.iter().chain(last).collect();
    Some(cut(format!("{ends}@@{}", email.domain())))
}
