//! One row of the file, read by hand: no validation beyond what the tables need.

use chrono::Utc;
use uuid::Uuid;

/// Ids that rise, as UUIDv7 do.
#[derive(Debug, Default)]
pub struct Ids(u128);

impl Ids {
    /// One more.
    #[expect(
        clippy::disallowed_methods,
        reason = "hand-written code asks the machine for the time"
    )]
    pub fn next(&mut self) -> Uuid {
        self.0 += 1;
        let now = u128::try_from(Utc::now().timestamp_millis()).unwrap_or_default();
        Uuid::from_u128((now << 80) | (7 << 76) | (2 << 62) | self.0)
    }
}

/// What a row becomes.
#[derive(Debug)]
pub struct Row {
    /// Its id.
    pub id: Uuid,
    /// The cells, in the order of [`crate::data::COLUMNS`].
    pub cells: Vec<String>,
    /// The address in lower case: the upsert key.
    pub email_key: String,
    /// The name in lower case.
    pub name_key: String,
    /// The domain of the address.
    pub domain: String,
    /// Where somebody works with their initials: by what possible duplicates are found.
    pub likeness: String,
    /// What text search looks through.
    pub search_text: String,
    /// The wide part as JSON.
    pub body: String,
    /// The budget as a sortable key.
    pub budget: [u8; 8],
}

impl Row {
    /// Reads a record.
    pub fn read(record: &csv::StringRecord, id: Uuid) -> Self {
        let cells: Vec<String> = record.iter().map(str::to_owned).collect();
        let email_key = cells[2].to_lowercase();
        let name_key = cells[1].to_lowercase();
        let domain = email_key.split('@').next_back().unwrap_or_default().to_owned();
        let initials: String =
            name_key.split(' ').take(2).filter_map(|word| word.chars().next()).collect();
        let likeness = format!("{initials}@{domain}");
        let company = cells[5].to_lowercase();
        let title = cells[4].to_lowercase();
        let search_text =
            format!(" {name_key} {email_key} {company} {title} {} {domain} {}", cells[3], cells[0]);
        let budget: f64 = cells[13].parse().unwrap_or_default();
        let body = serde_json::json!({
            "person": { "name": cells[1], "title": cells[4], "email": cells[2], "phone": cells[3] },
            "company": {
                "name": cells[5], "domain": domain, "industry": cells[6],
                "employees": cells[7].parse::<i64>().unwrap_or_default(), "country": cells[8], "city": cells[9],
            },
            "source": { "name": cells[10], "utm": { "campaign": cells[11] } },
            "tags": [cells[12]],
            "custom": { "budget": { "n": budget } },
        })
        .to_string();
        Self {
            id,
            email_key,
            name_key,
            domain,
            likeness,
            search_text,
            body,
            budget: (budget.to_bits() | 1 << 63).to_be_bytes(),
            cells,
        }
    }
}
