// One function, as Lambda would run it, in a process whose clock is set from outside: Date is replaced before the bundle is imported, and the
// bundle has no switch for it. Whoever forked it sends { setTo }, then events to handle.
const Real = Date;
let nowMs = Number(process.env.E2E_NOW_MS);
globalThis.Date = class extends Real {
  constructor(...given) {
    super(...(given.length === 0 ? [nowMs] : given));
  }
  static now() {
    return nowMs;
  }
};

const { handler } = await import(process.env.E2E_BUNDLE);
const context = (leftMs) => {
  const endsAtMs = performance.now() + leftMs;
  return { awsRequestId: "e2e", functionName: "e2e", getRemainingTimeInMillis: () => Math.max(0, endsAtMs - performance.now()) };
};
process.on("message", async ({ id, atMs, event, leftMs }) => {
  nowMs = atMs;
  try {
    process.send({ id, result: await handler(event, context(leftMs)) });
  } catch (error) {
    process.send({ id, failure: { code: error.code, message: `${error.message}`.slice(0, 2_000) } });
  }
});
process.send({ id: "ready" });
