//! User agents. Owns which names tell that a program asked, and not a person's mail program or browser.

/// Programs that look at links and pictures for somebody, by a part of their user agent in lower case: mail gateways, scanners,
/// previews, libraries, browsers that nobody looks at. Names that a person's browser may hold are not here.
const PROGRAMS: [&str; 39] = [
    "barracuda",
    "bitdefender",
    "bytespider",
    "checkpoint",
    "ciscosecureemail",
    "crawler",
    "curl/",
    "embedly",
    "facebookexternalhit",
    "fireeye",
    "forcepoint",
    "fortinet",
    "go-http-client",
    "headless",
    "ironport",
    "java/",
    "libwww-perl",
    "linkcheck",
    "linkscanner",
    "link scanner",
    "mimecast",
    "node-fetch",
    "okhttp",
    "phantomjs",
    "playwright",
    "proofpoint",
    "puppeteer",
    "python-requests",
    "python-urllib",
    "safelinks",
    "scanmail",
    "selenium",
    "skypeuripreview",
    "sophos",
    "spider/",
    "symantec",
    "trendmicro",
    "urlscan",
    "wget/",
];

/// Proxies that load pictures for readers, about when they read, sometimes at once when the mail arrives.
const IMAGE_PROXIES: [(&str, &str); 2] =
    [("googleimageproxy", "Gmail"), ("yahoomailproxy", "Yahoo")];

/// Who asked, as far as the user agent tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Agent<'a> {
    /// A person's program, or nobody knows.
    Person,
    /// A program of this name.
    Program(&'a str),
    /// A proxy that loads pictures when mails are read, or before.
    ImageProxy(&'static str),
    /// Apple's proxy, which loads the pictures of every mail.
    Prefetcher,
}

impl<'a> Agent<'a> {
    /// Reads a user agent.
    pub(super) fn of(text: &'a str) -> Self {
        // What Apple Mail's privacy protection sends, and nothing behind it; every browser says more.
        if text.trim() == "Mozilla/5.0" {
            return Self::Prefetcher;
        }
        let lower = text.to_ascii_lowercase();
        if let Some((_, name)) = IMAGE_PROXIES.iter().find(|(part, _)| lower.contains(part)) {
            return Self::ImageProxy(name);
        }
        let known = PROGRAMS.iter().find_map(|part| Some((lower.find(part)?, part.len())));
        match known.or_else(|| bot(&lower)) {
            // Lower case keeps the places of ASCII.
            Some((at, length)) => Self::Program(text.get(at..at + length).unwrap_or("bot")),
            None => Self::Person,
        }
    }
}

/// A word that ends in "bot", such as Googlebot or Slackbot-LinkExpanding. CUBOT makes telephones.
fn bot(lower: &str) -> Option<(usize, usize)> {
    let mut at = 0;
    for word in lower.split_inclusive(|sign: char| !sign.is_ascii_alphanumeric()) {
        let name = word.trim_end_matches(|sign: char| !sign.is_ascii_alphanumeric());
        if name.ends_with("bot") && name != "cubot" {
            return Some((at, name.len()));
        }
        at += word.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_their_names_as_they_write_them() {
        for (text, name) in [
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Googlebot",
            ),
            ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "Slackbot"),
            ("Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0", "Headless"),
            ("python-requests/2.31.0", "python-requests"),
            ("Barracuda Sentinel (EE)", "Barracuda"),
        ] {
            assert_eq!(Agent::of(text), Agent::Program(name), "{text}");
        }
    }

    #[test]
    fn what_people_use_is_no_program() {
        for text in [
            "",
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)",
            "Mozilla/5.0 (Linux; Android 9; CUBOT NOTE S) AppleWebKit/537.36 Chrome/83.0 Mobile Safari/537.36",
            "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0; Pro)",
            "Mozilla/5.0 (Windows NT 10.0) Thunderbird/115.0 Bottles/1",
        ] {
            assert_eq!(Agent::of(text), Agent::Person, "{text}");
        }
    }

    #[test]
    fn proxies_are_told_apart_by_whether_they_wait_for_a_reader() {
        let gmail = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)";
        assert_eq!(Agent::of(gmail), Agent::ImageProxy("Gmail"));
        assert_eq!(Agent::of("Mozilla/5.0"), Agent::Prefetcher);
    }
}
