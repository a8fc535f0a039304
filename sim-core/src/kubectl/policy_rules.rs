//! Rules of roles as kubectl shows them, a line for each resource, object or path.

use k8s_openapi::api::rbac::v1::PolicyRule;

/// The columns.
pub const COLUMNS: [&str; 4] = ["Resources", "Non-Resource URLs", "Resource Names", "Verbs"];

/// What may be done with one resource, one object of it, or one path.
#[derive(Default)]
struct Row {
    verbs: Vec<String>,
    groups: Vec<String>,
    resources: Vec<String>,
    names: Vec<String>,
    urls: Vec<String>,
}

impl Row {
    /// Whether both are about the same resource, and the same object of it. Paths stay by themselves.
    fn is_about_the_same(&self, other: &Row) -> bool {
        self.urls.is_empty()
            && other.urls.is_empty()
            && (&self.groups, &self.resources, &self.names) == (&other.groups, &other.resources, &other.names)
    }

    /// The text that Go's type has, by which the rows are sorted.
    fn key(&self) -> String {
        let [verbs, groups, resources, names, urls] =
            [&self.verbs, &self.groups, &self.resources, &self.names, &self.urls].map(|list| list_text(list));
        format!(
            "&PolicyRule{{Verbs:{verbs},APIGroups:{groups},Resources:{resources},ResourceNames:{names},NonResourceURLs:{urls},}}"
        )
    }

    /// Models kubectl pkg/describe: CombineResourceGroup.
    fn resource_and_group(&self) -> String {
        let Some(resource) = self.resources.first() else { return String::new() };
        let (resource, subresource) = match resource.split_once('/') {
            Some((resource, subresource)) => (resource, format!("/{subresource}")),
            None => (resource.as_str(), String::new()),
        };
        let group = self.groups.first().filter(|group| !group.is_empty());
        format!("{resource}{}{subresource}", group.map(|group| format!(".{group}")).unwrap_or_default())
    }
}

/// The lines: what stands in each column.
pub fn lines(rules: &[PolicyRule]) -> Vec<[String; 4]> {
    let line = |row: Row| {
        [row.resource_and_group(), list_text(&row.urls), list_text(&row.names), list_text(&row.verbs)]
    };
    rows(rules).into_iter().map(line).collect()
}

/// A list as Go's `%v` writes it, `[a b]`.
fn list_text(items: &[String]) -> String {
    format!("[{}]", items.join(" "))
}

/// The rules taken apart and put together anew, a row for each resource.
///
/// Models component-helpers auth/rbac/validation: BreakdownRule, and kubectl pkg/util/rbac: CompactRules.
fn rows(rules: &[PolicyRule]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for row in rules.iter().flat_map(single) {
        match rows.iter_mut().find(|other| other.is_about_the_same(&row)) {
            Some(other) => {
                let new = row.verbs.into_iter().filter(|verb| !other.verbs.contains(verb));
                let new: Vec<String> = new.collect();
                other.verbs.extend(new);
            }
            None => rows.push(row),
        }
    }
    rows.sort_by_cached_key(Row::key);
    rows
}

/// A rule as one for each group, resource, verb and name that it speaks of, and for each path and verb.
fn single(rule: &PolicyRule) -> Vec<Row> {
    let list = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
    let names: Vec<Vec<String>> = match list(&rule.resource_names) {
        names if names.is_empty() => vec![Vec::new()],
        names => names.into_iter().map(|name| vec![name]).collect(),
    };
    let mut rows = Vec::new();
    for group in list(&rule.api_groups) {
        for resource in list(&rule.resources) {
            for verb in &rule.verbs {
                rows.extend(names.iter().map(|names| Row {
                    verbs: vec![verb.clone()],
                    groups: vec![group.clone()],
                    resources: vec![resource.clone()],
                    names: names.clone(),
                    urls: Vec::new(),
                }));
            }
        }
    }
    for url in list(&rule.non_resource_urls) {
        let of_path =
            |verb: &String| Row { verbs: vec![verb.clone()], urls: vec![url.clone()], ..Row::default() };
        rows.extend(rule.verbs.iter().map(of_path));
    }
    rows
}
