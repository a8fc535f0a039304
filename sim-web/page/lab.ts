// The lab in the order of its report: why, what to type, what to look at, and when the cluster shows it was done.

import type { ClusterState } from "./protocol";
import type { Ended } from "./terminal";

export interface Evidence {
  state: ClusterState;
  /** The commands that have ended, oldest first. */
  log: Ended[];
  /** What a step remembers between looks. */
  notes: Record<string, string>;
  /** What a pod's file holds, read on a copy of the cluster. */
  read(pod: string, file: string): Promise<string>;
}

export interface Step {
  id: string;
  task: string;
  title: string;
  why: string;
  commands: string[];
  look: string;
  isDone(evidence: Evidence): boolean | Promise<boolean>;
}

const VISITS = "/config/visits.txt";

function said({ log }: Evidence, pattern: RegExp, exit = 0): boolean {
  return log.some((ended) => pattern.test(ended.line) && ended.exit === exit);
}

function isReady({ state }: Evidence, set: string, count: number): boolean {
  return state.sets.some(({ name, ready, replicas }) => name === set && ready >= count && replicas >= count);
}

function pod({ state }: Evidence, name: string) {
  return state.pods.find((pod) => pod.name === name);
}

function reaches({ state }: Evidence, service: string, name: string): boolean {
  return state.endpoints.some((slice) => slice.service === service && slice.ready.includes(name));
}

