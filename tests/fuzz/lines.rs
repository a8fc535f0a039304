//! Command lines: verbs and flags of the real tables, live names, and garbage.

use sim_core::api::Kind;
use sim_core::kubectl::args::{Flag, GLOBAL_FLAGS, Takes};
use sim_core::kubectl::verbs::VERBS;

use crate::tape::Tape;
use crate::world::{Line, World, words};
use crate::{expressions, junk, manifests};

/// Any line.
pub fn any(tape: &mut Tape<'_>, world: &World) -> Line {
    let mut line = Line { words: Vec::new(), stdin: manifests::text(tape, world), edited: String::new() };
    if tape.below(3) == 0 {
        line.words = sensible(tape, world);
        for _ in 0..tape.below(3) {
            spoil(tape, &mut line.words);
        }
    } else {
        line.words = assembled(tape, world);
    }
    if tape.once_in(30) {
        line.words = (0..tape.below(6)).map(|_| junk::text(tape)).collect();
    }
    line
}

/// A line that writes what its standard input says.
pub fn from_manifest(tape: &mut Tape<'_>, world: &World) -> Line {
    const VERBS: &[&str] = &[
        "apply -f -",
        "create -f -",
        "apply --server-side -f -",
        "apply --server-side --force-conflicts --field-manager=me -f -",
        "replace -f -",
        "create --save-config -f -",
        "apply --dry-run=server -f -",
        "create --dry-run=client -o yaml -f -",
        "diff -f -",
        "replace --force --grace-period=0 -f -",
        "delete --wait=false -f -",
        "apply -f - --validate=false",
        "apply -f - --overwrite=false",
        "label -f - a=b",
        "scale -f - --replicas=2",
        "set image -f - *=nginx:2",
        "set env -f - A=1",
        "set resources -f - --limits=cpu=1",
        "expose -f -",
        "get -f - -o yaml",
        "describe -f -",
        "rollout restart -f -",
        "edit -f -",
        "patch -f - -p {\"metadata\":{\"labels\":{\"x\":\"y\"}}}",
        "annotate -f - a=b",
        "kustomize x",
    ];
    Line { words: words(tape.pick(VERBS)), stdin: manifests::text(tape, world), edited: String::new() }
}

/// A line that patches or edits an object that is there.
pub fn patch(tape: &mut Tape<'_>, world: &World) -> Line {
    let object = world.live(tape);
    let (kind_of_patch, text) = expressions::patch(tape, &object);
    let (kind, meta) = (object["kind"].as_str().unwrap_or_default(), &object["metadata"]);
    let name = format!("{kind}/{}", meta["name"].as_str().unwrap_or_default());
    let namespace = format!("--namespace={}", meta["namespace"].as_str().unwrap_or_default());
    if tape.once_in(6) {
        let mut edited = object.clone();
        manifests::spoil(tape, &mut edited);
        let words = vec!["edit".to_owned(), name, namespace];
        let edited = if tape.once_in(5) { text } else { sim_core::kubectl::yaml::document(&edited) };
        return Line { words, edited, ..Line::default() };
    }
    let mut words =
        vec!["patch".to_owned(), name, namespace, format!("--type={kind_of_patch}"), "-p".to_owned(), text];
    if tape.once_in(6) {
        words.push("--subresource=status".to_owned());
    }
    if tape.once_in(10) {
        words.push("--subresource=scale".to_owned());
    }
    Line { words, ..Line::default() }
}

/// A line that reads by a selector or through a template.
pub fn query(tape: &mut Tape<'_>, world: &World) -> Line {
    let target = match tape.below(4) {
        3 => target(tape, world),
        _ => tape.pick(&["pods", "all", "sts,svc", "nodes", "pod/web-0", "sts/web", "pvc"]).to_owned(),
    };
    let mut words = words(match tape.below(10) {
        0 => "describe",
        1 => "events",
        2 => "wait --timeout=1s",
        3 => "top pod",
        4 => "logs",
        _ => "get",
    });
    match words[0].as_str() {
        "wait" => words.extend([target, format!("--for={}", expressions::condition(tape))]),
        "get" => {
            words.push(target);
            match tape.below(4) {
                0 => words.push(format!("--sort-by={}", expressions::path(tape))),
                1 => words.push(format!("--field-selector={}", expressions::selector(tape))),
                _ => words.push(format!("--output={}", expressions::output(tape))),
            }
        }
        "describe" => words.extend([target, "-l".to_owned(), expressions::selector(tape)]),
        _ => words.extend(["-l".to_owned(), expressions::selector(tape)]),
    }
    Line { words, ..Line::default() }
}

