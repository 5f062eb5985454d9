//! E-mail addresses: syntax, normal form and the key by which two addresses are one mailbox.
//!
//! Owns RFC 5321 limits, RFC 6531 local parts and the plus and dot rules of large providers. It
//! must not know whether a mailbox exists: nothing here asks the network.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::host::{self, HostProblem};
use super::mailbox::{self, EmailKind};

/// Longest local part in octets (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// Longest address in octets (RFC 5321, 4.5.3.1.3, less the angle brackets; RFC 3696 erratum 1690).
const MAX_ADDRESS: usize = 254;

/// An e-mail address in normal form: the local part as written, the domain lower-case and in its
/// ASCII (punycode) form.
///
/// Equality and order are those of the normal form; whether two addresses reach the same mailbox is
/// decided by [`Email::key`]. Deserialising does not validate, so that stored data stays readable
/// when rules change: such a value may lack an `@`, and then has an empty
/// [`domain`](Email::domain).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

/// What is wrong with the part of an address before the `@`, as a fragment: `is empty`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum LocalPartProblem {
    /// There is nothing before the `@`.
    #[error("is empty")]
    Empty,
    /// Longer than 64 octets.
    #[error("has more than 64 characters")]
    TooLong,
    /// A dot at an end, or two in a row.
    #[error("has two dots in a row, or a dot at its beginning or end")]
    Dots,
    /// Written in quotes. RFC 5321 allows that; hardly any mailbox uses it, and typing errors do.
    #[error("is written in quotes, which is not supported")]
    Quoted,
    /// A character that is not allowed there.
    #[error("contains {found:?}, which is not allowed there")]
    Character {
        /// The first such character.
        found: char,
    },
}

/// Why a text is no e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EmailError {
    /// The text is empty or white space.
    #[error("the e-mail address is empty")]
    Empty,
    /// There is no `@`.
    #[error("the e-mail address has no \"@\"")]
    NoAt,
    /// A name or angle brackets around the address, as in `Kim <kim@acme.com>`.
    #[error("enter the e-mail address alone, without a name or angle brackets")]
    DisplayForm,
    /// The part before the `@` is wrong.
    #[error("the part before the \"@\" {problem}")]
    LocalPart {
        /// What is wrong with it.
        problem: LocalPartProblem,
    },
    /// The part after the `@` is wrong.
    #[error("the part after the \"@\" {problem}")]
    Domain {
        /// What is wrong with it.
        problem: HostProblem,
    },
    /// The address is longer than 254 octets.
    #[error("the e-mail address has {octets} characters; 254 are possible")]
    TooLong {
        /// Its length in octets, in normal form.
        octets: usize,
    },
}

impl Email {
    /// Reads one bare address and brings it into normal form; white space around it is ignored.
    ///
    /// # Errors
    ///
    /// [`EmailError::Empty`], [`EmailError::DisplayForm`] and [`EmailError::NoAt`] if there is no
    /// bare address; [`EmailError::LocalPart`] or [`EmailError::Domain`] if a part of it is wrong;
    /// [`EmailError::TooLong`] if the whole exceeds 254 octets.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        // Spreadsheets and chat programs add zero-width characters to what is copied from them.
        let text = text.trim_matches(|letter: char| letter.is_whitespace() || is_invisible(letter));
        if text.is_empty() {
            return Err(EmailError::Empty);
        }
        if text.ends_with('>') || text.starts_with('<') {
            return Err(EmailError::DisplayForm);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError::NoAt)?;
        check_local(local).map_err(|problem| EmailError::LocalPart { problem })?;
        let mut domain =
            host::normalise(domain).map_err(|problem| EmailError::Domain { problem })?;
        let octets = local.len() + 1 + domain.len();
        if octets > MAX_ADDRESS {
            return Err(EmailError::TooLong { octets });
        }
        domain.insert(0, '@');
        domain.insert_str(0, local);
        Ok(Self(domain))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the `@`, as it was written.
    #[must_use]
    pub fn local(&self) -> &str {
        self.parts().0
    }