export const STEPS: Step[] = [
  {
    id: "apply",
    task: "Tasks 1 and 2: the set",
    title: "A Deployment beside a StatefulSet",
    why: "Both run two copies of the same counter. The Deployment's pods are interchangeable; the set's have a number, a name that stays and a claim each.",
    commands: [
      "kubectl apply -f lab14/deployment.yaml",
      "kubectl apply -f lab14/service.yaml",
      "kubectl apply -f lab14/statefulset.yaml",
      "kubectl rollout status statefulset/python-app",
      "kubectl rollout status deployment/python-app",
    ],
    look: "python-app-1 is not created before python-app-0 is ready. The Deployment's two pods start together, with random names.",
    isDone: (evidence) =>
      isReady(evidence, "python-app", 2) &&
      evidence.state.pods.filter(({ owner, ready }) => owner?.startsWith("python-app-") && ready).length >= 2,
  },
  {
    id: "get",
    task: "Tasks 1 and 2: the set",
    title: "What there is now",
    why: "One question for four kinds: pods, sets, services and claims.",
    commands: ["kubectl get po,sts,svc,pvc"],
    look: "data-python-app-0 and data-python-app-1: a claim's name is the template's, the set's and the number.",
    isDone: (evidence) => said(evidence, /get\s.*(sts|statefulset)/),
  },
  {
    id: "visit",
    task: "Tasks 1 and 2: the set",
    title: "Visit the app",
    why: "Every visit to / adds one to a file on the pod's own volume. Probes ask /health, so they do not count.",
    commands: [
      "minikube service python-app --url",
      "kubectl exec python-app-0 -- sh -c 'for n in 1 2 3 4; do curl -s localhost:5000/ >/dev/null; done'",
      "kubectl exec python-app-1 -- sh -c 'for n in 1 2 3; do curl -s localhost:5000/ >/dev/null; done'",
    ],
    look: "Nothing in the picture moves: the visits are in the volumes.",
    isDone: async (evidence) =>
      Number.parseInt(await evidence.read("python-app-0", VISITS)) > 0 &&
      Number.parseInt(await evidence.read("python-app-1", VISITS)) > 0,
  },
  {
    id: "counts",
    task: "File content in each pod",
    title: "Two pods, two counts",
    why: "Each replica has storage of its own, so each has counted for itself.",
    commands: [`kubectl exec python-app-0 -- cat ${VISITS}`, `kubectl exec python-app-1 -- cat ${VISITS}`],
    look: "The numbers differ because the volumes do.",
    isDone: (evidence) =>
      ["python-app-0", "python-app-1"].every((name) => said(evidence, new RegExp(`exec.*${name}.*cat.*visits`))),
  },
  {
    id: "slip",
    task: "Persistent storage",
    title: "A slip of the hand",
    why: "The report deletes app-python-0. There is no such pod.",
    commands: ["kubectl delete pod app-python-0"],
    look: "NotFound, and a hint. Nothing was deleted.",
    isDone: ({ log }) =>
      log.some(({ line, exit, err }) => /\bdelete\b.*\bapp-python-\d/.test(line) && exit !== 0 && err.includes("NotFound")),
  },
  {
    id: "delete",
    task: "Persistent storage",
    title: "Delete a pod, keep its data",
    why: "A set promises that there is a python-app-0, not that it is the same pod for ever.",
    commands: [
      "kubectl get pod python-app-0 -o wide",
      "kubectl delete pod python-app-0",
      "kubectl wait --for=condition=Ready pod/python-app-0 --timeout=60s",
      "kubectl get pod python-app-0 -o wide",
    ],
    look: "The pod goes and its claim stays. A new pod of the same name, with a new address, takes the same volume.",
    isDone(evidence) {
      const now = pod(evidence, "python-app-0");
      const claim = evidence.state.claims.find(({ name }) => name === "data-python-app-0");
      if (!now?.ready || !claim?.volume) return false;
      evidence.notes.uid ??= now.uid;
      evidence.notes.volume ??= claim.volume;
      return now.uid !== evidence.notes.uid && claim.volume === evidence.notes.volume;
    },
  },
  {
    id: "kept",
    task: "Persistent storage",
    title: "The count is still there",
    why: "The file is on the volume, and the volume outlived the pod. The path may be relative: the container works in /.",
    commands: ["kubectl get pvc", "kubectl exec python-app-0 -- cat config/visits.txt"],
    look: "The same claims, the same volumes, the same count as before.",
    isDone: (evidence) => {
      const at = evidence.log.findLastIndex(({ line, exit }) => /delete.*python-app-0/.test(line) && exit === 0);
      const after = evidence.log.slice(at + 1);
      return at >= 0 && after.some(({ line, exit }) => /exec.*python-app-0.*visits/.test(line) && exit === 0);
    },
  },
  {
    id: "dns",
    task: "Headless Service access",
    title: "A pod by its name",
    why: "Every pod of the set has a name in DNS: pod, Service, namespace.",
    commands: ["kubectl exec python-app-0 -- nslookup python-app-1.python-app.default.svc.cluster.local"],
    look: "The answer is the address of python-app-1, although this Service has a cluster IP and is not headless.",
    isDone: (evidence) => said(evidence, /exec.*(nslookup|getent).*python-app-1/),
  },
  {
    id: "headless",
    task: "Headless Service access",
    title: "What headless changes",
    why: "A Service without a cluster IP answers with the addresses of its pods instead of one of its own.",
    commands: [
      "kubectl apply -f lab14/headless.yaml",
      "advance 2s",
      "kubectl exec python-app-0 -- getent hosts python-app-headless",
      "kubectl exec python-app-0 -- getent hosts python-app",
    ],
    look: "The headless name gives pods' addresses, the other one the Service's.",
    isDone: (evidence) =>
      evidence.state.services.some(({ name, clusterIP }) => name === "python-app-headless" && clusterIP === "None") &&
      said(evidence, /exec.*(nslookup|getent|curl).*python-app-headless/),
  },
  {
    id: "readiness",
    task: "Probes",
    title: "Not ready, not reached",
    why: "A pod that fails its readiness probe is left alone, but nobody is sent to it.",
    commands: [
      "fault probe python-app-1 readiness fail",
      "advance 20s",
      "kubectl get pods -l app=python-app",
      "kubectl get endpointslices -l kubernetes.io/service-name=python-app",
      "fault probe python-app-1 readiness pass",
      "advance 10s",
      "kubectl get pods -l app=python-app",
    ],
    look: "python-app-1 is Running and 0/1, and its line from the Service is broken; then it is back.",
    isDone(evidence) {
      const { notes } = evidence;
      const one = pod(evidence, "python-app-1");
      // The same container of the same pod: one that was replaced or restarted has not failed its readiness probe.
      const now = one && `${one.uid} ${one.restarts}`;
      const isReached = one !== undefined && reaches(evidence, "python-app", one.name);
      if (one?.ready && isReached && notes.lost === now) return true;
      if (one?.ready && isReached) notes.reached = now ?? "";
      const isLeftAlone = one?.phase === "Running" && !one.ready && !one.terminating && !isReached;
      if (isLeftAlone && now && notes.reached === now) notes.lost = now;
      return false;
    },
  },
  {
    id: "liveness",
    task: "Probes",
    title: "Not alive, restarted",
    why: "A pod that fails its liveness probe three times has its container restarted. The pod stays, so do its name and its volume.",
    commands: [
      "fault probe python-app-1 liveness fail",
      "advance 40s",
      "fault probe python-app-1 liveness real",
      "advance 30s",
      "kubectl get pods -l app=python-app",
    ],
    look: "RESTARTS of python-app-1 went up; the pod was not replaced.",
    isDone: (evidence) => (pod(evidence, "python-app-1")?.restarts ?? 0) > 0,
  },
  {
    id: "parallel",
    task: "Ordering and parallel operation",
    title: "All pods at once",
    why: "This app does not care which pod starts first, so podManagementPolicy: Parallel lets the set start and stop them together.",
    commands: [
      "kubectl apply -f lab14/parallel/statefulset.yaml",
      "kubectl rollout status sts/python-app-parallel",
      "kubectl get events --field-selector reason=SuccessfulCreate",
    ],
    look: "Three lanes of the timeline begin at the same moment. Open OrderedReady | Parallel to see both policies side by side.",
    isDone: (evidence) => isReady(evidence, "python-app-parallel", 3),
  },
  {
    id: "end",
    task: "Ordering and parallel operation",
    title: "All of it",
    why: "The whole lab in one table.",
    commands: ["kubectl get po,sts,svc,pvc"],
    look: "Three kinds of names: python-app-0 of a set, python-app-… with random letters of a Deployment, and the parallel set's.",
    isDone: ({ log }) => {
      const at = log.findLastIndex(({ line, exit }) => /apply.*parallel/.test(line) && exit === 0);
      return at >= 0 && log.slice(at + 1).some(({ line, exit }) => /get\s.*(sts|statefulset)/.test(line) && exit === 0);
    },
  },
];
