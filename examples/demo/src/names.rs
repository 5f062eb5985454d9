//! Made-up people. Owns given names and family names by region, and job titles by how much their bearers decide.

use super::dice::Dice;

/// Where names, phone numbers and cities come from together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Region {
    English,
    German,
    French,
    Spanish,
    Nordic,
    Dutch,
    Italian,
    Polish,
    Indian,
}

const ENGLISH: (&[&str], &[&str]) = (
    &[
        "Olivia", "Amelia", "Harriet", "Grace", "Chloe", "Naomi", "Tessa", "Imogen", "Rosalind",
        "Maeve", "Jasmine", "Keisha", "Oliver", "Theo", "Marcus", "Rory", "Elliot", "Declan",
        "Julian", "Wesley", "Isaac", "Damon", "Gareth", "Malik",
    ],
    &[
        "Ashdown",
        "Barlowe",
        "Carrick",
        "Denholm",
        "Ellery",
        "Fairbairn",
        "Garside",
        "Hathersage",
        "Ingleby",
        "Kingsworth",
        "Lockhart",
        "Marlowe",
        "Netherton",
        "Okonjo",
        "Pemberley",
        "Quillfeather",
        "Ravensdale",
        "Sandbrook",
        "Thistlewood",
        "Underhay",
        "Wexcombe",
        "Yardley",
        "Abernathy",
        "Brightwell",
    ],
);
const GERMAN: (&[&str], &[&str]) = (
    &[
        "Anneliese",
        "Britta",
        "Katharina",
        "Lena",
        "Mareike",
        "Sabine",
        "Svenja",
        "Ulrike",
        "Jörg",
        "Matthias",
        "Stefan",
        "Tobias",
        "Holger",
        "Lukas",
        "Florian",
        "Günther",
    ],
    &[
        "Abendroth",
        "Birkenfeld",
        "Donnerhall",
        "Eichenlaub",
        "Falkenrath",
        "Grünwald",
        "Hasselbrink",
        "Kaltenbach",
        "Lindenthal",
        "Mühlbauer",
        "Nachtigall",
        "Oberländer",
        "Rautenberg",
        "Schönfelder",
        "Tannhäuser",
        "Weißbrodt",
    ],
);
const FRENCH: (&[&str], &[&str]) = (
    &[
        "Amélie",
        "Camille",
        "Élodie",
        "Inès",
        "Juliette",
        "Margaux",
        "Solène",
        "Antoine",
        "Bastien",
        "Étienne",
        "Guillaume",
        "Loïc",
        "Mathieu",
        "Rémi",
    ],
    &[
        "Aubertin",
        "Beaulieu",
        "Chastaing",
        "Delacombe",
        "Fontanel",
        "Garrigue",
        "Laroque",
        "Mirabel",
        "Peyrac",
        "Rochebrune",
        "Sauvageot",
        "Valmorel",
    ],
);
const SPANISH: (&[&str], &[&str]) = (
    &[
        "Lucía", "Marisol", "Noelia", "Pilar", "Ximena", "Álvaro", "Gonzalo", "Íñigo", "Joaquín",
        "Rafael", "Sergio", "Tomás",
    ],
    &[
        "Albornoz",
        "Bustillo",
        "Carrascal",
        "Echevarne",
        "Figueras",
        "Iturralde",
        "Montalbán",
        "Olivares",
        "Peñaranda",
        "Quintanar",
        "Sotomayor",
        "Villalba",
    ],
);
const NORDIC: (&[&str], &[&str]) = (
    &[
        "Astrid",
        "Freja",
        "Ingrid",
        "Linnea",
        "Saga",
        "Tuva",
        "Åsa",
        "Anders",
        "Bjørn",
        "Eskil",
        "Magnus",
        "Søren",
        "Torbjörn",
    ],
    &[
        "Almgren",
        "Bergqvist",
        "Dahlström",
        "Ekdahl",
        "Fjellvik",
        "Grønlund",
        "Hägglund",
        "Kvistgaard",
        "Lindqvist",
        "Nyström",
        "Østerby",
        "Sjöholm",
    ],
);
const DUTCH: (&[&str], &[&str]) = (
    &[
        "Anouk", "Femke", "Lotte", "Marijke", "Sanne", "Tineke", "Bram", "Daan", "Joost",
        "Maarten", "Ruben", "Wouter",
    ],
    &[
        "van Duinkerk",
        "Eikelboom",
        "Groenewoud",
        "Haverkamp",
        "de Ruigrok",
        "Schipperheyn",
        "ter Laak",
        "Vlietstra",
        "Zandbergen",
    ],
);
const ITALIAN: (&[&str], &[&str]) = (
    &[
        "Beatrice",
        "Chiara",
        "Ginevra",
        "Ludovica",
        "Serena",
        "Alessandro",
        "Davide",
        "Lorenzo",
        "Matteo",
        "Riccardo",
    ],
    &[
        "Bellandi",
        "Castelnuovo",
        "Ferraguti",
        "Lombardini",
        "Montefiore",
        "Pasqualetti",
        "Roncaglia",
        "Santangelo",
        "Vescovi",
    ],
);
const POLISH: (&[&str], &[&str]) = (
    &[
        "Agnieszka",
        "Bożena",
        "Kinga",
        "Małgorzata",
        "Zuzanna",
        "Grzegorz",
        "Jacek",
        "Łukasz",
        "Paweł",
        "Wojciech",
    ],
    &[
        "Borowiecki",
        "Czarnota",
        "Gołębiewski",
        "Jaworzno",
        "Krasnodębski",
        "Lipiński",
        "Szymborek",
        "Wiśniowski",
    ],
);
const INDIAN: (&[&str], &[&str]) = (
    &[
        "Aditi",
        "Kavya",
        "Meenakshi",
        "Priyanka",
        "Shreya",
        "Arjun",
        "Karthik",
        "Nikhil",
        "Rohan",
        "Vikram",
    ],
    &[
        "Balakrishna",
        "Chaudhuri",
        "Deshmukh",
        "Iyengar",
        "Kulkarni",
        "Mukherjee",
        "Raghunathan",
        "Subramani",
    ],
);

