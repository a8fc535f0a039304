//! `autoscale`

use serde_json::{Value, json};

use super::{SAVE_CONFIG, Verb};
use crate::api::quantity::Quantity;
use crate::api::{Feature, Kind, to_value, wire};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::builder::{Builder, Info};
use crate::kubectl::error::CliError;
use crate::kubectl::manifests::{FILENAME, KUSTOMIZE, RECURSIVE};
use crate::kubectl::result::{DRY_RUN, DryRun, FIELD_MANAGER, OUTPUT, Results, SHOW_MANAGED};
use crate::kubectl::{Env, Flow, generate};

/// `autoscale`
pub static VERB: Verb = Verb {
    name: "autoscale",
    about: "Auto-scale a deployment, replica set, stateful set, or replication controller.",
    usage: "autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]",
    flags: &[
        FILENAME,
        RECURSIVE,
        KUSTOMIZE,
        OUTPUT,
        DRY_RUN,
        FIELD_MANAGER,
        SHOW_MANAGED,
        SAVE_CONFIG,
        Flag::new("max", Takes::Int, "The most pods"),
        Flag::new("min", Takes::Int, "The fewest pods"),
        Flag::new("cpu", Takes::Text, "CPU to aim for: 70% of the requests, or 500m a pod"),
        Flag::new("memory", Takes::Text, "Memory to aim for: 70% of the requests, or 200Mi a pod"),
        Flag::new("cpu-percent", Takes::Int, "CPU to aim for, in percent of the requests (deprecated)"),
        Flag::new("name", Takes::Text, "The autoscaler's name"),
    ],
    run,
};

/// Said of the flag that `--cpu` has replaced.
const DEPRECATED: &str = "Flag --cpu-percent has been deprecated, Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).";

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let takes_amounts = args.gates.has(Feature::AutoscaleTakesAmounts);
    if let Some(flag) = ["cpu", "memory"].into_iter().find(|flag| args.has(flag) && !takes_amounts) {
        let message = format!("unknown flag: --{flag}");
        return Err(CliError::Usage { verb: "autoscale".to_owned(), message });
    }
    if args.has("cpu-percent") && takes_amounts {
        env.out.err_line(DEPRECATED);
    }
    let Some(most) = args.int("max") else {
        return Err(CliError::plain("required flag(s) \"max\" not set"));
    };
    let least = args.int("min").unwrap_or(-1);
    if most < 1 {
        return Err(CliError::plain(format!(
            "--max=MAXPODS is required and must be at least 1, max: {most}"
        )));
    }
    if most < least {
        return Err(CliError::plain(format!(
            "--max=MAXPODS must be larger or equal to --min=MINPODS, max: {most}, min: {least}"
        )));
    }
    if args.has("cpu-percent") && args.has("cpu") {
        return Err(CliError::plain("--cpu-percent and --cpu are mutually exclusive"));
    }
    let metrics = metrics(args)?;
    let builder = Builder { must_exist: true, ..Builder::default() };
    let selection = builder.select(args, env, &args.words)?;
    let mut results = Results::parse(args, env.files)?;
    let mut errors = selection.errors;
    let first_version = !takes_amounts && results.dry_run() == DryRun::Client;
    for info in &selection.infos {
        let scaled = manifest(args, info, least, most, &metrics).and_then(|manifest| {
            if first_version {
                return write_down_first_version(args, env, manifest, &mut results);
            }
            // What is not sent is told of as an object that kubectl creates.
            let done = if results.dry_run() == DryRun::Client { "created" } else { "autoscaled" };
            generate::create_with(args, env, manifest, done, None, &mut results)
        });
        errors.extend(scaled.err());
    }
    CliError::aggregate(errors).map_or(Ok(Flow::OK), Err)
}

