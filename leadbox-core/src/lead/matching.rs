//! How much two leads look like the same person. Owns the reasons and the score; pure, and the same whichever of the two comes
//! first. What the asker may not see is missing from both, and so gives no reason.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Lead;
use super::likeness::name_words;
use crate::identity::{Email, fold};

/// Something that two leads have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub enum Match {
    /// The same e-mail address.
    SameEmail,
    /// The same phone number.
    SamePhone,
    /// The same name, whatever the order of its words.
    SameName,
    /// Nearly the same name.
    SimilarName {
        /// How near, 0 to 100.
        percent: u8,
    },
    /// Nearly the same e-mail address, at the same domain.
    SimilarEmail,
    /// The same company, by its domain or its name.
    SameCompany,
    /// The same city.
    SameCity,
    /// Two names that have little in common. It counts against.
    OtherName,
}

impl fmt::Display for Match {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SameEmail => "same e-mail address",
            Self::SamePhone => "same phone",
            Self::SameName => "same name",
            Self::SimilarName { percent } => return write!(f, "similar name 0.{percent:02}"),
            Self::SimilarEmail => "similar e-mail address",
            Self::SameCompany => "same company",
            Self::SameCity => "same city",
            Self::OtherName => "another name",
        })
    }
}

/// Why two leads may be the same person, and how sure that is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Likeness {
    /// 0 to 100; [`Likeness::LEAST`] or more.
    pub score: u8,
    /// What they have in common, and what not; the weightiest first.
    pub reasons: Vec<Match>,
}

/// From what likeness on a name is similar, in per cent.
const SIMILAR: u8 = 90;
/// Below what likeness it is another name.
const OTHER: u8 = 70;

impl Likeness {
    /// The least score of a possible duplicate.
    pub const LEAST: u8 = 50;

    /// How much two leads look like the same person; none when too little speaks for it. An address for a role, such as
    /// `info@`, is shared by colleagues and says less.
    pub fn of(a: &Lead, b: &Lead) -> Option<Self> {
        let mut evidence = Evidence::default();
        let (mine, theirs) = (a.person.email.as_ref(), b.person.email.as_ref());
        if let (Some(mine), Some(theirs)) = (mine, theirs) {
            match mine.key() == theirs.key() {
                true => evidence.add(Match::SameEmail, if mine.is_role() { 50 } else { 90 }),
                false if similar_emails(mine, theirs) => evidence.add(Match::SimilarEmail, 50),
                false => {}
            }
        }
        if same(a.person.phone.as_ref(), b.person.phone.as_ref(), |phone| phone.key()) {
            evidence.add(Match::SamePhone, 75);
        }
        let named = names(a.person.name.as_deref(), b.person.name.as_deref());
        match named {
            Some(100) => evidence.add(Match::SameName, 45),
            Some(percent) if percent >= SIMILAR => {
                evidence.add(Match::SimilarName { percent }, i32::from(percent) - 60);
            }
            Some(percent) if percent < OTHER => evidence.add(Match::OtherName, -35),
            _ => {}
        }
        let (mine, theirs) = (&a.company, &b.company);
        if same(mine.domain.as_ref(), theirs.domain.as_ref(), |domain| domain.as_str())
            || same(mine.name.as_ref(), theirs.name.as_ref(), |name| fold(name))
        {
            evidence.add(Match::SameCompany, 30);
        }
        if same(mine.city.as_ref(), theirs.city.as_ref(), |city| fold(city)) {
            evidence.add(Match::SameCity, 15);
        }
        evidence.weighed()
    }
}

#[derive(Default)]
struct Evidence {
    found: Vec<(i32, Match)>,
}

impl Evidence {
    fn add(&mut self, found: Match, weight: i32) {
        self.found.push((weight, found));
    }

    fn weighed(mut self) -> Option<Likeness> {
        let is_exact = self
            .found
            .iter()
            .any(|(_, found)| matches!(found, Match::SameEmail | Match::SamePhone));
        let sum: i32 = self.found.iter().map(|(weight, _)| weight).sum();
        // The same address or number is worth a look whatever the names say.
        let least = if is_exact { i32::from(Likeness::LEAST) } else { 0 };
        let score = u8::try_from(sum.clamp(least, 100)).unwrap_or(0);
        if score < Likeness::LEAST {
            return None;
        }
        self.found.sort_by_key(|(weight, found)| (-weight, *found));
        Some(Likeness { score, reasons: self.found.into_iter().map(|(_, found)| found).collect() })
    }
}

fn same<'a, T, K: PartialEq>(a: Option<&'a T>, b: Option<&'a T>, key: impl Fn(&'a T) -> K) -> bool {
    matches!((a, b), (Some(a), Some(b)) if key(a) == key(b))
}

/// How alike two names are, in per cent, whatever the order of their words; none when one is unknown.
fn names(a: Option<&str>, b: Option<&str>) -> Option<u8> {
    let words = |name: Option<&str>| {
        let mut words = name_words(name?);
        words.sort_unstable();
        Some(words.join(" ")).filter(|name| !name.is_empty())
    };
    let (a, b) = (words(a)?, words(b)?);
    if a == b {
        return Some(100);
    }
    Some(percent(strsim::jaro_winkler(&a, &b)).min(99))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is cut to 0 to 100"
)]
fn percent(likeness: f64) -> u8 {
    (likeness * 100.0).clamp(0.0, 100.0).round() as u8
}

