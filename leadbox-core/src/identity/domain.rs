//! Company domains: the registrable name that stands for a company.
//!
//! Owns the way from a host name, URL or e-mail address to the name somebody registered, by the
//! public suffix list compiled into `psl`. It must not know whether that name resolves, nor fetch
//! anything: a [`Domain`] is no permission to connect.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::email::Email;
use super::host::{self, HostProblem};
use super::mailbox::EmailKind;

/// A registrable domain such as `acme.co.uk`: lower-case, international names as punycode.
///
/// Names under the private section of the list are their own companies (`acme.github.io`); under a
/// top-level domain the list does not know, the last two labels count. Deserialising does not
/// validate.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Domain(String);

/// Why a text names no company domain.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DomainError {
    /// The host is no public host name.
    #[error("the domain {problem}")]
    Host {
        /// What is wrong with it.
        problem: HostProblem,
    },
    /// Everybody can register names below it (`co.uk`, `github.io`), so it names nobody.
    #[error("{suffix} is an ending shared by many owners, not the domain of one")]
    PublicSuffix {
        /// The suffix, in normal form.
        suffix: String,
    },
}

impl Domain {
    /// Reads a host name or URL (with or without scheme) and cuts it down to the registrable
    /// domain.
    ///
    /// # Errors
    ///
    /// [`DomainError::Host`] if there is no host, or it is an IP address, a single name or
    /// malformed; [`DomainError::PublicSuffix`] if nothing stands before the suffix.
    pub fn parse(text: &str) -> Result<Self, DomainError> {
        let host = host_of(text.trim());
        // One final dot marks a fully qualified name (RFC 1034) and is no part of it.
        let host = host.strip_suffix('.').unwrap_or(host);
        let host = host::normalise(host).map_err(|problem| DomainError::Host { problem })?;
        match psl::domain_str(&host) {
            Some(domain) if domain.len() == host.len() => Ok(Self(host)),
            Some(domain) => Ok(Self(domain.to_owned())),
            None => Err(DomainError::PublicSuffix { suffix: host }),
        }
    }

    /// The company domain behind an address; `None` for free and disposable mailboxes, since those
    /// say nothing about a company, and for an address without a valid domain.
    #[must_use]
    pub fn of_email(email: &Email) -> Option<Self> {
        match email.kind() {
            EmailKind::Business => Self::parse(email.domain()).ok(),
            EmailKind::Free | EmailKind::Disposable => None,
        }
    }

    /// The domain.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The host within a URL, or the text up to the first port, path, query or fragment.
fn host_of(text: &str) -> &str {
    let (authority, has_scheme) = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (rest, true),
        // `acme.com/?next=https://other.com` holds a URL but begins with a host.
        _ => (text.strip_prefix("//").unwrap_or(text), false),
    };
    // Browsers treat a backslash as a slash; so must we, or `https://a.com\@b.com` names another
    // host.
    let authority = authority.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once('@') {
        // Without a scheme this is an e-mail address, which is refused by its `@`.
        Some((_, host)) if has_scheme => host,
        _ => authority,
    };
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// RFC 3986, 3.1.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Domain").field(&self.0).finish()
    }
}

impl AsRef<str> for Domain {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn domain(text: &str) -> String {
        Domain::parse(text).unwrap().0
    }

    #[test]
    fn hosts_and_urls_become_the_registrable_domain() {
        for text in [
            "acme.co.uk",
            " WWW.Acme.co.uk. ",
            "https://www.acme.co.uk/x?y#z",
            "https://kim:secret@shop.acme.co.uk:8443",
            "//acme.co.uk/x",
            "acme.co.uk:80",
            "acme.co.uk/login?next=https://other.com/",
            "https://acme.co.uk\\@other.com",
            "https://acme.co.uk?@other.com",
        ] {
            assert_eq!(domain(text), "acme.co.uk", "{text}");
        }
        assert_eq!(domain("https://www.Bücher.de"), "xn--bcher-kva.de");
        assert_eq!(domain("www.食狮.公司.cn"), "xn--85x722f.xn--55qx5d.cn");
        assert_eq!(domain("docs.acme.github.io"), "acme.github.io");
        assert_eq!(domain("a.b.acme.newtld"), "acme.newtld");
    }

    #[test]
    fn what_names_no_company_is_refused() {
        let host = |problem| DomainError::Host { problem };
        let suffix = |suffix: &str| DomainError::PublicSuffix { suffix: suffix.to_owned() };
        for (text, error) in [
            ("", host(HostProblem::Empty)),
            ("https:///path", host(HostProblem::Empty)),
            ("localhost:3000", host(HostProblem::NoDot)),
            ("https://127.0.0.1/", host(HostProblem::IpAddress)),
            ("http://[::1]:80/", host(HostProblem::IpAddress)),
            ("http://2130706433/", host(HostProblem::NoDot)),
            ("kim@acme.com", host(HostProblem::Character { found: '@' })),
            ("acme com", host(HostProblem::Character { found: ' ' })),
            ("https://%61cme.com", host(HostProblem::Character { found: '%' })),
            ("co.uk", suffix("co.uk")),
            ("GitHub.io", suffix("github.io")),
            ("公司.cn", suffix("xn--55qx5d.cn")),
        ] {
            assert_eq!(Domain::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn only_business_addresses_lead_to_a_company() {
        let of = |text| Domain::of_email(&Email::parse(text).unwrap()).map(|domain| domain.0);
        assert_eq!(of("kim@mail.acme.co.uk").as_deref(), Some("acme.co.uk"));
        assert_eq!(of("kim@gmail.com"), None);
        assert_eq!(of("kim@x.mailinator.com"), None);
        assert_eq!(of("kim@co.uk"), None);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_a_domain_is_stable(text in any::<String>()) {
            if let Ok(domain) = Domain::parse(&text) {
                prop_assert_eq!(Domain::parse(domain.as_str()), Ok(domain));
            }
        }

        #[test]
        fn a_url_and_its_host_name_the_same_company(
            host in "[a-z0-9-]{1,8}\\.[a-z]{1,6}(\\.[a-z]{2,3})?",
            path in "[ -~]{0,12}",
        ) {
            prop_assert_eq!(
                Domain::parse(&format!("https://{host}/{path}")),
                Domain::parse(&host)
            );
        }
    }
}