/// Models kubectl pkg/cmd/autoscale: createHorizontalPodAutoscalerV2.
fn manifest(args: &Args, info: &Info, least: i64, most: i64, metrics: &[Value]) -> Result<Value, CliError> {
    let kind = info.kind.info();
    if !kind.subresources.contains(&"scale") {
        let version = if kind.group.is_empty() { "/v1".to_owned() } else { kind.api_version() };
        return Err(CliError::plain(format!(
            "cannot autoscale a {}: could not find scale subresource for {version}, Resource={} in discovery information",
            kind.kind.name(),
            kind.plural
        )));
    }
    let name = args.text("name").filter(|name| !name.is_empty()).unwrap_or(&info.name);
    let target = json!({"apiVersion": kind.api_version(), "kind": kind.kind.name(), "name": info.name});
    let mut spec = json!({"maxReplicas": most, "scaleTargetRef": target});
    if least > 0 {
        spec["minReplicas"] = to_value(&least);
    }
    if !metrics.is_empty() {
        spec["metrics"] = to_value(&metrics);
    }
    Ok(json!({
        "apiVersion": Kind::HorizontalPodAutoscaler.info().api_version(),
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name},
        "spec": spec,
        "status": {"currentMetrics": null, "desiredReplicas": 0},
    }))
}

/// Prints the manifest as `autoscaling/v1`, as an older kubectl does. What it sends comes back of the second version
/// here all the same.
///
/// Models kubectl pkg/cmd/autoscale: createHorizontalPodAutoscaler, before there was one for each version.
fn write_down_first_version(
    args: &Args,
    env: &mut Env<'_>,
    mut manifest: Value,
    results: &mut Results,
) -> Result<(), CliError> {
    manifest["apiVersion"] = json!("autoscaling/v1");
    manifest["status"] = json!({"currentReplicas": 0, "desiredReplicas": 0});
    if args.has("namespace") {
        manifest["metadata"]["namespace"] = to_value(&env.namespace);
    }
    if let Some(spec) = manifest["spec"].as_object_mut() {
        spec.remove("metrics");
        if let Some(percent) = args.int("cpu-percent").filter(|percent| *percent >= 0) {
            spec.insert("targetCPUUtilizationPercentage".to_owned(), to_value(&percent));
        }
    }
    wire::say_null_creation(&mut manifest, args.gates);
    let made = Info {
        kind: Kind::HorizontalPodAutoscaler,
        namespace: env.namespace.to_owned(),
        name: manifest["metadata"]["name"].as_str().unwrap_or_default().to_owned(),
        source: None,
        manifest: None,
        asked: None,
    };
    results.print_manifest("autoscaled", &made, &manifest, true, env.out)
}

fn metrics(args: &Args) -> Result<Vec<Value>, CliError> {
    let mut metrics = Vec::new();
    if let Some(percent) = args.int("cpu-percent").filter(|percent| *percent >= 0) {
        metrics.push(metric("cpu", json!({"averageUtilization": percent, "type": "Utilization"})));
    }
    for (resource, unit) in [("cpu", "m"), ("memory", "Mi")] {
        if let Some(text) = args.text(resource).filter(|text| !text.is_empty()) {
            metrics.push(metric(resource, target(resource, unit, text)?));
        }
    }
    Ok(metrics)
}

fn metric(resource: &str, target: Value) -> Value {
    json!({"type": "Resource", "resource": {"name": resource, "target": target}})
}

fn target(resource: &str, unit: &str, text: &str) -> Result<Value, CliError> {
    if let Some(percent) = text.strip_suffix('%') {
        let number: i32 =
            percent.parse().map_err(|_| CliError::plain(format!("invalid percentage value: {percent}")))?;
        return Ok(json!({"averageUtilization": number, "type": "Utilization"}));
    }
    let with_unit = match text.parse::<i64>() {
        Ok(_) => format!("{text}{unit}"),
        Err(_) => text.to_owned(),
    };
    let amount = Quantity::parse(&with_unit)
        .map_err(|_| CliError::plain(format!("invalid resource {resource} value: {text}")))?;
    Ok(json!({"averageValue": amount.to_api(), "type": "AverageValue"}))
}