/// What people do type.
fn sensible(tape: &mut Tape<'_>, world: &World) -> Vec<String> {
    const LINES: &[&str] = &[
        "get pods -o wide",
        "get all -A",
        "scale sts web --replicas=3",
        "delete pod web-0 --wait=false",
        "rollout restart deployment api",
        "rollout undo sts/web --to-revision=1",
        "rollout status deployment/api --timeout=5s",
        "set image sts/web app=nginx:1.28",
        "set env deployment/api A=b --list",
        "set resources deployment api --limits=cpu=200m,memory=512Mi --requests=cpu=1m",
        "set serviceaccount deployment api robot",
        "set selector service door app=web",
        "label pods web-0 tier=back --overwrite",
        "annotate sts web note=second",
        "taint nodes node-1 key=value:NoSchedule",
        "taint nodes --all key:NoSchedule-",
        "cordon node-1",
        "uncordon node-1",
        "drain node-2 --ignore-daemonsets --delete-emptydir-data --force --timeout=5s",
        "expose deployment api --port=80 --target-port=5000 --name=front",
        "autoscale sts web --min=1 --max=3 --cpu-percent=50",
        "run shell --image=busybox --restart=Never -- sleep 5",
        "run shell -it --rm --image=busybox --restart=Never -- sh",
        "exec web-0 -- sh -c env",
        "exec web-0 -c app -it -- cat /etc/hostname",
        "cp web-0:/etc/hostname /out",
        "logs web-0 --tail=3 --since=1h --timestamps",
        "logs -l app=web --all-containers --prefix",
        "attach lone -c one",
        "debug web-0 -it --image=busybox --target=app",
        "debug node/node-1 -it --image=busybox",
        "port-forward svc/door 8080:80",
        "top pod --containers",
        "wait --for=condition=Ready pod/web-0 --timeout=1s",
        "create configmap more --from-literal=a=b",
        "create secret generic more --from-literal=a=b",
        "create deployment more --image=nginx --replicas=2 --port=80",
        "create job more --image=busybox -- date",
        "create job more --from=cronjob/tick",
        "create cronjob more --image=busybox --schedule=@hourly -- date",
        "create service clusterip more --tcp=80:8080",
        "create service nodeport more --tcp=80 --node-port=30081",
        "create quota more --hard=pods=2,cpu=1",
        "create poddisruptionbudget more --min-available=1 --selector=app=web",
        "create priorityclass more --value=100",
        "create namespace more",
        "create serviceaccount more",
        "create token robot --duration=1h",
        "delete all --all --wait=false",
        "delete sts web --cascade=orphan",
        "delete ns other --wait=false",
        "delete pvc --all --grace-period=0 --force",
        "patch sts web -p {\"spec\":{\"replicas\":1}}",
        "explain sts.spec.template --recursive",
        "auth can-i create pods",
        "config set-context --current --namespace=other",
        "api-resources --verbs=list --namespaced -o name",
        "get --raw /api/v1/namespaces/default/pods",
        "create --raw /api/v1/namespaces/default/pods -f -",
        "replace --raw /apis/apps/v1/namespaces/default/statefulsets/web -f -",
        "delete --raw /api/v1/namespaces/default/pods/web-0",
        "cluster-info dump --namespaces default",
        "set subject rolebinding/readers --user=ada",
        "scale rc,sts web --replicas=1",
        "wait ing/door --for=create --timeout=1s",
        "get events --watch-only",
        "get pods -w --output-watch-events",
        "diff -f -",
        "rollout history sts/web --revision=1",
        "rollout pause deployment/api",
        "rollout resume deployment/api",
    ];
    let mut line = words(tape.pick(LINES));
    if tape.once_in(5) {
        line.push(target(tape, world));
    }
    line
}

/// Changes, drops, doubles or adds a word.
fn spoil(tape: &mut Tape<'_>, line: &mut Vec<String>) {
    if line.is_empty() {
        return;
    }
    let at = tape.below(line.len());
    match tape.below(6) {
        0 => drop(line.remove(at)),
        1 => line.insert(at, line[at].clone()),
        2 => line.insert(at, junk::text(tape)),
        3 => match line[at].split_once('=') {
            Some((name, _)) => line[at] = format!("{name}={}", junk::text(tape)),
            None => line[at] = junk::text(tape),
        },
        4 => line[at].push_str(&junk::text(tape)),
        _ => {
            let flag = GLOBAL_FLAGS[tape.below(GLOBAL_FLAGS.len())];
            line.insert(at, format!("--{}", flag.long));
        }
    }
}

