//! A selector that a command line writes, in the API's form.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};

use super::error::CliError;
use crate::api::selector::{Operator, Selector};

/// The API's form of a selector text.
///
/// Models apimachinery pkg/apis/meta/v1: ParseToLabelSelector.
///
/// # Errors
/// kubectl's complaint about a malformed text, or about an operator that the API has not.
pub fn parse(text: &str) -> Result<LabelSelector, CliError> {
    let selector = Selector::parse(text)
        .map_err(|why| CliError::plain(format!("couldn't parse the selector string \"{text}\": {why}")))?;
    if text.contains("!=") {
        return Err(CliError::plain("\"!=\" is not a valid label selector operator"));
    }
    let mut api = LabelSelector::default();
    // A plain `=` is a label, `in` is an expression even of one value.
    let is_label = |key: &str| {
        text.split(',').any(|part| part.split_once('=').is_some_and(|(name, _)| name.trim() == key))
    };
    for requirement in selector.requirements() {
        let key = requirement.key.clone();
        let (operator, values) = match &requirement.operator {
            Operator::In(values) if values.len() == 1 && is_label(&key) => {
                api.match_labels.get_or_insert_default().insert(key, values.concat());
                continue;
            }
            Operator::In(values) => ("In", Some(values)),
            Operator::NotIn(values) => ("NotIn", Some(values)),
            Operator::Exists => ("Exists", None),
            Operator::DoesNotExist => ("DoesNotExist", None),
            Operator::GreaterThan(_) => return Err(unsupported("gt")),
            Operator::LessThan(_) => return Err(unsupported("lt")),
        };
        let values = values.map(|values| {
            let mut values = values.clone();
            values.sort();
            values
        });
        let expression = LabelSelectorRequirement { key, operator: operator.to_owned(), values };
        api.match_expressions.get_or_insert_default().push(expression);
    }
    Ok(api)
}

fn unsupported(operator: &str) -> CliError {
    CliError::plain(format!("\"{operator}\" isn't supported in label selectors"))
}
