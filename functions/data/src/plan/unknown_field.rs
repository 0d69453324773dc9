//! The problem of a request that names a field which its report type does not have.

use domain::dictionary;
use domain::lang::Words;
use web::problem::Problem;

use crate::catalog::report::ReportType;

/// 422 by the name, which says where the field is, if it is anywhere, and where the fields are listed.
pub(super) fn unknown_field(report: ReportType, name: &str) -> Problem {
    let own = report.id();
    let elsewhere = |id: &str| ReportType::ALL.into_iter().find(|report| report.column(id).is_some());
    let meant = dictionary::near(name).map(dictionary::Field::id).filter(|id| id != name);
    let Words { pt, en } = match (elsewhere(name), meant) {
        (Some(other), _) => Words::new(
            format!("use o tipo {}, que o tem", other.id()),
            format!("use the type {}, which has it", other.id()),
        ),
        (None, Some(id)) => match elsewhere(&id) {
            Some(other) if report.column(&id).is_none() => Words::new(
                format!("use {id}, que é do tipo {}", other.id()),
                format!("use {id}, which is of the type {}", other.id()),
            ),
            _ => Words::new(format!("use {id}"), format!("use {id}")),
        },
        (None, None) => Words::new("confira o nome", "check its name"),
    };
    Problem::invalid(
        name,
        Words::new(
            format!(
                "não é um campo do tipo de relatório {own}: {pt}; /v1/schema?report_type={own} lista os campos"
            ),
            format!(
                "is not a field of the report type {own}: {en}; /v1/schema?report_type={own} lists the fields"
            ),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_meant_is_offered() {
        for (report, name, pt, en) in [
            (ReportType::Sessions, "agent.name", "use agent_name", "use agent_name"),
            (ReportType::Sessions, "Agent_Name", "use agent_name", "use agent_name"),
            (
                ReportType::Sessions,
                "talks.message",
                "use talks_message, que é do tipo talks",
                "use talks_message, which is of the type talks",
            ),
            (
                ReportType::Tags,
                "finished_at",
                "use o tipo sessions, que o tem",
                "use the type sessions, which has it",
            ),
            (ReportType::Sessions, "nada", "confira o nome", "check its name"),
        ] {
            let problem = unknown_field(report, name);
            let (own, words) = (report.id(), problem.words());
            let schema = format!("/v1/schema?report_type={own}");
            let expected =
                format!("{name} não é um campo do tipo de relatório {own}: {pt}; {schema} lista os campos");
            assert_eq!(words.pt, expected);
            let expected =
                format!("{name} is not a field of the report type {own}: {en}; {schema} lists the fields");
            assert_eq!(words.en, expected);
        }
    }
}
