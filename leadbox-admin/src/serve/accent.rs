//! One colour becomes the accents of both themes. Owns that whatever is asked for can be read: a colour that is too bright or
//! too dark for a place is darkened or lightened just as far as it has to be. The outcome is a stylesheet of its own, whose
//! name says the colour, so that it can be kept for ever.

use leadbox_core::Colour;

/// What text needs (WCAG 2.2, 1.4.3).
const TEXT: f64 = 4.5;
/// What the edge of a control needs (WCAG 2.2, 1.4.11).
const EDGE: f64 = 3.0;

/// The surfaces on which accents stand, in `tokens.css`.
const LIGHT: Surfaces = Surfaces {
    card: Colour::WHITE,
    around: Colour::rgb(0xF6, 0xF7, 0xF9),
    raised: Colour::rgb(0xEF, 0xF1, 0xF5),
};
const DARK: Surfaces = Surfaces {
    card: Colour::rgb(0x15, 0x1A, 0x21),
    around: Colour::rgb(0x0D, 0x10, 0x15),
    raised: Colour::rgb(0x1D, 0x24, 0x2E),
};

struct Surfaces {
    card: Colour,
    around: Colour,
    raised: Colour,
}

/// The accents of one theme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Accents {
    /// Under white text.
    fill: Colour,
    /// The same under the pointer.
    hover: Colour,
    /// As text, on every surface and on `soft`.
    text: Colour,
    /// Behind what is chosen.
    soft: Colour,
}

/// Moved towards `end` in small steps until it will do.
fn moved(colour: Colour, end: Colour, will_do: impl Fn(Colour) -> bool) -> Colour {
    (0..=256).map(|share| colour.mixed(end, share)).find(|one| will_do(*one)).unwrap_or(end)
}

impl Accents {
    fn light(colour: Colour) -> Self {
        let fill = moved(colour, Colour::BLACK, |one| one.contrast(Colour::WHITE) >= TEXT);
        let soft = colour.mixed(LIGHT.card, 230);
        Self { text: readable(fill, Colour::BLACK, &LIGHT, soft), hover: darker(fill), fill, soft }
    }

    fn dark(colour: Colour) -> Self {
        // First it has to stand out from the card, then white has to stand out from it: between the two there is room.
        let seen = moved(colour, Colour::WHITE, |one| one.contrast(DARK.card) >= EDGE);
        let fill = moved(seen, Colour::BLACK, |one| one.contrast(Colour::WHITE) >= TEXT);
        let soft = fill.mixed(DARK.card, 192);
        Self { text: readable(fill, Colour::WHITE, &DARK, soft), hover: darker(fill), fill, soft }
    }
}

fn darker(colour: Colour) -> Colour {
    colour.mixed(Colour::BLACK, 38)
}

fn readable(colour: Colour, end: Colour, on: &Surfaces, soft: Colour) -> Colour {
    let places = [on.card, on.around, on.raised, soft];
    moved(colour, end, |one| places.iter().all(|place| one.contrast(*place) >= TEXT))
}

/// The name of the stylesheet for a colour.
pub(crate) fn accent_name(colour: Colour) -> String {
    format!("accent-{}.css", colour.to_string().trim_start_matches('#').to_lowercase())
}

/// The stylesheet of that name.
pub(super) fn accent_style(name: &str) -> Option<String> {
    let digits = name.strip_prefix("accent-")?.strip_suffix(".css")?;
    let colour: Colour = format!("#{digits}").parse().ok()?;
    // One name for each, as it is kept for ever.
    (accent_name(colour) == name).then(|| style(colour))
}

fn style(colour: Colour) -> String {
    let (light, dark) = (Accents::light(colour), Accents::dark(colour));
    let rule = |name: &str, light: Colour, dark: Colour| {
        format!("  --{name}: light-dark({light}, {dark});\n")
    };
    let rules = [
        rule("accent", light.fill, dark.fill),
        rule("accent-hover", light.hover, dark.hover),
        rule("accent-text", light.text, dark.text),
        rule("accent-soft", light.soft, dark.soft),
    ];
    format!(":root {{\n{}  --on-accent: #FFFFFF;\n}}\n", rules.concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_is_asked_for_can_be_read(red: u8, green: u8, blue: u8) {
            let colour = Colour::rgb(red, green, blue);
            let cases = [(Accents::light(colour), &LIGHT), (Accents::dark(colour), &DARK)];
            for (Accents { fill, hover, text, soft }, on) in cases {
                prop_assert!(fill.contrast(Colour::WHITE) >= TEXT, "{}", fill);
                prop_assert!(hover.contrast(Colour::WHITE) >= TEXT, "{}", hover);
                prop_assert!(fill.contrast(on.card) >= EDGE, "{} on {}", fill, on.card);
                for place in [on.card, on.around, on.raised, soft] {
                    prop_assert!(text.contrast(place) >= TEXT, "{} on {}", text, place);
                }
            }
        }

        #[test]
        fn a_colour_has_one_stylesheet(red: u8, green: u8, blue: u8) {
            let name = accent_name(Colour::rgb(red, green, blue));
            prop_assert!(accent_style(&name).is_some());
            let other = name.replace("accent-", "accent-A");
            prop_assert!(accent_style(&other).is_none());
        }
    }

    #[test]
    fn a_colour_that_will_do_stays_as_it_is() {
        let ours: Colour = "#3B5BDB".parse().unwrap();
        assert_eq!(Accents::light(ours).fill, ours);
        let white = Accents::light(Colour::WHITE).fill;
        assert!(white != Colour::WHITE && white.contrast(Colour::WHITE) < 4.6, "{white}");
        let style = accent_style("accent-3b5bdb.css").unwrap();
        assert!(style.contains("--accent: light-dark(#3B5BDB, "), "{style}");
        assert!(accent_style("accent-3B5BDB.css").is_none() && accent_style("app.css").is_none());
    }

    /// `tokens.css` says which colours the surfaces have.
    #[test]
    fn the_surfaces_are_those_of_the_stylesheet() {
        let tokens = include_str!("../../assets/css/tokens.css");
        for (name, light, dark) in [
            ("surface", LIGHT.card, DARK.card),
            ("bg", LIGHT.around, DARK.around),
            ("surface-2", LIGHT.raised, DARK.raised),
        ] {
            let rule = format!("--{name}: light-dark({light}, {dark});");
            assert!(tokens.contains(&rule), "{rule}");
        }
    }
}
