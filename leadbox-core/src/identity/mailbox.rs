//! What a mailbox says about its owner: business, free or disposable, person or function, and
//! whether its provider ignores plus tags.
//!
//! Owns the classes and the search in their lists, which are facts of public knowledge kept sorted
//! in the modules below. It must not know address syntax, nor ask the network about a domain.

mod disposable;
mod free;
mod roles;

use serde::{Deserialize, Serialize};

use disposable::DISPOSABLE;
use free::FREE;
use roles::ROLES;

/// Providers known to deliver `kim+tag` to `kim`, beside the [`PLUS_FAMILIES`]. Sorted.
static PLUS: [&str; 25] = [
    "gmail.com",
    "googlemail.com",
    "hey.com",
    "icloud.com",
    "mac.com",
    "mailbox.org",
    "mailfence.com",
    "me.com",
    "msn.com",
    "passport.com",
    "pm.me",
    "pobox.com",
    "posteo.de",
    "posteo.net",
    "proton.me",
    "protonmail.ch",
    "protonmail.com",
    "runbox.com",
    "windowslive.com",
    "zoho.com",
    "zoho.eu",
    "zoho.in",
    "zohomail.com",
    "zohomail.eu",
    "zohomail.in",
];

/// First labels of providers with many country domains, all of which ignore plus tags.
static PLUS_FAMILIES: [&str; 5] = ["fastmail", "hotmail", "live", "outlook", "yandex"];

/// Whose mailbox an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailKind {
    /// None of the lists has the domain, so it is taken for a company's own.
    Business,
    /// A free or consumer provider: everybody can have such an address.
    Free,
    /// A throw-away mailbox.
    Disposable,
}

impl EmailKind {
    /// The name in scripts, filters and storages: `business`, `free` or `disposable`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Business => "business",
            Self::Free => "free",
            Self::Disposable => "disposable",
        }
    }

    /// The class of a normalised domain.
    pub(super) fn of_domain(domain: &str) -> Self {
        if is_disposable(domain) {
            Self::Disposable
        } else if contains(&FREE, domain) {
            Self::Free
        } else {
            Self::Business
        }
    }
}

/// Whether the domain or one above it hands out throw-away mailboxes.
fn is_disposable(domain: &str) -> bool {
    let mut rest = domain;
    // A single label is no provider, so the search ends before the top-level domain.
    while let Some((_, parent)) = rest.split_once('.') {
        if contains(&DISPOSABLE, rest) {
            return true;
        }
        rest = parent;
    }
    false
}

/// Whether the provider of a normalised domain delivers `kim+tag` to `kim`.
///
/// Only what the provider documents counts: a tag kept apart makes a duplicate that somebody can
/// merge, a tag dropped wrongly merges two people.
pub(super) fn ignores_plus_tag(domain: &str) -> bool {
    let family = domain.split('.').next().unwrap_or_default();
    contains(&PLUS, domain) || (PLUS_FAMILIES.contains(&family) && contains(&FREE, domain))
}

/// Whether a local part names a function, whatever its case, separators and plus tag.
pub(super) fn is_role(local: &str) -> bool {
    // Room for the longest listed name; what does not fit is not listed.
    let mut buffer = [0; 24];
    let mut length = 0;
    let base = local.split('+').next().unwrap_or_default();
    for byte in base.bytes().filter(|byte| !matches!(byte, b'.' | b'-' | b'_')) {
        let Some(slot) = buffer.get_mut(length) else { return false };
        *slot = byte.to_ascii_lowercase();
        length += 1;
    }
    ROLES.binary_search_by(|role| role.as_bytes().cmp(&buffer[..length])).is_ok()
}

fn contains(list: &[&str], entry: &str) -> bool {
    list.binary_search(&entry).is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::host;
    use super::*;
    use proptest::prelude::*;

    fn assert_sorted(list: &[&str]) {
        for pair in list.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?} are out of order or equal");
        }
    }

    #[test]
    fn every_list_is_sorted_and_free_of_duplicates() {
        for list in [&FREE[..], &DISPOSABLE, &ROLES, &PLUS, &PLUS_FAMILIES] {
            assert_sorted(list);
        }
    }

    #[test]
    fn every_listed_domain_is_in_normal_form() {
        for domain in FREE.iter().chain(&DISPOSABLE).chain(&PLUS) {
            assert_eq!(host::normalise(domain).as_deref(), Ok(*domain));
        }
    }

    #[test]
    fn no_domain_is_in_two_classes() {
        for domain in &FREE {
            assert!(!is_disposable(domain), "{domain} is free and disposable");
        }
    }

    #[test]
    fn no_disposable_domain_hides_below_another() {
        for domain in &DISPOSABLE {
            let parent = domain.split_once('.').map_or("", |(_, parent)| parent);
            assert!(!is_disposable(parent), "{domain} counts by {parent} already");
        }
    }

    #[test]
    fn every_role_is_found_as_it_is_listed() {
        for role in &ROLES {
            assert!(is_role(role), "{role} is too long or not in its searched form");
        }
    }

    #[test]
    fn well_known_domains_have_their_class() {
        for domain in ["gmail.com", "yahoo.co.uk", "gmx.de", "web.de", "orange.fr", "libero.it"] {
            assert_eq!(EmailKind::of_domain(domain), EmailKind::Free, "{domain}");
        }
        for domain in ["qq.com", "mail.ru", "naver.com", "icloud.com", "proton.me", "uol.com.br"] {
            assert_eq!(EmailKind::of_domain(domain), EmailKind::Free, "{domain}");
        }
        for domain in ["mailinator.com", "x.y.mailinator.com", "yopmail.fr", "guerrillamail.com"] {
            assert_eq!(EmailKind::of_domain(domain), EmailKind::Disposable, "{domain}");
        }
        for domain in
            ["acme.com", "notmailinator.example", "debian.org", "example.com", "google.com"]
        {
            assert_eq!(EmailKind::of_domain(domain), EmailKind::Business, "{domain}");
        }
    }

    #[test]
    fn roles_are_found_in_any_spelling() {
        for local in ["info", "Sales", "no-reply", "NoReply", "do_not_reply", "support+crm"] {
            assert!(is_role(local), "{local}");
        }
        for local in ["kim", "kim.info", "salesman.kim", "", "+", "i", "infö", &"a".repeat(64)] {
            assert!(!is_role(local), "{local}");
        }
    }

    #[test]
    fn plus_tags_are_ignored_only_where_that_is_known() {
        for domain in ["gmail.com", "outlook.fr", "hotmail.co.uk", "live.nl", "fastmail.fm"] {
            assert!(ignores_plus_tag(domain), "{domain}");
        }
        for domain in ["acme.com", "live.acme.com", "outlook.example", "yahoo.com", ""] {
            assert!(!ignores_plus_tag(domain), "{domain}");
        }
    }

    #[test]
    fn a_kind_is_stored_under_its_name() {
        for kind in [EmailKind::Business, EmailKind::Free, EmailKind::Disposable] {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = (EmailKind::of_domain(&text), is_role(&text), ignores_plus_tag(&text));
        }
    }
}
