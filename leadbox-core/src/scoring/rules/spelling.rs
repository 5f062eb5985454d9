//! Which name was meant. Owns how near a misspelt one has to be to a known one.

/// The known name that is nearest to a misspelt one, if one is near enough to be meant.
pub(super) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
    let wanted = plain(name);
    let near = known.into_iter().filter_map(|one| {
        let other = plain(one);
        let distance = strsim::damerau_levenshtein(&wanted, &other);
        // A third of the letters may be wrong.
        (distance * 3 <= wanted.chars().count().max(3)).then_some((distance, one))
    });
    near.min().map(|(_, one)| one)
}

/// The same as half a sentence; empty when no name is near enough.
pub(super) fn hint<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(name, known).map(|one| format!(": did you mean '{one}'?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_the_name_that_was_meant_and_other_names_none() {
        let known = ["email", "employees", "email_kind", "created_at", "phone"];
        for (name, meant) in [
            ("emial", Some("email")),
            ("e_mail", Some("email")),
            ("Email", Some("email")),
            ("employes", Some("employees")),
            ("emailkind", Some("email_kind")),
            ("createdAt", Some("created_at")),
            ("phon", Some("phone")),
            ("budget", None),
            ("x", None),
        ] {
            assert_eq!(nearest(name, known), meant, "{name}");
        }
    }
}
