//! `cp`
//!
//! Models kubectl pkg/cmd/cp. kubectl runs tar in the container; here the files go over by themselves, with
//! tar's words where it would speak.

use super::Verb;
use crate::api::{ApiError, ObjectKey, SimTime};
use crate::engine::CauseKind;
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::error::CliError;
use crate::kubectl::{Env, Flow, pods};
use crate::runtime::fs::{FileSystem, FsError, normalize};

/// `cp`
pub static VERB: Verb = Verb {
    name: "cp",
    about: "Copy files and folders to and from containers.",
    usage: "cp <file-spec-src> <file-spec-dest> [options]",
    flags: &[
        Flag::short("container", 'c', Takes::Text, "The container"),
        Flag::new("no-preserve", Takes::Bool, "Accepted: owners are not kept"),
        Flag::new("retries", Takes::Int, "Accepted: nothing gets lost on the way"),
    ],
    run,
};

/// One end of a copy.
struct Place {
    /// The pod as it was named; none for this machine.
    pod: Option<String>,
    namespace: Option<String>,
    path: String,
}

impl Place {
    /// Models kubectl pkg/cmd/cp: extractFileSpec.
    fn parse(text: &str) -> Result<Place, CliError> {
        let wrong =
            || CliError::plain("filespec must match the canonical format: [[namespace/]pod:]file/path");
        let Some((pod, path)) = text.split_once(':') else {
            return Ok(Place { pod: None, namespace: None, path: text.to_owned() });
        };
        if pod.is_empty() {
            return Err(wrong());
        }
        let (namespace, pod) = match pod.split('/').collect::<Vec<_>>().as_slice() {
            [pod] => (None, (*pod).to_owned()),
            [namespace, pod] => (Some((*namespace).to_owned()), (*pod).to_owned()),
            _ => return Err(wrong()),
        };
        Ok(Place { pod: Some(pod), namespace, path: path.to_owned() })
    }
}

fn run(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let [from, to] = args.words.as_slice() else {
        return Err(CliError::plain("source and destination are required"));
    };
    let (from, to) = (Place::parse(from)?, Place::parse(to)?);
    match (&from.pod, &to.pod) {
        (Some(_), Some(_)) => {
            return Err(CliError::plain("one of src or dest must be a local file specification"));
        }
        (None, None) => {
            return Err(CliError::plain("one of src or dest must be a remote file specification"));
        }
        _ if from.path.is_empty() || to.path.is_empty() => {
            return Err(CliError::plain("filepath can not be empty"));
        }
        (Some(_), None) => out_of_pod(args, env, &from, &to.path)?,
        (None, Some(_)) => into_pod(args, env, &from.path, &to)?,
    }
    Ok(Flow::OK)
}

/// The container that a place is in, and what has to be true of it.
fn container(args: &Args, env: &mut Env<'_>, place: &Place) -> Result<(ObjectKey, String), CliError> {
    let namespace = place.namespace.as_deref().unwrap_or(env.namespace);
    let key = ObjectKey::new(namespace, place.pod.as_deref().unwrap_or_default());
    let pod = env.cluster.api().typed::<k8s_openapi::api::core::v1::Pod>(&key)?.clone();
    let phase = pods::phase(&pod);
    if matches!(phase, "Succeeded" | "Failed") {
        let why = format!("cannot exec into a container in a completed pod; current phase is {phase}");
        return Err(CliError::plain(why));
    }
    let gates = env.cluster.api().gates;
    let name = pods::container_to_run_in(&pod, args.text("container"), false, gates, env.out)?;
    if !pods::is_bound(&pod) {
        return Err(ApiError::bad_request(format!("pod {} does not have a host assigned", key.name)).into());
    }
    let running = env.cluster.runtime().container(&key, &name).is_some_and(|found| found.is_running());
    if !running {
        return Err(CliError::plain(format!(
            "Internal error occurred: unable to upgrade connection: container not found (\"{name}\")"
        )));
    }
    Ok((key, name))
}

fn base_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// The folder in which the container's processes start, from which relative paths are seen.
fn working_dir(env: &Env<'_>, pod: &ObjectKey, container: &str) -> String {
    env.cluster.runtime().working_dir(pod, container).unwrap_or_else(|| "/".to_owned())
}

