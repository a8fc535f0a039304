//! Validation of probes and lifecycle hooks. Models pkg/apis/core/validation: validateProbe, validateHandler.

use k8s_openapi::api::core::v1::{
    Container, ExecAction, GRPCAction, HTTPGetAction, LifecycleHandler, Probe, SleepAction, TCPSocketAction,
};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::{Errors, format};

/// What a probe or a hook does.
#[derive(Default)]
struct Handler<'a> {
    exec: Option<&'a ExecAction>,
    http_get: Option<&'a HTTPGetAction>,
    tcp_socket: Option<&'a TCPSocketAction>,
    grpc: Option<&'a GRPCAction>,
    sleep: Option<&'a SleepAction>,
}

/// `grace` is how long the pod is given to end.
pub(super) fn of_container(errors: &mut Errors, path: &str, container: &Container, grace: Option<i64>) {
    if let Some(lifecycle) = &container.lifecycle {
        for (name, hook) in [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)] {
            if let Some(hook) = hook {
                check_handler(errors, &format!("{path}.lifecycle.{name}"), &of_hook(hook), grace);
            }
        }
    }
    let probes = [
        ("livenessProbe", &container.liveness_probe),
        ("readinessProbe", &container.readiness_probe),
        ("startupProbe", &container.startup_probe),
    ];
    for (name, probe) in probes {
        let Some(probe) = probe else { continue };
        let path = format!("{path}.{name}");
        check_probe(errors, &path, probe);
        if name == "readinessProbe" {
            if let Some(seconds) = probe.termination_grace_period_seconds {
                let why = "must not be set for readinessProbes";
                errors.invalid(format!("{path}.terminationGracePeriodSeconds"), seconds, why);
            }
        } else if let Some(threshold) = probe.success_threshold.filter(|threshold| *threshold != 1) {
            errors.invalid(format!("{path}.successThreshold"), threshold, "must be 1");
        }
    }
}

fn of_hook(hook: &LifecycleHandler) -> Handler<'_> {
    Handler {
        exec: hook.exec.as_ref(),
        http_get: hook.http_get.as_ref(),
        tcp_socket: hook.tcp_socket.as_ref(),
        sleep: hook.sleep.as_ref(),
        ..Handler::default()
    }
}

fn check_probe(errors: &mut Errors, path: &str, probe: &Probe) {
    let handler = Handler {
        exec: probe.exec.as_ref(),
        http_get: probe.http_get.as_ref(),
        tcp_socket: probe.tcp_socket.as_ref(),
        grpc: probe.grpc.as_ref(),
        ..Handler::default()
    };
    check_handler(errors, path, &handler, None);
    errors.not_negative(format!("{path}.initialDelaySeconds"), probe.initial_delay_seconds);
    errors.not_negative(format!("{path}.timeoutSeconds"), probe.timeout_seconds);
    errors.not_negative(format!("{path}.periodSeconds"), probe.period_seconds);
    errors.not_negative(format!("{path}.successThreshold"), probe.success_threshold);
    errors.not_negative(format!("{path}.failureThreshold"), probe.failure_threshold);
    if let Some(seconds) = probe.termination_grace_period_seconds.filter(|seconds| *seconds <= 0) {
        errors.invalid(format!("{path}.terminationGracePeriodSeconds"), seconds, "must be greater than 0");
    }
}

fn check_handler(errors: &mut Errors, path: &str, handler: &Handler<'_>, grace: Option<i64>) {
    let mut count = 0;
    let mut next = |errors: &mut Errors, name: &str| {
        count += 1;
        if count > 1 {
            errors.forbidden(format!("{path}.{name}"), "may not specify more than 1 handler type");
        }
        count == 1
    };
    if let Some(exec) = handler.exec
        && next(errors, "exec")
        && exec.command.as_ref().is_none_or(Vec::is_empty)
    {
        errors.required(format!("{path}.exec.command"), "");
    }
    if let Some(action) = handler.http_get
        && next(errors, "httpGet")
    {
        check_http_get(errors, &format!("{path}.httpGet"), action);
    }
    if let Some(action) = handler.tcp_socket
        && next(errors, "tcpSocket")
    {
        port(errors, &format!("{path}.tcpSocket.port"), &action.port);
    }
    if let Some(action) = handler.grpc
        && next(errors, "grpc")
    {
        port(errors, &format!("{path}.grpc.port"), &IntOrString::Int(action.port));
    }
    if let Some(action) = handler.sleep
        && next(errors, "sleep")
        && let Some(grace) = grace.filter(|grace| action.seconds < 0 || action.seconds > *grace)
    {
        let why = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        errors.invalid(format!("{path}.sleep"), action.seconds, why);
    }
    if count == 0 {
        errors.required(path, "must specify a handler type");
    }
}

fn check_http_get(errors: &mut Errors, path: &str, action: &HTTPGetAction) {
    if action.path.as_deref().unwrap_or_default().is_empty() {
        errors.required(format!("{path}.path"), "");
    }
    port(errors, &format!("{path}.port"), &action.port);
    errors.one_of(format!("{path}.scheme"), action.scheme.as_deref(), &["HTTP", "HTTPS"]);
}

/// A port by number or by name.
pub(super) fn port(errors: &mut Errors, path: &str, port: &IntOrString) {
    match port {
        IntOrString::Int(number) => {
            for problem in format::port_number(*number) {
                errors.invalid(path, *number, problem);
            }
        }
        IntOrString::String(name) => errors.invalid_all(path, name, format::port_name(name)),
    }
}