    /// The part after the `@`: lower-case ASCII, international names as punycode.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.parts().1
    }

    /// The identity key: equal for two spellings that reach the same mailbox.
    ///
    /// Letter case never matters. For Gmail dots and everything from the first `+` are ignored, and
    /// `googlemail.com` is `gmail.com`; for other providers known to deliver `kim+tag` to `kim` the
    /// tag is ignored. Elsewhere `+` is an ordinary letter. The key is no address to write to.
    #[must_use]
    pub fn key(&self) -> String {
        let (local, domain) = self.parts();
        let gmail = matches!(domain, "gmail.com" | "googlemail.com");
        let domain = if gmail { "gmail.com" } else { domain };
        let mut base = local;
        if mailbox::ignores_plus_tag(domain)
            && let Some((name, _)) = local.split_once('+')
            && !name.is_empty()
        {
            base = name;
        }
        let mut key = String::with_capacity(base.len() + 1 + domain.len());
        push_caseless(&mut key, base);
        // Gmail has no letters beyond ASCII; an accent after a dot would change what it belongs to.
        if gmail && key.is_ascii() {
            key.retain(|letter| letter != '.');
        }
        if !domain.is_empty() {
            key.push('@');
            key.push_str(domain);
        }
        key
    }

    /// Whether the domain is a company's, a free mailbox provider's, or a disposable one.
    #[must_use]
    pub fn kind(&self) -> EmailKind {
        EmailKind::of_domain(self.domain())
    }

    /// Whether the address stands for a function (`info`, `sales`, `no-reply`) and not for a
    /// person.
    #[must_use]
    pub fn is_role(&self) -> bool {
        mailbox::is_role(self.local())
    }

    fn parts(&self) -> (&str, &str) {
        self.0.rsplit_once('@').unwrap_or((&self.0, ""))
    }
}

/// Appends the lower-case NFC form of a text.
fn push_caseless(key: &mut String, text: &str) {
    if text.is_ascii() {
        key.extend(text.chars().map(|letter| letter.to_ascii_lowercase()));
        return;
    }
    // Lower-casing a composed text may leave a combination that composes again, hence twice.
    let lower = text.nfc().collect::<String>().to_lowercase();
    if is_nfc(&lower) { key.push_str(&lower) } else { key.extend(lower.nfc()) }
}

fn check_local(local: &str) -> Result<(), LocalPartProblem> {
    if local.is_empty() {
        return Err(LocalPartProblem::Empty);
    }
    if local.starts_with('"') {
        return Err(LocalPartProblem::Quoted);
    }
    if local.len() > MAX_LOCAL {
        return Err(LocalPartProblem::TooLong);
    }
    if let Some(found) = local.chars().find(|letter| !is_local_letter(*letter)) {
        return Err(LocalPartProblem::Character { found });
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err(LocalPartProblem::Dots);
    }
    Ok(())
}

/// `atext` of RFC 5322 and the dot, with the letters beyond ASCII that RFC 6531 adds.
fn is_local_letter(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(letter);
    }
    !letter.is_control() && !letter.is_whitespace() && !is_invisible(letter)
}

/// Characters that leave no trace on the screen, so that no one means them.
fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(letter, '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffd}')
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Email").field(&self.0).finish()
    }
}

impl AsRef<str> for Email {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn the_local_part_keeps_its_case_and_the_domain_does_not() {
        let kim = email("  Kim.Lee@ACME.Example\n");
        assert_eq!(kim.as_str(), "Kim.Lee@acme.example");
        assert_eq!((kim.local(), kim.domain()), ("Kim.Lee", "acme.example"));
        assert_eq!(
            email("\u{feff}müller@Bücher.example\u{200b}").domain(),
            "xn--bcher-kva.example"
        );
        assert_eq!(email("o'brien+x/y=z@acme.co").local(), "o'brien+x/y=z");
    }