fn into_pod(args: &Args, env: &mut Env<'_>, from: &str, to: &Place) -> Result<(), CliError> {
    let source = from.trim_end_matches('/');
    let missing = |_| CliError::plain(format!("{from} doesn't exist in local filesystem"));
    let files = env.files.read_tree(source).map_err(missing)?;
    let (pod, container) = container(args, env, to)?;
    let here = working_dir(env, &pod, &container);
    let now = env.cluster.now();
    let (runtime, _) = env.cluster.runtime_mut();
    let written = runtime.change_files(&pod, &container, |tree| {
        let mut target = normalize(&here, &to.path);
        if tree.stat(&target).is_ok_and(|entry| entry.content.is_none()) {
            target = normalize(&target, base_name(source));
        }
        let parent = parent(&target).to_owned();
        if !tree.stat(&parent).is_ok_and(|entry| entry.content.is_none()) {
            return Err((parent, FsError::NotFound));
        }
        for (path, text) in &files {
            let inner = path.strip_prefix(source).unwrap_or_default();
            let place = format!("{target}{inner}");
            let folder = place.rsplit_once('/').map_or("", |(folder, _)| folder);
            let made = make_folders(tree, folder, now);
            made.and_then(|()| tree.write(&place, text.as_bytes(), now))
                .map_err(|error| (place.trim_start_matches('/').to_owned(), error))?;
        }
        Ok(())
    });
    if let Err((place, error)) = written {
        env.out.err_line(format!("tar: {place}: Cannot open: {error}"));
        return Err(tar_failed(env, "Error is not recoverable: exiting now"));
    }
    env.cluster.poke_kubelet(pod, CauseKind::Command(args.command().to_owned()));
    Ok(())
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(parent, _)| if parent.is_empty() { "/" } else { parent })
}

fn make_folders(tree: &mut dyn FileSystem, path: &str, now: SimTime) -> Result<(), FsError> {
    for (at, _) in path.match_indices('/').filter(|(at, _)| *at > 0) {
        if tree.stat(&path[..at]).is_err() {
            tree.make_dir(&path[..at], now)?;
        }
    }
    if path.is_empty() || tree.stat(path).is_ok() { Ok(()) } else { tree.make_dir(path, now) }
}

fn out_of_pod(args: &Args, env: &mut Env<'_>, from: &Place, to: &str) -> Result<(), CliError> {
    let (pod, container) = container(args, env, from)?;
    let here = working_dir(env, &pod, &container);
    if from.path.starts_with('/') {
        env.out.err_line("tar: Removing leading `/' from member names");
    }
    let Some(tree) = env.cluster.runtime().files(&pod, &container) else { return Ok(()) };
    let source = normalize(&here, &from.path);
    let mut found = Vec::new();
    if collect(&tree, &source, "", &mut found).is_err() {
        env.out.err_line(format!("tar: {}: Cannot stat: {}", from.path, FsError::NotFound));
        return Err(tar_failed(env, "Exiting with failure status due to previous errors"));
    }
    let into_folder = to.ends_with('/') || matches!(to, "." | "..") || env.files.is_folder(to);
    let target = match into_folder {
        true => format!("{}/{}", to.trim_end_matches('/'), base_name(&source)),
        false => to.to_owned(),
    };
    let written = found.into_iter().map(|(inner, bytes)| (format!("{target}{inner}"), bytes));
    env.workstation.written.extend(written);
    Ok(())
}

fn tar_failed(env: &mut Env<'_>, last: &str) -> CliError {
    env.out.err_line(format!("tar: {last}"));
    CliError::Code { code: 2, message: "command terminated with exit code 2".to_owned() }
}

/// The files at and below `path`, each with its path from there.
fn collect(
    tree: &dyn FileSystem,
    path: &str,
    inner: &str,
    found: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), FsError> {
    let entry = tree.stat(path)?;
    if let Some(content) = entry.content {
        found.push((inner.to_owned(), content.to_vec()));
        return Ok(());
    }
    for listing in tree.list(path)? {
        let below = format!("{}/{}", path.trim_end_matches('/'), listing.name);
        collect(tree, &below, &format!("{inner}/{}", listing.name), found)?;
    }
    Ok(())
}
