//! Days that a request names: how one is read, and that a first day is not after the last.

use chrono::NaiveDate;
use domain::lang::{Text, Words};

use crate::misfit::quoted;
use crate::problem::Problem;

const DAY: Text =
    Text::new("deve ser um dia, por exemplo 2026-10-03", "must be a day, for example 2026-10-03");

/// The day that a field of this name says, in the one form that reads back as itself; 422 for any other text.
pub fn day(name: &str, text: &str) -> Result<NaiveDate, Problem> {
    let day = text.parse::<NaiveDate>().ok().filter(|day| day.to_string() == text);
    day.ok_or_else(|| {
        let (mut pt, mut en) = (DAY.pt.to_owned(), DAY.en.to_owned());
        if !text.is_empty() {
            let sent = quoted(text);
            pt += &format!(", e não {sent}");
            en += &format!(", not {sent}");
        }
        Problem::invalid(name, Words::new(pt, en))
    })
}

/// The first day and the last of a period, both included, which fields of these names say; 422 where they are swapped.
pub fn in_order(names: [&str; 2], days: (NaiveDate, NaiveDate)) -> Result<(NaiveDate, NaiveDate), Problem> {
    if days.0 <= days.1 {
        return Ok(days);
    }
    let [first, last] = names;
    let what = Words::new(
        format!("é depois de {last}: troque um dia pelo outro"),
        format!("is after {last}: swap the two days"),
    );
    Err(Problem::invalid(first, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_in_one_form_and_any_other_text_is_quoted() {
        assert_eq!(day("start", "2026-10-03").unwrap().to_string(), "2026-10-03");
        for text in [
            "",
            "hoje",
            "2026-1-5",
            "+2026-10-3",
            "2026-02-30",
            "03/10/2026",
            "20261003",
            " 2026-10-03",
            "12026-1-05",
        ] {
            let problem = day("start", text).unwrap_err();
            assert_eq!(problem.status().as_u16(), 422);
            let sent = if text.is_empty() { String::new() } else { format!(", not {text:?}") };
            assert_eq!(
                problem.faults()[0].message.en,
                format!("must be a day, for example 2026-10-03{sent}")
            );
            assert_eq!(problem.faults()[0].field.as_deref(), Some("start"));
        }
    }

    #[test]
    fn a_period_ends_on_the_day_that_it_begins_on_or_later() {
        let [first, last] = ["2026-10-03", "2026-10-04"].map(|text| day("d", text).unwrap());
        for days in [(first, first), (first, last)] {
            assert_eq!(in_order(["start", "end"], days).unwrap(), days);
        }
        let problem = in_order(["start", "end"], (last, first)).unwrap_err();
        let fault = &problem.faults()[0];
        assert_eq!(
            (fault.field.as_deref(), &*fault.message.en),
            (Some("start"), "is after end: swap the two days")
        );
    }
}
