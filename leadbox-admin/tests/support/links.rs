//! What a page lets one ask for: the addresses of its links, and what its forms send.

use std::collections::BTreeSet;

/// All addresses that a page names behind these marks.
pub fn addresses(page: &str, marks: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for mark in marks {
        for part in page.split(mark).skip(1) {
            let address = part.split('"').next().unwrap().replace("&amp;", "&");
            let address = address.replace("&#38;", "&");
            found.insert(address.split('#').next().unwrap().to_owned());
        }
    }
    found.remove("");
    found
}

/// Method and address of all that a page's forms and their buttons send; a form without an address sends to the page's own.
pub fn sent(page: &str, own: &str) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    for form in page.split("<form").skip(1) {
        let (head, rest) = form.split_once('>').unwrap();
        let inside = rest.split("</form>").next().unwrap();
        let method = if head.contains("method=\"post\"") { "POST" } else { "GET" };
        let mut targets = addresses(inside, &["formaction=\""]);
        let mut buttons = inside.split("<button").skip(1).filter_map(|one| one.split('>').next());
        let sends = |tag: &str| !tag.contains("formaction=") && !tag.contains("type=\"button\"");
        if targets.is_empty() || buttons.any(sends) {
            targets.extend(addresses(head, &["action=\""]));
        }
        if targets.is_empty() {
            targets.insert(own.to_owned());
        }
        found.extend(targets.into_iter().map(|target| (method, target)));
    }
    found
}
