//! The table of the API's descriptions, `sim-core/data/api-v1.36.txt`: made from the API types' own source.
//!
//! `UPDATE_SCHEMA=1 cargo test -p sim-cli --test schema` writes it anew, after a kind or a version was added.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value};
use sim_core::api::Kind;
use sim_core::kubectl::explain::Schema;

const VERSION: &str = "v1_36";

/// Kinds whose types are in the table though not all of them are served.
const MORE_KINDS: &[&str] = &[
    "apps.v1.DaemonSet",
    "autoscaling.v2.HorizontalPodAutoscaler",
    "batch.v1.CronJob",
    "batch.v1.Job",
    "coordination.v1.Lease",
    "core.v1.Endpoints",
    "core.v1.LimitRange",
    "core.v1.PodTemplate",
    "core.v1.ReplicationController",
    "core.v1.ResourceQuota",
    "core.v1.ServiceAccount",
    "networking.v1.Ingress",
    "networking.v1.IngressClass",
    "networking.v1.NetworkPolicy",
    "node.v1.RuntimeClass",
    "rbac.v1.ClusterRole",
    "rbac.v1.ClusterRoleBinding",
    "rbac.v1.Role",
    "rbac.v1.RoleBinding",
    "scheduling.v1.PriorityClass",
    "storage.v1.CSIDriver",
    "storage.v1.CSINode",
    "storage.v1.CSIStorageCapacity",
    "storage.v1.VolumeAttachment",
];

#[test]
fn the_table_is_up_to_date() {
    let data = root().join("sim-core/data");
    let enums = std::fs::read_to_string(data.join("enums-v1.36.txt")).expect("it is in the repository");
    let made = table(&definitions(&crate_source()), &enumerations(&enums));
    let path = data.join("api-v1.36.txt");
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(&path, &made).expect("the repository can be written");
    }
    let kept = std::fs::read_to_string(&path).expect("it is in the repository");
    assert!(kept == made, "UPDATE_SCHEMA=1 cargo test -p sim-cli --test schema makes it anew");
}

#[test]
fn every_kind_is_in_the_table() {
    let text =
        std::fs::read_to_string(root().join("sim-core/data/api-v1.36.txt")).expect("it is in the repository");
    let schema = Schema::new(&text);
    for kind in Kind::ALL {
        let definition = schema.kind(*kind).unwrap_or_else(|| panic!("{} is missing", kind.name()));
        assert!(definition.field("metadata").is_some(), "{} has no metadata", kind.name());
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Where cargo keeps the crate of API types.
fn crate_source() -> PathBuf {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", &host()])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo prints JSON");
    let packages = metadata["packages"].as_array().expect("cargo lists packages");
    let package = packages.iter().find(|package| package["name"] == "k8s-openapi").expect("a dependency");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    manifest.parent().expect("a folder").join("src").join(VERSION)
}

/// This machine's platform: the packages of others need not be there.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

/// Every type's schema by the type's Rust path.
fn definitions(source: &Path) -> BTreeMap<String, (String, Value)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![source.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("source text");
            let Some((name, rust_name, schema)) = definition(&text) else { continue };
            let module = path.parent().and_then(|path| path.strip_prefix(source).ok()).expect("it is below");
            let module: Vec<String> = module.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            found.insert(format!("crate::{}::{rust_name}", module.join("::")), (name, schema));
        }
    }
    found
}

/// The name, the Rust name and the schema of the type that a source file declares.
fn definition(text: &str) -> Option<(String, String, Value)> {
    let (_, rest) = text.split_once("crate::schemars::JsonSchema for ")?;
    let (rust_name, rest) = rest.split_once(' ')?;
    let name = rest.split_once('"')?.1.split_once('"')?.0;
    let (_, body) = rest.split_once("json_schema!(")?;
    let schema = Reader { text: body.as_bytes(), at: 0 }.value()?;
    Some((short(name), rust_name.to_owned(), schema))
}

fn short(name: &str) -> String {
    name.trim_start_matches("io.k8s.").trim_start_matches("api.").to_owned()
}

/// Reads the JSON-like argument of `json_schema!`, in which Rust expressions stand for references.
struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at)?.is_ascii_whitespace() || self.text[self.at] == b',' {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn value(&mut self) -> Option<Value> {
        match self.peek()? {
            b'{' => {
                self.at += 1;
                let mut map = Map::new();
                while self.peek()? != b'}' {
                    let key = self.string()?;
                    self.peek().filter(|byte| *byte == b':')?;
                    self.at += 1;
                    map.insert(key, self.value()?);
                }
                self.at += 1;
                Some(Value::Object(map))
            }
            b'[' => {
                self.at += 1;
                let mut list = Vec::new();
                while self.peek()? != b']' {
                    list.push(self.value()?);
                }
                self.at += 1;
                Some(Value::Array(list))
            }
            b'"' => self.string().map(Value::from),
            b'(' | b'_' => self.reference(),
            _ => {
                let rest = &self.text[self.at..];
                let end = rest.iter().position(|byte| b",}\n".contains(byte))?;
                let word = std::str::from_utf8(&rest[..end]).ok()?;
                self.at += end;
                serde_json::from_str(word.trim()).ok()
            }
        }
    }

    /// A string literal, whose escapes are those of JSON.
    fn string(&mut self) -> Option<String> {
        self.peek().filter(|byte| *byte == b'"')?;
        let start = self.at;
        self.at += 1;
        while self.text[self.at] != b'"' {
            self.at += if self.text[self.at] == b'\\' { 2 } else { 1 };
        }
        self.at += 1;
        serde_json::from_slice(&self.text[start..self.at]).ok()
    }

    /// `(__gen.subschema_for::<TYPE>())`, or a block that adds a description to it.
    fn reference(&mut self) -> Option<Value> {
        let text = std::str::from_utf8(&self.text[self.at..]).ok()?;
        let start = text.find("subschema_for::<")? + "subschema_for::<".len();
        let target = text[start..].split_once(">()")?.0.to_owned();
        let mut depth = 0;
        let mut described = None;
        let opened = self.text[self.at] == b'(';
        loop {
            match self.text.get(self.at)? {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'"' => {
                    described = self.string();
                    continue;
                }
                b',' if !opened => break,
                _ => {}
            }
            self.at += 1;
            if depth == 0 && opened {
                break;
            }
        }
        // The last literal is the description; the one before it is the key.
        let mut map = Map::new();
        map.insert("$ref".to_owned(), Value::from(target));
        if let Some(text) = described {
            map.insert("description".to_owned(), Value::from(text));
        }
        Some(Value::Object(map))
    }
}

