//! Tables for people. Owns their alignment: every column as wide as its widest cell, and nothing behind the last one.

/// A table with a head.
#[derive(Debug)]
pub(crate) struct Table<const N: usize>(Vec<[String; N]>);

impl<const N: usize> Table<N> {
    /// With these heads and no rows yet.
    pub(crate) fn new(heads: [&str; N]) -> Self {
        Self(vec![heads.map(str::to_owned)])
    }

    /// The same with more rows.
    #[must_use]
    pub(crate) fn rows(mut self, rows: impl IntoIterator<Item = [String; N]>) -> Self {
        self.0.extend(rows);
        self
    }

    /// The lines, without a break at the end.
    pub(crate) fn text(&self) -> String {
        let width = |column: usize| self.0.iter().map(|row| wide(&row[column])).max();
        let widths: Vec<usize> = (0..N).map(|column| width(column).unwrap_or_default()).collect();
        let line = |row: &[String; N]| {
            let mut line = String::new();
            for (cell, width) in row.iter().zip(&widths) {
                line.push_str(cell);
                line.extend(std::iter::repeat_n(' ', width + 2 - wide(cell)));
            }
            line.trim_end().to_owned()
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

fn wide(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["Inès", "ines@x.example"], ["Bo", ""]].map(|row| row.map(str::to_owned));
        let table = Table::new(["name", "e-mail"]).rows(rows);
        assert_eq!(table.text(), "name  e-mail\nInès  ines@x.example\nBo");
    }
}
