//! Finding texts by their trigrams. Owns which pieces of a search are worth asking the index for: every trigram that is
//! asked for costs as many entries as there are leads with it, so a frequent one costs more than it saves. What is frequent
//! is told by the sample of texts that the server takes anyway.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use leadbox_core::StorageError;
use leadbox_core::filter::{Search, SearchTerm};
use sqlx::PgPool;

use crate::error::storage_error;

/// For how long a sample is good.
const FRESH: Duration = Duration::from_secs(60);
/// Words that stand in more of the leads than this are not asked for, unless all do.
const TOO_COMMON: f64 = 0.2;
/// How many characters of a long word are asked for.
const WINDOW: usize = 4;

/// What is known of the texts of leads.
#[derive(Debug, Default)]
pub(crate) struct Texts(Mutex<Option<(Instant, Arc<Sample>)>>);

#[derive(Debug, Default)]
struct Sample {
    /// How many leads there are, of all tenants.
    leads: f64,
    texts: Vec<String>,
    /// In how many of the texts each trigram stands.
    trigrams: HashMap<String, usize>,
}

/// What to ask for, so that few leads are left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Question {
    /// Texts that the index is to find.
    pub(crate) pieces: Vec<String>,
    /// Texts that all have to stand there.
    pub(crate) words: Vec<String>,
}

impl Texts {
    /// What to ask for; none when the search leaves more than `most` leads, or no word is long enough for a trigram.
    pub(crate) async fn question(
        &self,
        pool: &PgPool,
        search: &Search,
        most: f64,
    ) -> Result<Option<Question>, StorageError> {
        let words: Vec<&str> = search
            .terms
            .iter()
            .filter_map(|term| match term {
                SearchTerm::Contains(text) => Some(text.as_str()),
                SearchTerm::NameStarts(_) => None,
            })
            .collect();
        if words.is_empty() {
            return Ok(None);
        }
        Ok(self.sample(pool).await?.question(&words, most))
    }

    /// How many leads there are, of all tenants; 0 or less while the server does not know.
    pub(crate) async fn leads(&self, pool: &PgPool) -> Result<f64, StorageError> {
        Ok(self.sample(pool).await?.leads)
    }

    async fn sample(&self, pool: &PgPool) -> Result<Arc<Sample>, StorageError> {
        if let Some((at, sample)) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner)
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(sample));
        }
        let (leads, texts): (f32, Vec<String>) = sqlx::query_as(
            r"
            select
                c.reltuples,
                coalesce(
                    (
                        select s.histogram_bounds::text::text[]
                        from pg_stats as s
                        where s.schemaname = n.nspname
                          and s.tablename = c.relname
                          and s.attname = 'search_text'
                          and not s.inherited
                    ),
                    '{}'
                )
            from pg_class as c
            join pg_namespace as n on n.oid = c.relnamespace
            where c.oid = 'lead_profile'::regclass",
        )
        .fetch_one(pool)
        .await
        .map_err(|error| storage_error("sample texts", error))?;
        let sample = Arc::new(Sample::of(f64::from(leads), texts));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *kept = Some((Instant::now(), Arc::clone(&sample)));
        Ok(sample)
    }
}

fn trigrams(text: &str) -> impl Iterator<Item = &str> {
    let starts: Vec<usize> =
        text.char_indices().map(|(at, _)| at).chain(std::iter::once(text.len())).collect();
    (3..starts.len()).map(move |end| &text[starts[end - 3]..starts[end]])
}

impl Sample {
    fn of(leads: f64, texts: Vec<String>) -> Self {
        let mut counts = HashMap::new();
        for text in &texts {
            for trigram in trigrams(text).collect::<HashSet<_>>() {
                *counts.entry(trigram.to_owned()).or_insert(0) += 1;
            }
        }
        Self { leads, texts, trigrams: counts }
    }

    /// In how many of the texts a trigram stands.
    fn count(&self, trigram: &str) -> usize {
        self.trigrams.get(trigram).copied().unwrap_or(0)
    }

    /// In which part of the texts a word stands.
    fn share(&self, word: &str) -> f64 {
        if self.texts.is_empty() || trigrams(word).any(|trigram| self.count(trigram) == 0) {
            return 0.0;
        }
        let found = self.texts.iter().filter(|text| text.contains(word)).count();
        found as f64 / self.texts.len() as f64
    }

    /// The part of a word that takes the fewest entries of the index to find.
    fn piece<'w>(&self, word: &'w str) -> &'w str {
        let starts: Vec<usize> =
            word.char_indices().map(|(at, _)| at).chain(std::iter::once(word.len())).collect();
        let windows = starts.windows(WINDOW + 1).map(|window| &word[window[0]..window[WINDOW]]);
        let cost = |piece: &&str| trigrams(piece).map(|trigram| self.count(trigram)).sum::<usize>();
        windows.min_by_key(cost).unwrap_or(word)
    }

    fn question(&self, words: &[&str], most: f64) -> Option<Question> {
        let mut shares: Vec<(f64, &str)> =
            words.iter().map(|word| (self.share(word), *word)).collect();
        shares.sort_by(|a, b| a.0.total_cmp(&b.0));
        let together: f64 = shares.iter().map(|(share, _)| share).product();
        let (rarest, first) = *shares.first()?;
        if rarest * self.leads > most && together * self.leads > most {
            return None;
        }
        let rest = shares.iter().skip(1).filter(|(share, _)| *share <= TOO_COMMON);
        let pieces = std::iter::once(first).chain(rest.map(|(_, word)| *word));
        Some(Question {
            pieces: pieces.map(|word| self.piece(word).to_owned()).collect(),
            words: words.iter().map(|word| (*word).to_owned()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Sample {
        let texts = (0..1000).map(|n| {
            let name = if n % 10 == 0 { "garcia" } else { "novak" };
            format!(" {name} person{n}@company{}.example", n * 7919 % 1000)
        });
        Sample::of(1e6, texts.collect())
    }

    #[test]
    fn the_rare_part_of_a_long_word_is_asked_for() {
        let sample = sample();
        assert_eq!(sample.piece("person4711@"), "4711");
        assert_eq!(sample.piece("ab"), "ab");
        assert_eq!(sample.piece("größe"), "größ");
        assert_eq!(Sample::default().piece("person4711@"), "pers");
    }

    #[test]
    fn words_that_stand_everywhere_are_left_to_the_check() {
        let question = sample().question(&["company", "garcia", "person4711"], 4000.0).unwrap();
        assert_eq!(question.pieces, ["4711", "garc"]);
        assert_eq!(question.words, ["company", "garcia", "person4711"]);
    }

    #[test]
    fn what_leaves_too_many_is_not_asked_for() {
        assert_eq!(sample().question(&["garcia"], 4000.0), None);
        assert_eq!(sample().question(&["company", "novak"], 4000.0), None);
        let unknown = Sample::default().question(&["garcia"], 4000.0);
        assert!(unknown.is_some(), "an unknown table is taken to be small");
    }

    #[test]
    fn trigrams_go_by_characters() {
        assert_eq!(trigrams("größe").collect::<Vec<_>>(), ["grö", "röß", "öße"]);
        assert_eq!(trigrams("ab").count(), 0);
    }
}