/// Whether two addresses at one domain differ by a slip: one letter, or two that changed places. In a short one a letter
/// is no slip.
fn similar_emails(a: &Email, b: &Email) -> bool {
    let (mine, theirs) = (a.local().to_lowercase(), b.local().to_lowercase());
    a.domain() == b.domain()
        && mine.chars().count().min(theirs.chars().count()) >= 5
        && digits(&mine) == digits(&theirs)
        && strsim::osa_distance(&mine, &theirs) <= 1
}

/// Somebody with another number is somebody else: `kim1985` and `kim1986`.
fn digits(local: &str) -> String {
    local.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::LeadKeys;
    use super::*;
    use crate::lead::NewLead;
    use crate::service::LeadBox;
    use crate::storage::MemoryStorage;

    fn lead(new: &NewLead) -> Lead {
        let leadbox = LeadBox::builder(std::sync::Arc::new(MemoryStorage::new())).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { leadbox.leads().capture(new).await.unwrap().lead })
    }

    fn person(name: &str, email: &str, company: &str, city: &str) -> NewLead {
        NewLead::new().name(name).email(email).company(company).city(city)
    }

    #[test]
    fn a_score_follows_from_its_reasons() {
        let cases = [
            // The same person, with a slip or in another order.
            (
                ["Ada Lovelace", "ada@x.example", "", ""],
                ["Lovelace, Ada", "a.l@x.example", "", ""],
                Some(75),
            ),
            (
                ["Jörg Müller", "", "Acme GmbH", ""],
                ["Joerg Muller", "", "ACME  GmbH", ""],
                Some(68),
            ),
            (
                ["Dr. Jon Smith", "j@x.example", "", ""],
                ["John Smith", "s@x.example", "", ""],
                Some(67),
            ),
            (["Jon Smith", "", "", "Berlin"], ["Jon Smith", "", "", "berlin"], Some(60)),
            (["", "jonathan@gmail.com", "", ""], ["", "jonahtan@gmail.com", "", ""], Some(50)),
            (["Ada", "info@x.example", "", ""], ["Bob", "info@x.example", "", ""], Some(50)),
            (
                ["Ada Lovelace", "ada@x.example", "", ""],
                ["Ada Lovelace", "ada@x.example", "", ""],
                Some(100),
            ),
            // Colleagues, namesakes, neighbours.
            (
                ["Ada Lovelace", "ada@x.example", "", ""],
                ["Bob Miller", "bob@x.example", "", ""],
                None,
            ),
            (["Jon Smith", "", "", "Berlin"], ["Jon Smith", "", "", "Paris"], None),
            (["", "kim1985@gmail.com", "", ""], ["", "kim1986@gmail.com", "", ""], None),
            (
                ["Anna Weber", "anna.w@x.example", "", ""],
                ["Peter Koch", "anne.w@x.example", "", ""],
                None,
            ),
        ];
        for (one, other, expected) in cases {
            let [a, b] = [one, other].map(|[name, email, company, city]| {
                lead(&NewLead {
                    external_id: Some("x".to_owned()),
                    ..person(name, email, company, city)
                })
            });
            let found = Likeness::of(&a, &b);
            assert_eq!(
                found.as_ref().map(|found| found.score),
                expected,
                "{one:?} {other:?} {found:?}"
            );
        }
    }

    #[test]
    fn those_who_are_alike_lie_under_one_key() {
        let cases = [
            (["Ada Lovelace", "ada@x.example", "", ""], ["Lovelace, Ada", "", "X", ""], false),
            (
                ["Ada Lovelace", "ada@x.example", "", ""],
                ["Lovelace, Ada", "al@x.example", "", ""],
                true,
            ),
            (["", "jon.smith@x.example", "", ""], ["Dr. John Smyth", "js@x.example", "", ""], true),
            (["Ada Lovelace", "", "Acme", ""], ["A. Lovelace", "", "ACME", ""], true),
            (["", "jonathan@gmail.com", "", ""], ["Jon", "jonahtan@gmail.com", "", ""], true),
            (["", "jonathan@gmail.com", "", ""], ["", "jonathan@gmx.de", "", ""], false),
        ];
        for (one, other, expected) in cases {
            let [a, b] = [one, other].map(|[name, email, company, city]| {
                let lead = lead(&NewLead {
                    external_id: Some("x".to_owned()),
                    ..person(name, email, company, city)
                });
                LeadKeys::of(&lead, &[]).likeness
            });
            assert!(a.is_some() && b.is_some());
            assert_eq!(a == b, expected, "{a:?} {b:?}");
        }
    }

    proptest! {
        #[test]
        fn likeness_has_no_direction(
            a in "[a-c é.]{0,8}", b in "[a-c é.]{0,8}", c in "[a-c.]{5,8}", d in "[a-c.]{5,8}",
        ) {
            let words = |name: &str| names(Some(name), Some(&b));
            prop_assert_eq!(words(&a), names(Some(&b), Some(&a)));
            if let (Ok(c), Ok(d)) =
                (Email::parse(&format!("{c}@x.example")), Email::parse(&format!("{d}@x.example")))
            {
                prop_assert_eq!(similar_emails(&c, &d), similar_emails(&d, &c));
            }
        }
    }
}
