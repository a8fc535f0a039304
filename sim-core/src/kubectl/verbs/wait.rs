//! `wait`

use std::collections::VecDeque;
use std::time::Duration;

use serde_json::Value;

use super::Verb;
use crate::api::{Feature, Object, SimTime};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{
    ALL, ALL_NAMESPACES, Builder, FIELD_SELECTOR, Info, MISSING_RESOURCE, SELECTOR, Selection,
};
use crate::kubectl::error::CliError;
use crate::kubectl::jsonpath::{JsonPath, relaxed, text_of};
use crate::kubectl::manifests::{FILENAME, RECURSIVE};
use crate::kubectl::result::{OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::selection::not_there;
use crate::kubectl::{Env, Flow, Progress, Task};

/// How long a wait without limit lasts.
const FOREVER: Duration = Duration::from_secs(168 * 3600);
/// How long a wait lasts when nothing is said.
const USUAL: Duration = Duration::from_secs(30);

/// `wait`
pub static VERB: Verb = Verb {
    name: "wait",
    about: "Wait for a specific condition on one or many resources.",
    usage: "wait ([-f FILENAME] | resource.group/resource.name | resource.group [(-l label | --all)]) \
            [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]]",
    flags: &[
        FILENAME,
        RECURSIVE,
        SELECTOR,
        FIELD_SELECTOR,
        ALL,
        ALL_NAMESPACES,
        OUTPUT,
        SHOW_MANAGED,
        Flag::new(
            "for",
            Takes::Array,
            "create, delete, condition=NAME[=VALUE] or jsonpath='{...}'[=VALUE]; of several all, in turn",
        ),
        Flag::new("timeout", Takes::Duration, "How long to wait (30s); negative is a week, zero looks once"),
    ],
    run,
};

/// What is waited for.
enum Condition {
    Create,
    Delete,
    /// A status condition's type and value, compared without regard to case.
    Status {
        name: String,
        value: String,
    },
    /// A path and, unless any will do, the value there.
    Path {
        path: JsonPath,
        value: Option<String>,
    },
}

impl Condition {
    /// Models kubectl pkg/cmd/wait: conditionFuncFor.
    fn parse(text: &str) -> Result<Condition, CliError> {
        match text.to_ascii_lowercase().as_str() {
            "delete" => return Ok(Condition::Delete),
            "create" => return Ok(Condition::Create),
            _ => {}
        }
        if let Some(rest) = text.strip_prefix("condition=") {
            let (name, value) = rest.split_once('=').unwrap_or((rest, "true"));
            return Ok(Condition::Status { name: name.to_owned(), value: value.to_owned() });
        }
        match text.strip_prefix("jsonpath=") {
            Some(rest) => Condition::path(rest),
            None => Err(CliError::plain(format!("unrecognized condition: \"{text}\""))),
        }
    }

    /// Models kubectl pkg/cmd/wait: processJSONPathInput.
    fn path(text: &str) -> Result<Condition, CliError> {
        let parts = split_at_single_equals(text);
        let (path, value) = match parts.as_slice() {
            [path] => (path, None),
            [path, value] => (path, Some(value.trim_matches(['\'', '"']))),
            _ => {
                return Err(CliError::plain(
                    "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or \
                     --for=jsonpath='{.status.readyReplicas}'",
                ));
            }
        };
        let path = relaxed(path).map_err(CliError::plain)?;
        if value == Some("") {
            return Err(CliError::plain(
                "jsonpath wait has to have a value after equal sign, like \
                 --for=jsonpath='{.status.readyReplicas}'=3",
            ));
        }
        if path.is_empty() {
            return Err(CliError::plain("jsonpath expression cannot be empty"));
        }
        let path = JsonPath::parse(&path).map_err(CliError::plain)?;
        Ok(Condition::Path { path, value: value.map(str::to_owned) })
    }

    fn holds(&self, object: Option<&Object>, uid: Option<&str>) -> Result<bool, CliError> {
        match (self, object) {
            (Condition::Delete, None) => Ok(true),
            (Condition::Delete, Some(object)) => Ok(uid.is_some_and(|uid| uid != object.uid())),
            (_, None) => Ok(false),
            (Condition::Create, Some(_)) => Ok(true),
            (Condition::Status { name, value }, Some(object)) => {
                Ok(has_condition(&object.to_value(), name, value))
            }
            (Condition::Path { path, value }, Some(object)) => {
                path_holds(path, value.as_deref(), &object.to_value())
            }
        }
    }
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let results = Results::parse(args, env.files)?;
    let mut asked = args.list("for");
    if !env.cluster.api().gates.has(Feature::WaitForSeveral) {
        asked = asked.last().map(std::slice::from_ref).unwrap_or_default();
    }
    if asked.is_empty() {
        return Err(CliError::plain("unrecognized condition: []"));
    }
    let conditions = asked.iter().map(|text| Condition::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let selects = ["selector", "field-selector", "filename"].iter().any(|flag| args.has(flag));
    if args.words.is_empty() && !selects {
        return Err(CliError::plain(MISSING_RESOURCE));
    }
    let limit = match args.duration("timeout") {
        None => USUAL,
        Some(timeout) if timeout.negative => FOREVER,
        Some(timeout) => timeout.length,
    };
    let mut task = Waiting {
        args: args.clone(),
        namespace: env.namespace.to_owned(),
        stdin: env.stdin.map(str::to_owned),
        results,
        conditions,
        met: 0,
        once: limit.is_zero(),
        deadline: env.cluster.now() + limit,
        found: None,
        missing: VecDeque::new(),
        done: 0,
        is_late: false,
        errors: Vec::new(),
    };
    match task.poll(env)? {
        Progress::Done(code) => Ok(Flow::Done(code)),
        Progress::Waiting => Ok(Flow::Task(Box::new(task))),
    }
}

struct Waiting {
    args: Args,
    namespace: String,
    stdin: Option<String>,
    results: Results,
    /// What has to be true of each object, in turn.
    conditions: Vec<Condition>,
    /// How many of them the object whose turn it is has met.
    met: usize,
    /// Looks once and does not wait.
    once: bool,
    deadline: SimTime,
    /// The objects that are still to be waited for, in order, with their uids; absent until they are known.
    found: Option<VecDeque<(Info, Option<String>)>>,
    /// The complaints about objects that are not there, each with the count of those before it.
    missing: VecDeque<(usize, CliError)>,
    /// How many objects have had their turns.
    done: usize,
    /// Whether the time was over for one object, and so is for all that follow.
    is_late: bool,
    errors: Vec<CliError>,
}

impl Waiting {
    /// Finds the objects; false while `--for=create` waits for them.
    fn find(&mut self, env: &mut Env<'_>) -> Result<bool, CliError> {
        let builder = Builder { must_exist: true, all_with_names: true, ..Builder::default() };
        let mut looker = Env {
            cluster: env.cluster,
            namespace: &self.namespace,
            files: env.files,
            stdin: self.stdin.as_deref(),
            workstation: env.workstation,
            out: env.out,
        };
        let Selection { infos, mut errors, places, .. } =
            builder.select(&self.args, &mut looker, &self.args.words)?;
        let missing = |error: &CliError| matches!(error, CliError::Api { error, .. } if error.is_not_found());
        let creates = self.conditions.iter().any(|condition| matches!(condition, Condition::Create));
        let deletes = self.conditions.iter().any(|condition| matches!(condition, Condition::Delete));
        if creates && errors.iter().any(missing) {
            return Ok(false);
        }
        if deletes {
            errors.retain(|error| !missing(error));
        }
        if infos.is_empty() && errors.is_empty() && creates {
            return Ok(false);
        }
        if infos.is_empty() && errors.is_empty() && !deletes {
            return Err(CliError::plain("no matching resources found"));
        }
        // Named objects that are missing have their turns, like all others.
        self.missing = match places.len() == errors.len() {
            true => places.into_iter().zip(errors).collect(),
            false => errors.into_iter().map(|error| (0, error)).collect(),
        };
        let store = looker.cluster.store();
        let with_uid = |info: Info| {
            let uid = store.get(info.kind, &info.key()).map(|object| object.uid().to_owned());
            (info, uid)
        };
        self.found = Some(infos.into_iter().map(with_uid).collect());
        Ok(true)
    }

    /// Complains of the missing objects whose turn it is.
    fn say_missing(&mut self) {
        while let Some((_, error)) = self.missing.pop_front_if(|(place, _)| *place <= self.done) {
            self.errors.push(error);
        }
    }

    /// The first object has had its turn.
    fn next(&mut self, found: &mut VecDeque<(Info, Option<String>)>) {
        self.done += 1;
        self.met = 0;
        found.pop_front();
    }

    /// What is said of an object whose turn comes when the time is over already: it is not looked at any more.
    fn too_late(&self, info: &Info) -> CliError {
        match self.conditions.first() {
            Some(Condition::Delete) => {
                CliError::plain("client rate limiter Wait returned an error: context deadline exceeded")
            }
            _ => self.late(info),
        }
    }

    /// What is said of an object whose condition did not come true in time.
    fn late(&self, info: &Info) -> CliError {
        let name = info.resource_name();
        CliError::plain(if self.once {
            format!("condition not met for {name}")
        } else {
            format!("timed out waiting for the condition on {name}")
        })
    }
}

impl Task for Waiting {
    fn poll(&mut self, env: &mut Env<'_>) -> Result<Progress, CliError> {
        let over = self.once || env.cluster.now() >= self.deadline;
        if self.found.is_none() && !self.find(env)? {
            if over {
                return Err(CliError::plain("timed out waiting for the condition"));
            }
            return Ok(Progress::Waiting);
        }
        let mut found = self.found.take().unwrap_or_default();
        while let Some((info, uid)) = found.front() {
            self.say_missing();
            if self.is_late {
                self.errors.push(self.too_late(info));
                self.next(&mut found);
                continue;
            }
            let object = env.cluster.store().get(info.kind, &info.key());
            let held = match self.conditions.get(self.met) {
                Some(condition) => condition.holds(object, uid.as_deref()),
                None => {
                    self.next(&mut found);
                    continue;
                }
            };
            match held {
                Ok(true) => {
                    let line = format!("{} condition met", info.result_name());
                    let printed = match object {
                        Some(object) => {
                            self.results.print("condition met", object, env.cluster.api(), env.out)
                        }
                        None => {
                            env.out.line(if self.results.is_name() { info.result_name() } else { line });
                            Ok(())
                        }
                    };
                    self.errors.extend(printed.err());
                    self.met += 1;
                    continue;
                }
                Ok(false) if self.once && object.is_none() => {
                    let store = env.cluster.store();
                    self.errors.push(not_there(info.kind, &info.key(), store).into());
                }
                Ok(false) if over => {
                    self.errors.push(self.late(info));
                    self.is_late = !self.once;
                }
                Ok(false) => {
                    self.found = Some(found);
                    return Ok(Progress::Waiting);
                }
                Err(error) => self.errors.push(error),
            }
            self.next(&mut found);
        }
        self.done = usize::MAX;
        self.say_missing();
        self.found = Some(found);
        match CliError::aggregate(std::mem::take(&mut self.errors)) {
            Some(error) => Err(error),
            None => Ok(Progress::Done(0)),
        }
    }

    fn deadline(&self) -> Option<SimTime> {
        Some(self.deadline)
    }
}

/// Models kubectl pkg/cmd/wait: ConditionalWait.checkCondition.
fn has_condition(object: &Value, name: &str, value: &str) -> bool {
    let conditions = object.pointer("/status/conditions").and_then(Value::as_array);
    let named = |condition: &&Value| {
        condition["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case(name))
            && condition["status"].is_string()
    };
    let Some(condition) = conditions.into_iter().flatten().find(named) else { return false };
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    let observed = condition["observedGeneration"]
        .as_i64()
        .or_else(|| object.pointer("/status/observedGeneration").and_then(Value::as_i64));
    if let (Some(generation), Some(observed)) = (generation, observed)
        && observed < generation
    {
        return false;
    }
    condition["status"].as_str().is_some_and(|status| status.eq_ignore_ascii_case(value))
}

/// Models kubectl pkg/cmd/wait: JSONPathWait.checkCondition.
fn path_holds(path: &JsonPath, value: Option<&str>, object: &Value) -> Result<bool, CliError> {
    let found = path.find(object).map_err(CliError::plain)?;
    let Some(first) = found.first().filter(|first| !first.is_empty()) else { return Ok(false) };
    if found.len() > 1 {
        return Err(CliError::plain("given jsonpath expression matches more than one list"));
    }
    let [only] = first.as_slice() else {
        return Err(CliError::plain("given jsonpath expression matches more than one value"));
    };
    let Some(wanted) = value else { return Ok(true) };
    if only.is_object() || only.is_array() {
        return Err(CliError::plain("jsonpath leads to a nested object or list which is not supported"));
    }
    Ok(text_of(only).trim() == wanted.trim())
}

/// Splits at each `=` that stands alone.
///
/// Models kubectl pkg/cmd/wait: splitJSONPathInput.
fn split_at_single_equals(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let doubled = letter == '=' && letters.next_if_eq(&'=').is_some();
        if letter == '=' && !doubled {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push_str(if doubled { "==" } else { "" });
            if !doubled {
                part.push(letter);
            }
        }
    }
    parts
}