fn lists(region: Region) -> (&'static [&'static str], &'static [&'static str]) {
    match region {
        Region::English => ENGLISH,
        Region::German => GERMAN,
        Region::French => FRENCH,
        Region::Spanish => SPANISH,
        Region::Nordic => NORDIC,
        Region::Dutch => DUTCH,
        Region::Italian => ITALIAN,
        Region::Polish => POLISH,
        Region::Indian => INDIAN,
    }
}

/// A given name and a family name.
pub(super) fn person(dice: &mut Dice, region: Region) -> (&'static str, &'static str) {
    let (given, family) = lists(region);
    (dice.pick(given), dice.pick(family))
}

/// How much somebody decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Seniority {
    Decides,
    Leads,
    Works,
    Learns,
}

/// A job title and what it says.
pub(super) fn title(dice: &mut Dice) -> (Seniority, &'static str) {
    const TITLES: [(Seniority, f64, &[&str]); 4] = [
        (
            Seniority::Decides,
            0.19,
            &[
                "CEO",
                "CTO",
                "CFO",
                "COO",
                "Managing Director",
                "VP Sales",
                "VP Marketing",
                "Chief Revenue Officer",
                "Founder",
            ],
        ),
        (
            Seniority::Leads,
            0.31,
            &[
                "Head of Marketing",
                "Head of Operations",
                "Director of Sales",
                "Head of IT",
                "Sales Operations Lead",
                "Procurement Lead",
                "Director of Customer Success",
                "Head of Demand Generation",
            ],
        ),
        (
            Seniority::Works,
            0.4,
            &[
                "Marketing Manager",
                "Account Executive",
                "Operations Manager",
                "CRM Specialist",
                "Business Analyst",
                "IT Administrator",
                "Product Manager",
                "Software Engineer",
                "Sales Development Representative",
            ],
        ),
        (Seniority::Learns, 0.1, &["Working Student", "Intern", "Trainee", "Research Assistant"]),
    ];
    let (seniority, _, titles) =
        &TITLES[dice.weighted(TITLES.iter().map(|(_, weight, _)| *weight))];
    (*seniority, dice.pick(titles))
}

/// A name as it stands in an address: plain letters, no spaces.
pub(super) fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'ä' | 'æ' => plain.push_str("ae"),
            'ö' | 'ø' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            'å' | 'á' | 'à' | 'ą' => plain.push('a'),
            'é' | 'è' | 'ë' | 'ę' => plain.push('e'),
            'í' | 'ï' => plain.push('i'),
            'ó' => plain.push('o'),
            'ú' => plain.push('u'),
            'ñ' | 'ń' => plain.push('n'),
            'ł' => plain.push('l'),
            'ś' => plain.push('s'),
            'ż' | 'ź' => plain.push('z'),
            letter if letter.is_ascii_alphanumeric() => plain.push(letter),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_becomes_plain_letters() {
        let all = [
            Region::English,
            Region::German,
            Region::French,
            Region::Spanish,
            Region::Nordic,
            Region::Dutch,
            Region::Italian,
            Region::Polish,
            Region::Indian,
        ];
        for region in all {
            let (given, family) = lists(region);
            for name in given.iter().chain(family) {
                let letters = name.chars().filter(|letter| letter.is_alphabetic()).count();
                let plain = plain(name);
                assert!(plain.is_ascii() && plain.len() >= letters, "{name} became {plain}");
            }
        }
    }
}
