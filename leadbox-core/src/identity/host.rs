//! Host names: the checks and normal form that e-mail addresses and company domains share.
//!
//! Owns what a public host name is: lower-case A-labels by UTS 46, lengths by RFC 1035, characters
//! by RFC 1123. It must not know mailboxes, URLs or public suffixes.

use std::net::Ipv4Addr;

/// Longest host name in octets (RFC 1035, without the final dot).
const MAX_HOST: usize = 253;
/// Longest label in octets (RFC 1035).
const MAX_LABEL: usize = 63;

/// What is wrong with a host name, as a fragment that follows "the domain": `has no dot`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum HostProblem {
    /// There is nothing.
    #[error("is empty")]
    Empty,
    /// A single name such as `localhost`.
    #[error("has no dot")]
    NoDot,
    /// Two dots in a row, or a dot at an end.
    #[error("has two dots in a row, or a dot at its beginning or end")]
    EmptyLabel,
    /// A label is longer than 63 octets.
    #[error("has a part of more than 63 characters")]
    LabelTooLong,
    /// The name is longer than 253 octets.
    #[error("has more than 253 characters")]
    TooLong,
    /// A label begins or ends with a hyphen.
    #[error("has a hyphen next to a dot or at an end")]
    Hyphen,
    /// A character that no domain may contain.
    #[error("contains {found:?}, which no domain may contain")]
    Character {
        /// The first such character.
        found: char,
    },
    /// Letters beyond ASCII that UTS 46 does not allow, or broken punycode.
    #[error("contains letters that no international domain may contain")]
    International,
    /// The last label cannot be a top-level domain: one letter, or with digits.
    #[error("does not end like a domain (.com, .de and so on)")]
    TopLevel,
    /// An IP address instead of a name.
    #[error("is an IP address, not a name")]
    IpAddress,
}

/// The normal form of a host name: lower-case, IDN as punycode, at least two labels.
///
/// # Errors
///
/// The [`HostProblem`] that was met first.
pub(super) fn normalise(host: &str) -> Result<String, HostProblem> {
    if host.is_empty() {
        return Err(HostProblem::Empty);
    }
    if host.starts_with('[') {
        return Err(HostProblem::IpAddress);
    }
    let normal = if is_plain(host) { host.to_ascii_lowercase() } else { international(host)? };
    check(&normal)?;
    Ok(normal)
}

/// Whether a host needs lower-casing at most: letters, digits, hyphens and dots, no punycode.
fn is_plain(host: &str) -> bool {
    // UTS 46 decodes and verifies labels that begin with `xn--`, so they are left to it.
    let mut punycode = false;
    let plain =
        host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    if plain && host.contains("--") {
        punycode = host
            .split('.')
            .any(|label| label.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("xn--")));
    }
    plain && !punycode
}

fn international(host: &str) -> Result<String, HostProblem> {
    // UTS 46 only says "no"; a stray ASCII character is the usual reason and can be named.
    let stray = |letter: &char| {
        letter.is_ascii() && !letter.is_ascii_alphanumeric() && !matches!(letter, '-' | '.')
    };
    if let Some(found) = host.chars().find(stray) {
        return Err(HostProblem::Character { found });
    }
    idna::domain_to_ascii_cow(host.as_bytes(), idna::AsciiDenyList::STD3)
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| HostProblem::International)
}

/// Checks labels and lengths of a lower-case ASCII host.
fn check(host: &str) -> Result<(), HostProblem> {
    if host.is_empty() {
        return Err(HostProblem::Empty);
    }
    if host.len() > MAX_HOST {
        return Err(HostProblem::TooLong);
    }
    let mut labels = 0;
    let mut last = "";
    for label in host.split('.') {
        if label.is_empty() {
            return Err(HostProblem::EmptyLabel);
        }
        if label.len() > MAX_LABEL {
            return Err(HostProblem::LabelTooLong);
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err(HostProblem::Hyphen);
        }
        labels += 1;
        last = label;
    }
    if labels < 2 {
        return Err(HostProblem::NoDot);
    }
    let plausible = last.starts_with("xn--")
        || (last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_lowercase()));
    if !plausible {
        let address = host.parse::<Ipv4Addr>().is_ok();
        return Err(if address { HostProblem::IpAddress } else { HostProblem::TopLevel });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hosts_are_lower_cased_and_punycoded() {
        assert_eq!(normalise("WWW.Acme.CO.uk").as_deref(), Ok("www.acme.co.uk"));
        assert_eq!(normalise("Bücher.example").as_deref(), Ok("xn--bcher-kva.example"));
        assert_eq!(normalise("XN--BCHER-KVA.example").as_deref(), Ok("xn--bcher-kva.example"));
        assert_eq!(normalise("例え。テスト").as_deref(), Ok("xn--r8jz45g.xn--zckzah"));
        assert_eq!(normalise("r3---sn-4g5e.example").as_deref(), Ok("r3---sn-4g5e.example"));
    }

    #[test]
    fn each_problem_is_named() {
        let label = "a".repeat(64);
        let long = format!("{}.com", vec!["a".repeat(60); 5].join("."));
        for (host, problem) in [
            ("", HostProblem::Empty),
            ("\u{ad}", HostProblem::Empty),
            ("localhost", HostProblem::NoDot),
            (".acme.com", HostProblem::EmptyLabel),
            ("acme..com", HostProblem::EmptyLabel),
            ("acme.com.", HostProblem::EmptyLabel),
            (&format!("{label}.com"), HostProblem::LabelTooLong),
            (&long, HostProblem::TooLong),
            ("-acme.com", HostProblem::Hyphen),
            ("acme-.com", HostProblem::Hyphen),
            ("ac_me.com", HostProblem::Character { found: '_' }),
            ("ac me.com", HostProblem::Character { found: ' ' }),
            ("xn--a.com", HostProblem::International),
            ("a\u{fffd}.com", HostProblem::International),
            ("acme.c", HostProblem::TopLevel),
            ("acme.123", HostProblem::TopLevel),
            ("0x7f.1", HostProblem::TopLevel),
            ("127.0.0.1", HostProblem::IpAddress),
            ("[::1]", HostProblem::IpAddress),
        ] {
            assert_eq!(normalise(host), Err(problem), "{host}");
        }
    }

    proptest! {
        #[test]
        fn the_plain_path_agrees_with_uts_46(host in "[a-zA-Z0-9.-]{1,40}") {
            prop_assume!(is_plain(&host));
            let slow = international(&host).and_then(|host| check(&host).map(|()| host));
            prop_assert_eq!(normalise(&host), slow);
        }

        #[test]
        fn a_normal_form_is_its_own_normal_form(host in any::<String>()) {
            if let Ok(normal) = normalise(&host) {
                prop_assert!(normal.is_ascii());
                prop_assert_eq!(normalise(&normal), Ok(normal));
            }
        }

        #[test]
        fn international_hosts_are_stable(host in "[a-zäßéñ中日ёшא.İ-]{1,12}\\.(de|рф|中国)") {
            if let Ok(normal) = normalise(&host) {
                prop_assert_eq!(normalise(&normal), Ok(normal));
            }
        }
    }
}
