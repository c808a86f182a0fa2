// One page for the evening: are minutes passing, is anybody to be called, how long do functions take, does anything lie among the dead.
const ours = (label, metric, service, stat) => ["Calltime", metric, "service", service, "stage", "${self:provider.stage}", { label, stat }];
const graph = (title, x, y, metrics) => ({
  type: "metric",
  x,
  y,
  width: 12,
  height: 6,
  properties: { title, region: "${AWS::Region}", view: "timeSeries", period: 60, metrics },
});

const SERVICES = ["cue", "measure", "plan", "warm-capacity", "ingest", "api"];
const QUEUES = ["warm", "ingest-dead", "plan-dead", "warm-dead", "minute-dead"];

const widgets = [
  graph("Minutes", 0, 0, [ours("ticks", "Handled", "cue", "Sum"), ours("measured", "Handled", "measure", "Sum")]),
  graph("Somebody is called", 12, 0, [
    ours("verdicts that page", "VerdictsPaging", "cue", "Sum"),
    ours("events that wait for the bus", "UnsentEvents", "cue", "Maximum"),
    ...SERVICES.map((service) => ours(`${service} failed`, "Failed", service, "Sum")),
  ]),
  graph(
    "Duration",
    0,
    6,
    SERVICES.map((service) => [
      "AWS/Lambda",
      "Duration",
      "FunctionName",
      `\${self:custom.name}-${service}`,
      { label: service, stat: "Maximum" },
    ]),
  ),
  graph("Age of the oldest feed", 12, 6, [ours("seconds", "FeedAge", "cue", "Maximum")]),
  graph(
    "Queues",
    0,
    12,
    QUEUES.map((queue) => [
      "AWS/SQS",
      "ApproximateNumberOfMessagesVisible",
      "QueueName",
      `\${self:custom.name}-${queue}`,
      { label: queue, stat: "Maximum" },
    ]),
  ),
];

const Dashboard = {
  Type: "AWS::CloudWatch::Dashboard",
  Properties: { DashboardName: "${self:custom.name}", DashboardBody: { "Fn::Sub": JSON.stringify({ widgets }) } },
};

module.exports = async ({ resolveVariable }) => {
  const wanted = await resolveVariable("param:dashboard");
  if (wanted !== "on" && wanted !== "off") throw new Error(`--param dashboard=${wanted}: there are on and off`);
  return { Resources: wanted === "on" ? { Dashboard } : {} };
};
