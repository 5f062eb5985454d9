//! Finding texts by their trigrams. Owns which words of a search are worth asking the index for, and the rows that they
//! leave: a word that stands in every third lead costs more to look up than it saves, since what is found is checked
//! against the texts anyway.

use leadbox_core::filter::{Search, SearchTerm};
use sqlx::{QueryBuilder, Row};

use crate::error::{During, Result};
use crate::readers::Readers;

/// The most trigrams of one word that are looked up.
const MOST_TRIGRAMS: usize = 12;
/// Words that stand in more of the leads than this are not looked up, unless all do.
const TOO_COMMON: f64 = 0.2;

/// What to ask the index for, one question for each word that is long enough.
fn questions(search: &Search) -> Vec<String> {
    let mut questions: Vec<String> = Vec::new();
    for term in &search.terms {
        let SearchTerm::Contains(text) = term else { continue };
        let letters: Vec<char> = text.chars().collect();
        let mut trigrams: Vec<String> = Vec::new();
        for three in letters.windows(3).take(MOST_TRIGRAMS) {
            let three: String = three.iter().collect();
            let quoted = format!("\"{}\"", three.replace('"', "\"\""));
            if !trigrams.contains(&quoted) {
                trigrams.push(quoted);
            }
        }
        let question = trigrams.join(" AND ");
        if !question.is_empty() && !questions.contains(&question) {
            questions.push(question);
        }
    }
    questions
}

/// What to ask the index for all rows that may hold the words of a search; none when no word is long enough.
pub(crate) fn question(search: &Search) -> Option<String> {
    Some(questions(search).join(" AND ")).filter(|question| !question.is_empty())
}

/// The rows that may hold all words of a search, as a JSON list of their numbers; none when they are more than `most`, or
/// no word is long enough.
pub(crate) async fn rows(
    readers: &Readers,
    search: &Search,
    most: i64,
) -> Result<Option<(i64, String)>> {
    let during = "look texts up";
    let questions = questions(search);
    if questions.is_empty() {
        return Ok(None);
    }
    let asked = if let [_] = &questions[..] {
        questions
    } else {
        let Some(asked) = worth_asking(readers, questions, most).await? else { return Ok(None) };
        asked
    };
    let found = sqlx::query(
        r"
        select
            count(*),
            json_group_array(rowid)
        from (
            select rowid
            from lead_search
            where lead_search match ?
            limit ?
        )",
    )
    .bind(asked.join(" AND "))
    .bind(most + 1)
    .fetch_one(&mut *readers.acquire().await?)
    .await
    .during(during)?;
    let count: i64 = found.try_get(0).during(during)?;
    if count > most {
        return Ok(None);
    }
    Ok(Some((count, found.try_get(1).during(during)?)))
}

/// The rarest of several words; none when so many leads have them all that looking them up does not pay.
async fn worth_asking(
    readers: &Readers,
    questions: Vec<String>,
    most: i64,
) -> Result<Option<Vec<String>>> {
    let during = "look texts up";
    let mut query = QueryBuilder::new("select (select coalesce(max(no), 0) from lead)");
    for question in &questions {
        // The first hits come by number: how far one has to look for them tells how rare they are.
        query.push(", (select json_array(count(*), max(rowid)) from (select rowid from lead_search where lead_search match ");
        query.push_bind(question.as_str()).push(" limit ").push_bind(most + 1).push("))");
    }
    let row = query.build().fetch_one(&mut *readers.acquire().await?).await.during(during)?;
    let all: i64 = row.try_get(0).during(during)?;
    let mut shares = Vec::with_capacity(questions.len());
    for (index, question) in questions.into_iter().enumerate() {
        let text: &str = row.try_get(index + 1).during(during)?;
        let (count, last): (i64, Option<i64>) = serde_json::from_str(text).during(during)?;
        let among = if count <= most { all } else { last.unwrap_or(all) };
        shares.push((count as f64 / among.max(1) as f64, question));
    }
    shares.sort_by(|a, b| a.0.total_cmp(&b.0));
    let together: f64 = shares.iter().map(|(share, _)| share).product();
    let rarest = shares.first().map_or(0.0, |(share, _)| share * all as f64);
    if rarest > most as f64 && together * all as f64 > most as f64 {
        return Ok(None);
    }
    let first = shares.first().map(|(_, question)| question.clone());
    let rest = shares.into_iter().skip(1).filter(|(share, _)| *share <= TOO_COMMON);
    Ok(Some(first.into_iter().chain(rest.map(|(_, question)| question)).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_looked_up_by_all_their_trigrams_quoted() {
        let contains = |text: &str| SearchTerm::Contains(text.into());
        let terms = vec![contains("a\"bc"), SearchTerm::NameStarts("x".into()), contains("abc")];
        let asked = questions(&Search { terms });
        assert_eq!(asked, ["\"a\"\"b\" AND \"\"\"bc\"", "\"abc\""]);
        assert!(questions(&Search::default()).is_empty());
    }
}