/// Field, then its values with what is said of them, `` - `"Parallel"` will create ... ``.
fn enumerations(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut field = String::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(' ') {
            found.entry(field.clone()).or_default().push(line.to_owned());
        } else if let Some((name, like)) = line.split_once(" = ") {
            let values = found[like].clone();
            found.insert(name.to_owned(), values);
        } else {
            line.clone_into(&mut field);
        }
    }
    found
}

struct Table<'a> {
    by_path: &'a BTreeMap<String, (String, Value)>,
    enumerations: &'a BTreeMap<String, Vec<String>>,
    /// Where a description stands first.
    places: BTreeMap<String, String>,
    text: String,
}

fn table(
    by_path: &BTreeMap<String, (String, Value)>,
    enumerations: &BTreeMap<String, Vec<String>>,
) -> String {
    let by_name: BTreeMap<&str, &Value> =
        by_path.values().map(|(name, schema)| (name.as_str(), schema)).collect();
    let mut wanted: Vec<String> = MORE_KINDS.iter().map(|name| (*name).to_owned()).collect();
    for kind in Kind::ALL {
        let info = kind.info();
        let group = if info.group.is_empty() { "core" } else { info.group };
        wanted.push(format!("{}.{}.{}", group.split('.').next().unwrap_or(group), info.version, kind.name()));
    }
    let mut reached: BTreeMap<String, &Value> = BTreeMap::new();
    while let Some(name) = wanted.pop() {
        let Some(schema) = by_name.get(name.as_str()) else { continue };
        if reached.insert(name, schema).is_none() {
            references(schema, by_path, &mut wanted);
        }
    }
    let head = "# The Kubernetes API's types and descriptions; see sim-core/src/kubectl/explain/schema.rs. Made \
                by tests/schema.rs.\n";
    let mut table = Table { by_path, enumerations, places: BTreeMap::new(), text: head.to_owned() };
    for (name, schema) in reached {
        table.definition(&name, schema);
    }
    table.text
}

fn references(value: &Value, by_path: &BTreeMap<String, (String, Value)>, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            let target = map.get("$ref").and_then(Value::as_str).and_then(|path| by_path.get(path));
            into.extend(target.map(|(name, _)| name.clone()));
            map.values().for_each(|inner| references(inner, by_path, into));
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, by_path, into)),
        _ => {}
    }
}

impl Table<'_> {
    fn definition(&mut self, name: &str, schema: &Value) {
        let about = escaped(schema["description"].as_str().unwrap_or_default());
        let json_type = schema["type"].as_str().unwrap_or("-");
        self.text.push_str(&format!(":{name}\t{json_type}\t{about}\n"));
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let fields = schema["properties"].as_object();
        // The crate's objects cannot be without metadata; the API's can.
        let is_kind = fields.is_some_and(|f| f.contains_key("kind") && f.contains_key("metadata"));
        for (field, inner) in fields.into_iter().flatten() {
            let demanded = required.contains(&field.as_str()) && !(is_kind && field == "metadata");
            let mark = if demanded { "!" } else { "" };
            let place = format!("{name}.{field}");
            let mut about = inner["description"].as_str().unwrap_or_default().to_owned();
            let mut values = Vec::new();
            if let Some(lines) = self.enumerations.get(&place) {
                about.push_str(&format!("\n\nPossible enum values:\n{}", lines.join("\n")));
                values.extend(
                    lines.iter().filter_map(|line| Some(line.split("`\"").nth(1)?.split_once("\"`")?.0)),
                );
            }
            let mut line = format!("{field}{mark}\t{}\t{}", self.shape(inner), self.shared(&about, &place));
            if !values.is_empty() {
                line.push_str(&format!("\t{}", values.join(",")));
            }
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    fn shape(&self, schema: &Value) -> String {
        if let Some(path) = schema["$ref"].as_str() {
            return format!("@{}", self.by_path.get(path).map_or(path, |(name, _)| name));
        }
        if schema["items"].is_object() {
            return format!("[]{}", self.shape(&schema["items"]));
        }
        if schema["additionalProperties"].is_object() {
            return format!("{{}}{}", self.shape(&schema["additionalProperties"]));
        }
        schema["type"].as_str().unwrap_or("object").to_owned()
    }

    /// The text, or where it stands already.
    fn shared(&mut self, about: &str, place: &str) -> String {
        match self.places.get(about) {
            Some(earlier) if about.len() > earlier.len() => format!("={earlier}"),
            _ => {
                self.places.insert(about.to_owned(), place.to_owned());
                escaped(about)
            }
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('\n', "\\n").replace('\t', "\\t")
}
