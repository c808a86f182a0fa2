// The charts of a backtest's report. Runs in a browser, inside the one file that the report is; uPlot is in it before this.
/* global uPlot */
{
  const data = JSON.parse(document.getElementById("data").textContent);
  const chart = document.getElementById("chart");
  const select = document.getElementById("policy");
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
  /** A colour of the page as the canvas takes it: light-dark() has to be worked out first. */
  const resolved = (name, opacity = 1) => {
    const probe = document.createElement("span");
    probe.style.color = colour(name);
    document.body.append(probe);
    const [red, green, blue] = getComputedStyle(probe).color.match(/[\d.]+/g);
    probe.remove();
    return `rgb(${red} ${green} ${blue} / ${opacity})`;
  };

  const times = data.loadRps.map((_, index) => data.fromSeconds + index * data.stepSeconds);
  const capacity = (units) => units.map((count) => (count === null ? null : count * data.throughputRps));
  const shown = data.policies.findIndex(({ name }) => name.startsWith("target tracking"));
  for (const [index, { name }] of data.policies.entries()) select.append(new Option(name, index, false, index === shown));

  const rate = (_, value) => (value === null || value === undefined ? "–" : `${Math.round(value).toLocaleString("en")}/s`);
  const units = (_, value) =>
    value === null || value === undefined ? "–" : `${Math.round(value / data.throughputRps).toLocaleString("en")} units`;
  const stepped = uPlot.paths.stepped({ align: 1 });
  const two = (count) => String(count).padStart(2, "0");
  const clock = (date) => `${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
  const day = (date) => date.toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
  const DAY = 86_400;
  const times24 = (_, splits) =>
    splits.map((seconds) => (seconds % DAY === 0 ? day(new Date(seconds * 1000)) : clock(new Date(seconds * 1000))));
  const moment = (_, seconds) => (seconds ? `${day(new Date(seconds * 1000))} ${clock(new Date(seconds * 1000))}` : "–");
  // A floor that is far too high must not flatten the load: what is cut off is said in the table of policies.
  const ROOM = 2.5;
  const mostLoad = (from, to) => data.loadRps.reduce((most, load, index) => (index >= from && index <= to && load > most ? load : most), 1);
  const range = (u) => {
    const [from, to] = u.series[0].idxs ?? [0, data.loadRps.length - 1];
    return [0, ROOM * mostLoad(from, to)];
  };
  const axis = { stroke: resolved("quiet"), grid: { stroke: resolved("rule") }, ticks: { stroke: resolved("rule") } };

  /** The time in which programmes are on air, behind everything else. */
  const onAir = (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = resolved("quiet", 0.14);
    for (const { startsAtSeconds, endsAtSeconds } of data.programmes) {
      const from = Math.max(bbox.left, plot.valToPos(startsAtSeconds, "x", true));
      const to = Math.min(bbox.left + bbox.width, plot.valToPos(endsAtSeconds, "x", true));
      if (to > from) ctx.fillRect(from, bbox.top, to - from, bbox.height);
    }
    ctx.restore();
  };

  const plot = new uPlot(
    {
      width: chart.clientWidth,
      height: 380,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      scales: { y: { range } },
      series: [
        { label: "time, UTC", value: moment },
        { label: "forecast, median", stroke: resolved("forecast"), width: 1, value: rate },
        { label: "forecast, tail", stroke: resolved("forecast", 0.4), width: 1, value: rate },
        { label: "Calltime's floor", stroke: resolved("floor"), width: 2, paths: stepped, value: units },
        { label: data.policies[shown].name, stroke: resolved("policy"), width: 1.5, paths: stepped, value: units },
        { label: "load", stroke: resolved("load"), width: 1.5, value: rate },
      ],
      bands: [{ series: [2, 1], fill: resolved("forecast", 0.15) }],
      axes: [
        { ...axis, values: times24 },
        { ...axis, size: 70, label: "requests a second, and what capacity serves", labelSize: 24 },
      ],
      hooks: { drawClear: [onAir] },
    },
    [times, data.medianRps, data.tailRps, capacity(data.floorUnits), capacity(data.policies[shown].serving), data.loadRps],
    chart,
  );

  const show = (min, max) => plot.setScale("x", { min, max });
  const HOUR = 3600;
  select.addEventListener("change", () => {
    const policy = data.policies[Number(select.value)];
    const { min, max } = plot.scales.x;
    plot.series[4].label = policy.name;
    const label = chart.querySelectorAll(".u-legend .u-label")[4];
    if (label) label.textContent = policy.name;
    plot.setData([...plot.data.slice(0, 4), capacity(policy.serving), plot.data[5]], false);
    show(min, max);
  });
  document.getElementById("all").addEventListener("click", () => show(times[0], times.at(-1)));
  for (const button of document.querySelectorAll("[data-programme]")) {
    button.addEventListener("click", () => {
      const { startsAtSeconds, endsAtSeconds } = data.programmes[Number(button.dataset.programme)];
      show(startsAtSeconds - HOUR, endsAtSeconds + HOUR);
      chart.scrollIntoView({ behavior: "smooth", block: "center" });
    });
  }
  addEventListener("resize", () => plot.setSize({ width: chart.clientWidth, height: 380 }));
}