/// A verb of the table with some of its flags and arguments.
fn assembled(tape: &mut Tape<'_>, world: &World) -> Vec<String> {
    let verb = VERBS[tape.below(VERBS.len())];
    let mut line = words(verb.name);
    for _ in 0..tape.below(3) {
        line.push(target(tape, world));
    }
    for _ in 0..tape.below(3) {
        line.push(argument(tape));
    }
    for _ in 0..tape.below(4) {
        let flags = if tape.once_in(8) || verb.flags.is_empty() { GLOBAL_FLAGS } else { verb.flags };
        let flag = flags[tape.below(flags.len())];
        let shown = format!("--{}", flag.long);
        match flag.takes {
            Takes::Bool if tape.below(4) < 3 => line.push(shown),
            Takes::TextOr(_) if tape.below(4) == 0 => line.push(shown),
            _ if tape.once_in(8) => line.extend([shown, value(tape, &flag)]),
            _ => line.push(format!("{shown}={}", value(tape, &flag))),
        }
    }
    if tape.once_in(4) {
        line.push("--".to_owned());
        line.extend(words(tape.pick(&["sh", "sleep 1", "env", "cat /nothing", "false", ""])));
    }
    line
}

fn argument(tape: &mut Tape<'_>) -> String {
    const ARGUMENTS: &[&str] = &[
        "a=b",
        "a-",
        "app=nginx:1.29",
        "*=redis:7",
        "key=value:NoSchedule",
        "key:NoExecute-",
        "A=1",
        "A-",
        "web-0",
        "80:80",
        ":80",
        "node-1",
        "8080:http",
        "web-0:/etc/hostname",
        "/out",
        "sts.spec",
        "image",
        "list",
        "pods",
        "all",
    ];
    if tape.once_in(4) { junk::text(tape) } else { tape.pick(ARGUMENTS).to_owned() }
}

/// What a command is to work on: a type, a name, both, several.
fn target(tape: &mut Tape<'_>, world: &World) -> String {
    let object = world.live(tape);
    let info =
        Kind::ALL.iter().find(|kind| Some(kind.name()) == object["kind"].as_str()).map(|kind| kind.info());
    let Some(info) = info else { return "pods".to_owned() };
    let kind = match tape.below(6) {
        0 => info.plural.to_owned(),
        1 => info.singular.to_owned(),
        2 => info.short_names.first().copied().unwrap_or(info.plural).to_owned(),
        3 => info.qualified_plural(),
        4 => info.kind.name().to_owned(),
        _ => format!("{}.{}.{}", info.plural, info.version, info.group),
    };
    let name = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    match tape.below(8) {
        0..=2 => format!("{kind}/{name}"),
        3 => kind,
        4 => name,
        5 => format!("{kind},pods"),
        6 => format!("{kind}/{}", junk::text(tape)),
        _ => junk::text(tape),
    }
}

fn value(tape: &mut Tape<'_>, flag: &Flag) -> String {
    if tape.once_in(4) {
        return junk::text(tape);
    }
    match (flag.long, flag.takes) {
        ("output", _) => expressions::output(tape),
        ("selector" | "field-selector", _) => expressions::selector(tape),
        ("sort-by" | "template", _) => expressions::path(tape),
        ("for", _) => expressions::condition(tape),
        ("filename" | "kustomize" | "patch-file" | "from-file" | "from-env-file", _) => {
            tape.pick(&["-", "file.yaml", "missing"]).to_owned()
        }
        ("namespace", _) => tape.pick(&["default", "other", "kube-system", "nowhere"]).to_owned(),
        ("dry-run", _) => tape.pick(&["client", "server", "none"]).to_owned(),
        ("type", _) => tape.pick(&["json", "merge", "strategic", "NodePort", "ClusterIP"]).to_owned(),
        ("cascade", _) => tape.pick(&["orphan", "foreground", "background"]).to_owned(),
        ("image", _) => tape.pick(&["nginx", "busybox:1", "redis:7"]).to_owned(),
        (_, Takes::Bool) => tape.pick(&["true", "false"]).to_owned(),
        (_, Takes::Int) => {
            tape.pick(&["1", "0", "-1", "3", "1000000000000", "9223372036854775807"]).to_owned()
        }
        (_, Takes::Duration) => tape.pick(&["1s", "0", "-1s", "5m", "100000h", "1ns"]).to_owned(),
        _ => argument(tape),
    }
}
