//! Time zones and currencies in forms. Owns reading them, and which zones there are.

use chrono_tz::Tz;
use leadbox_core::{Currency, Invalid};

/// The names of all zones.
pub(super) fn zones() -> Vec<&'static str> {
    chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect()
}

/// The zone of that name; noted when there is none.
pub(super) fn zone(name: &str, invalid: &mut Invalid) -> Option<Tz> {
    let zone = name.parse().ok();
    if zone.is_none() {
        invalid.push("zone", "is not a time zone such as Europe/Berlin");
    }
    zone
}

/// The currency of that code; noted when it is none.
pub(super) fn currency(code: &str, invalid: &mut Invalid) -> Option<Currency> {
    match code.trim().to_uppercase().parse() {
        Ok(currency) => Some(currency),
        Err(error) => {
            invalid.push("currency", error);
            None
        }
    }
}
