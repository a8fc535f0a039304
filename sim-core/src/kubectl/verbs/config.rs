//! `config`: what the kubeconfig says and which context is in use. The file lives in the session.
//!
//! Models kubectl pkg/cmd/config.

use super::{Verb, help};
use crate::kubectl::args::{Args, Flag, Takes};
use crate::kubectl::config::{self, PATH};
use crate::kubectl::error::CliError;
use crate::kubectl::printer::Printer;
use crate::kubectl::result::{OUTPUT, Results};
use crate::kubectl::table::TabWriter;
use crate::kubectl::{Env, Flow};

/// `config view`
pub static VIEW: Verb = Verb {
    name: "config view",
    about: "Display merged kubeconfig settings or a specified kubeconfig file.",
    usage: "config view [flags]",
    flags: &[
        OUTPUT,
        Flag::new("minify", Takes::Bool, "Only what the context in use needs"),
        Flag::new("flatten", Takes::Bool, "Accepted: the file stands by itself"),
        Flag::new("raw", Takes::Bool, "Accepted: there are no secrets in the file"),
        Flag::new("merge", Takes::Bool, "Accepted: there is one file"),
        Flag::new("template", Takes::Text, "The template, for go-template and jsonpath"),
        Flag::new("allow-missing-template-keys", Takes::Bool, "Whether a template may name absent keys"),
    ],
    run: view,
};

/// `config current-context`
pub static CURRENT: Verb = Verb {
    name: "config current-context",
    about: "Display the current-context.",
    usage: "config current-context [flags]",
    flags: &[],
    run: current,
};

/// `config use-context`
pub static USE: Verb = Verb {
    name: "config use-context",
    about: "Set the current-context in a kubeconfig file.",
    usage: "config use-context CONTEXT_NAME [options]",
    flags: &[],
    run: use_context,
};

/// `config set-context`
pub static SET: Verb = Verb {
    name: "config set-context",
    about: "Set a context entry in kubeconfig.",
    usage: "config set-context [NAME | --current] [--cluster=cluster_nickname] [--user=user_nickname] \
            [--namespace=namespace] [options]",
    flags: &[
        Flag::new("current", Takes::Bool, "Change the context in use"),
        Flag::new("user", Takes::Text, "The user of the context"),
    ],
    run: set_context,
};

/// `config get-contexts`
pub static GET_CONTEXTS: Verb = Verb {
    name: "config get-contexts",
    about: "Describe one or many contexts.",
    usage: "config get-contexts [(-o|--output=)name)] [options]",
    flags: &[OUTPUT, Flag::new("no-headers", Takes::Bool, "No header line")],
    run: get_contexts,
};

/// `config get-clusters`
pub static GET_CLUSTERS: Verb = Verb {
    name: "config get-clusters",
    about: "Display clusters defined in the kubeconfig.",
    usage: "config get-clusters [flags]",
    flags: &[],
    run: get_clusters,
};

/// `config get-users`
pub static GET_USERS: Verb = Verb {
    name: "config get-users",
    about: "Display users defined in the kubeconfig.",
    usage: "config get-users [flags]",
    flags: &[],
    run: get_users,
};

/// `config delete-context`
pub static DELETE_CONTEXT: Verb = Verb {
    name: "config delete-context",
    about: "Delete the specified context from the kubeconfig.",
    usage: "config delete-context NAME [options]",
    flags: &[],
    run: delete_context,
};

/// `config rename-context`
pub static RENAME_CONTEXT: Verb = Verb {
    name: "config rename-context",
    about: "Rename a context from the kubeconfig file.",
    usage: "config rename-context CONTEXT_NAME NEW_NAME [options]",
    flags: &[],
    run: rename_context,
};

fn view(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if !args.words.is_empty() {
        let why = format!("unexpected arguments: [{}]", args.words.join(" "));
        return Err(CliError::misuse("config view", why));
    }
    // Complains as verbs that print whole objects do.
    Results::parse(args, env.files)?;
    let output = args.text("output").filter(|output| !output.is_empty()).unwrap_or("yaml");
    let mut config = env.workstation.config.clone();
    if let Some(context) = args.text("context").filter(|name| !name.is_empty()) {
        context.clone_into(&mut config.current);
    }
    if args.flag("minify") {
        config = config.minified().map_err(CliError::plain)?;
    }
    let value = config.to_value(args.flag("raw"));
    let text = Printer::new(output, args, env.files)?.print_typed(&value)?;
    env.out.out(text);
    Ok(Flow::OK)
}

/// A wrong number of words: the help of the verb, and what is wrong.
///
/// Models kubectl pkg/cmd/config, where each command checks its words by itself.
pub(super) fn unexpected(verb: &Verb, args: &Args) -> CliError {
    CliError::Explained {
        explanation: format!("{}\n", help::of_verb(verb)),
        message: format!("Unexpected args: [{}]", args.words.join(" ")),
    }
}