    #[test]
    fn each_refusal_names_its_reason() {
        use LocalPartProblem as Local;
        let local = |problem| EmailError::LocalPart { problem };
        let domain = |problem| EmailError::Domain { problem };
        for (text, error) in [
            (" \t", EmailError::Empty),
            ("kim.acme.com", EmailError::NoAt),
            ("Kim Lee <kim@acme.com>", EmailError::DisplayForm),
            ("<kim@acme.com>", EmailError::DisplayForm),
            ("@acme.com", local(Local::Empty)),
            ("\"kim lee\"@acme.com", local(Local::Quoted)),
            (&format!("{}@acme.com", "k".repeat(65)), local(Local::TooLong)),
            (".kim@acme.com", local(Local::Dots)),
            ("kim.@acme.com", local(Local::Dots)),
            ("k..m@acme.com", local(Local::Dots)),
            ("kim lee@acme.com", local(Local::Character { found: ' ' })),
            ("kim@lee@acme.com", local(Local::Character { found: '@' })),
            ("mailto:kim@acme.com", local(Local::Character { found: ':' })),
            ("a@acme.com, b@acme.com", local(Local::Character { found: '@' })),
            ("kim@", domain(HostProblem::Empty)),
            ("kim@localhost", domain(HostProblem::NoDot)),
            ("kim@acme.com.", domain(HostProblem::EmptyLabel)),
            ("kim@acme,com", domain(HostProblem::Character { found: ',' })),
            ("kim@[127.0.0.1]", domain(HostProblem::IpAddress)),
            ("kim@10.0.0.1", domain(HostProblem::IpAddress)),
            ("kim@acme.123", domain(HostProblem::TopLevel)),
        ] {
            assert_eq!(Email::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn lengths_are_accepted_up_to_the_limits_of_rfc_5321() {
        let local = "k".repeat(64);
        let host = |last: usize| format!("{0}.{0}.{1}.com", "a".repeat(61), "b".repeat(last));
        assert_eq!(email(&format!("{local}@{}", host(61))).as_str().len(), 64 + 1 + 189);
        assert_eq!(
            Email::parse(&format!("{local}@{}", host(62))),
            Err(EmailError::TooLong { octets: 255 })
        );
    }

    #[test]
    fn messages_are_plain_words() {
        let message = |text| Email::parse(text).unwrap_err().to_string();
        assert_eq!(message("kim@acme"), "the part after the \"@\" has no dot");
        assert_eq!(
            message("kim lee@acme.com"),
            "the part before the \"@\" contains ' ', which is not allowed there"
        );
    }

    #[test]
    fn spellings_of_one_mailbox_share_a_key() {
        assert_eq!(email("Kim.Lee+news@GoogleMail.com").key(), "kimlee@gmail.com");
        assert_eq!(email("kim+crm@outlook.com").key(), "kim@outlook.com");
        assert_eq!(email("Kim.Lee+crm@proton.me").key(), "kim.lee@proton.me");
        assert_eq!(email("Kim.Lee+crm@Acme.com").key(), "kim.lee+crm@acme.com");
        assert_eq!(email("MU\u{308}LLER@acme.de").key(), email("müller@acme.de").key());
        assert_eq!(email("+kim@gmail.com").key(), "+kim@gmail.com");
    }

    #[test]
    fn stored_text_is_readable_without_validation() {
        let stored: Email = serde_json::from_str("\"not an address\"").unwrap();
        assert_eq!((stored.local(), stored.domain()), ("not an address", ""));
        assert_eq!(stored.key(), "not an address");
        assert_eq!(stored.kind(), EmailKind::Business);
        assert_eq!(serde_json::to_string(&email("Kim@Acme.com")).unwrap(), "\"Kim@acme.com\"");
    }

    proptest! {
        #[test]
        fn no_text_panics_and_a_normal_form_is_stable(text in any::<String>()) {
            if let Ok(email) = Email::parse(&text) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
            }
            let stored = Email(text);
            let _ = (stored.key(), stored.kind(), stored.is_role());
        }

        #[test]
        fn keys_ignore_case_and_are_their_own_keys(
            local in "[a-zA-Z0-9.+_ÄéßΣİǅ\u{308}-]{1,12}",
            domain in "(gmail|googlemail|outlook|acme|Fastmail)\\.(com|DE)",
        ) {
            if let Ok(email) = Email::parse(&format!("{local}@{domain}")) {
                prop_assert!(email.as_str().len() <= MAX_ADDRESS);
                let key = email.key();
                let again = Email(key.clone());
                prop_assert_eq!(&again.key(), &key);
                if local.is_ascii() {
                    let upper = Email::parse(&email.as_str().to_uppercase()).unwrap();
                    prop_assert_eq!(upper.key(), key);
                }
            }
        }
    }
}
