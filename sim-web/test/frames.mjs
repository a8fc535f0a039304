// What a page does in each frame: all its main thread's work, as Chromium's own trace tells it.

/** Categories of the trace: tasks of threads, and the frames of pages. */
const CATEGORIES = ["cc", "disabled-by-default-devtools.timeline"];

/**
 * Traces the page while `act` runs; resolves to the milliseconds that its main thread worked in each frame that it
 * drew, and to those until that work was done, waits for a core of a busy machine included. A frame's work is every task
 * from its begin to the next one's: scripts, messages, styles, layout, painting.
 */
export async function traceFrames(context, page, act) {
  const session = await context.newCDPSession(page);
  const events = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...value));
  const traceConfig = { includedCategories: CATEGORIES };
  await session.send("Tracing.start", { transferMode: "ReportEvents", traceConfig });
  await act();
  const complete = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await complete;
  await session.detach();
  return framesOf(events);
}

function framesOf(events) {
  const begins = events.filter(({ name, ph }) => name === "ProxyMain::BeginMainFrame" && ph === "X");
  const thread = mostFrequent(begins.map(({ pid, tid }) => `${pid} ${tid}`));
  const ours = ({ pid, tid }) => `${pid} ${tid}` === thread;
  const starts = begins.filter(ours).map(({ ts }) => ts);
  starts.sort((one, other) => one - other);
  const tasks = events.filter((event) => event.ph === "X" && event.name === "RunTask" && ours(event));
  if (starts.length < 2 || tasks.length === 0) throw new Error("the trace tells of no frames: is this Chromium?");
  const [worked, lasted] = [starts.slice(1).map(() => 0), starts.slice(1).map(() => 0)];
  // A frame begins within a task, which is that frame's.
  for (const { ts, dur, tdur = dur } of tasks) {
    const frame = starts.findLastIndex((start) => start < ts + dur);
    if (frame < 0 || frame >= worked.length) continue;
    worked[frame] += tdur / 1000;
    lasted[frame] += dur / 1000;
  }
  return { worked, lasted };
}

function mostFrequent(names) {
  const counts = new Map();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one)[0]?.[0];
}