fn current(_args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    if env.workstation.config.current.is_empty() {
        return Err(CliError::plain("current-context is not set"));
    }
    env.out.line(&env.workstation.config.current);
    Ok(Flow::OK)
}

fn use_context(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let [name] = args.words.as_slice() else {
        return Err(unexpected(&USE, args));
    };
    let config = &mut env.workstation.config;
    if config.context(name).is_none() {
        return Err(CliError::plain(format!("no context exists with the name: \"{name}\"")));
    }
    config.current.clone_from(name);
    env.out.line(format!("Switched to context \"{name}\"."));
    Ok(Flow::OK)
}

fn set_context(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let config = &mut env.workstation.config;
    let name = match args.words.as_slice() {
        [_] if args.flag("current") => {
            return Err(CliError::plain("you cannot specify both a context name and --current"));
        }
        [name] => name.clone(),
        [] if args.flag("current") && config.current.is_empty() => {
            return Err(CliError::plain("no current context is set"));
        }
        [] if args.flag("current") => config.current.clone(),
        [] => return Err(CliError::plain("you must specify a non-empty context name or --current")),
        _ => return Err(unexpected(&SET, args)),
    };
    let (context, is_new) = config::entry(&mut config.contexts, &name);
    for field in ["cluster", "user", "namespace"] {
        if let Some(value) = args.text(field) {
            context.set(field, value);
        }
    }
    let done = if is_new { "created" } else { "modified" };
    env.out.line(format!("Context \"{name}\" {done}."));
    Ok(Flow::OK)
}

fn get_contexts(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let config = &env.workstation.config;
    let by_name = match args.text("output") {
        None | Some("") => false,
        Some("name") => true,
        Some(other) => {
            let why = format!(
                "--output {other} is not available in kubectl config get-contexts; resetting to default output format"
            );
            return Err(CliError::plain(why));
        }
    };
    let missing: Vec<&String> = args.words.iter().filter(|name| config.context(name).is_none()).collect();
    let shown =
        config.contexts.iter().filter(|context| args.words.is_empty() || args.words.contains(&context.name));
    let mut table = TabWriter::for_tables();
    if !by_name && !args.flag("no-headers") {
        table.row(["CURRENT", "NAME", "CLUSTER", "AUTHINFO", "NAMESPACE"]);
    }
    for context in shown {
        if by_name {
            table.row([context.name.as_str()]);
            continue;
        }
        let mark = if context.name == config.current { "*" } else { "" };
        let [cluster, user, namespace] = ["cluster", "user", "namespace"].map(|field| context.text(field));
        table.row([mark, &context.name, cluster, user, namespace]);
    }
    env.out.out(table.flush());
    let errors = missing.into_iter().map(|name| CliError::plain(format!("context {name} not found")));
    CliError::aggregate(errors.collect()).map_or(Ok(Flow::OK), Err)
}

fn get_clusters(_args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    env.out.line("NAME");
    for cluster in &env.workstation.config.clusters {
        env.out.line(&cluster.name);
    }
    Ok(Flow::OK)
}

fn get_users(_args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    env.out.line("NAME");
    for user in &env.workstation.config.users {
        env.out.line(&user.name);
    }
    Ok(Flow::OK)
}

fn delete_context(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let [name] = args.words.as_slice() else {
        env.out.line(help::of_verb(&DELETE_CONTEXT));
        return Ok(Flow::OK);
    };
    let config = &mut env.workstation.config;
    if config.context(name).is_none() {
        return Err(CliError::plain(format!("cannot delete context {name}, not in {PATH}")));
    }
    if config.current == *name {
        env.out.err_line(
            "warning: this removed your active context, use \"kubectl config use-context\" to select a different one",
        );
    }
    config.contexts.retain(|context| context.name != *name);
    env.out.line(format!("deleted context {name} from {PATH}"));
    Ok(Flow::OK)
}

fn rename_context(args: &Args, env: &mut Env<'_>) -> Result<Flow, CliError> {
    let [old, new] = args.words.as_slice() else {
        return Err(unexpected(&RENAME_CONTEXT, args));
    };
    let config = &mut env.workstation.config;
    if config.context(old).is_none() {
        return Err(CliError::plain(format!("cannot rename the context \"{old}\", it's not in {PATH}")));
    }
    if config.context(new).is_some() {
        let why =
            format!("cannot rename the context \"{old}\", the context \"{new}\" already exists in {PATH}");
        return Err(CliError::plain(why));
    }
    for context in config.contexts.iter_mut().filter(|context| context.name == *old) {
        context.name.clone_from(new);
    }
    config.contexts.sort_by(|a, b| a.name.cmp(&b.name));
    if config.current == *old {
        config.current.clone_from(new);
    }
    env.out.line(format!("Context \"{old}\" renamed to \"{new}\"."));
    Ok(Flow::OK)
}
