import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { serveApi, type Served } from "../../local/server.ts";
import { correctProgramme } from "../../shared/app/corrections.ts";
import { setMode } from "../../shared/app/modes.ts";
import { setOverride } from "../../shared/app/override.ts";
import { tick } from "../../shared/app/tick.ts";
import { MINUTE_MS } from "../../shared/core/time.ts";
import { describeWithBrowser, launchBrowser, SCREENSHOTS } from "../browser.ts";
import { NOW_MS, runningPlatform, type Platform, type PlatformChanges } from "../api/platform.ts";

type Opened = { readonly page: Page; readonly served: Served; readonly running: Platform; readonly faults: readonly string[] };

async function finalId({ context, now }: Platform): Promise<string> {
  return (await context.guide(now())).occasions.find(({ name }) => name.includes("Final"))?.id ?? "";
}

describeWithBrowser("the status page", () => {
  let browser: Browser;
  const screenshots = SCREENSHOTS ?? mkdtempSync(join(tmpdir(), "calltime-page-"));
  beforeAll(async () => {
    browser = await launchBrowser();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    if (SCREENSHOTS === undefined) rmSync(screenshots, { recursive: true, force: true });
  });

  /** The page over a running platform at 17:11, a minute after the verdict of T−30. */
  async function opened(changes: PlatformChanges = {}, size = { width: 1400, height: 1000 }, dark = false): Promise<Opened> {
    const running = await runningPlatform(changes, 12);
    const served = await serveApi(running.api, { port: 0 });
    const context = await browser.newContext({ viewport: size, colorScheme: dark ? "dark" : "light", timezoneId: "UTC" });
    onTestFinished(async () => {
      await context.close();
      await served.close();
    });
    const page = await context.newPage();
    const faults: string[] = [];
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    await page.goto(`${served.url}/`);
    await page.locator(".card h3").first().waitFor();
    return { page, served, running, faults };
  }

  test("shows the time, the occasion with its verdict in words, its audience, and each target's need and chart", async () => {
    const { page, faults } = await opened();
    expect(await page.locator("#clock").textContent()).toBe("17:11");
    expect(await page.locator("#status").textContent()).toBe("ok");
    const card = page.locator(".card");
    expect(await card.count()).toBe(1);
    const said = (await card.innerText()).replaceAll(/\s+/g, " ");
    expect(said).toContain("the National Cup Final");
    expect(said).toMatch(/(Ready|Warming on time|Planned|Short|Late|Unknown)/);
    expect(said).toContain("in 29 min");
    expect(said).toMatch(/[\d,]+ viewers expected, [\d,]+ to [\d,]+/);
    expect(said).toMatch(/player-api \d+ \d+ /);
    expect(said).toContain("catalogue-db: your limits leave it short by");
    expect(await page.locator(".target").count()).toBe(2);
    for (const kind of ["band", "median", "needed", "floor"]) {
      expect(await page.locator(`.target svg path.${kind}`).first().getAttribute("d")).toMatch(/^M[\d.]+ [\d.]+L/);
    }
    expect(faults).toEqual([]);
  });

  test("answers why a floor is what it is, now and at a step to come, and gives the focus back", async () => {
    const { page, faults } = await opened();
    const row = page.locator(".target").first();
    await row.getByRole("button", { name: "Why is the floor of player-api what it is now?" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("listitem").first().waitFor();
    expect(await dialog.getByRole("heading").textContent()).toMatch(/^Why is the floor of player-api \d+ at 17:11\?$/);
    await dialog.getByRole("button", { name: "Close" }).click();
    await row.locator(".steps button").first().click();
    await expect.poll(() => dialog.innerText()).toContain("the National Cup Final (the audience arriving) adds");
    await page.keyboard.press("Escape");
    expect(await dialog.isVisible()).toBe(false);
    expect(faults).toEqual([]);
  });

  test("a floor that a person asked for is in its target's row: who, how much, until when and why, as text", async () => {
    const { page, running, faults } = await opened();
    const asked = { targetIds: ["player-api"], floorUnits: 300, untilMs: NOW_MS + 60 * MINUTE_MS, author: "ops", why: "<b>a bulletin</b>" };
    await setOverride(running.context, asked, running.now());
    const row = page.locator(".target").first();
    await expect.poll(() => row.innerText(), { timeout: 8_000 }).toContain("ops asked for at least 300, 17:11–18:00: <b>a bulletin</b>");
    expect(await page.locator(".target").nth(1).innerText()).not.toContain("asked for");
    expect(faults).toEqual([]);
  });

  test("what people said of an occasion is on its card, what they called off below the cards, and the modes they set with the targets", async () => {
    const { page, running, faults } = await opened();
    const lease = { occasionId: await finalId(running), untilMs: NOW_MS + 180 * MINUTE_MS, author: "newsroom" };
    await setOverride(running.context, { ...lease, kind: "overrun", byMinutes: 30, why: "<i>extra time</i>" }, running.now());
    const { programmes } = (await (await running.ask("/v1/programmes?title=news")).json()) as { programmes: { id: string }[] };
    const news = { programmeId: programmes[0]?.id ?? "", cancelled: true, author: "desk", why: "moved to tomorrow" };
    await correctProgramme(running.context, news, running.now());
    await setMode(running.context, { mode: "observe", author: "ops", why: "metrics move" }, running.now());
    await setMode(running.context, { mode: "frozen", targetId: "player-api", author: "ops", why: "a deployment" }, running.now());
    const card = page.locator(".card").first();
    await expect
      .poll(() => card.innerText(), { timeout: 8_000 })
      .toContain("newsroom said that the National Cup Final ends 30 min later than the guide says: <i>extra time</i>");
    expect(await page.locator("#called-off").innerText()).toBe(
      "19:30–20:30: desk said that Late News does not take place: moved to tomorrow",
    );
    expect(await page.locator("#mode").innerText()).toBe(
      "All targets are observed at most: nothing is written. Set by ops at 17:11: metrics move",
    );
    const [first, second] = [await page.locator(".target").first().innerText(), await page.locator(".target").nth(1).innerText()];
    expect(first).toContain("frozen: floors stay");
    expect(first).toContain("ops set it to frozen at 17:11: a deployment");
    expect(second).not.toContain("set it to");
    await page.screenshot({ path: join(screenshots, "said.png"), fullPage: true });
    expect(faults).toEqual([]);
  });

  test("follows platform time without being loaded again, and keeps the focus where it was", async () => {
    const { page, running } = await opened();
    await page.locator(".target").first().locator("button.why").first().focus();
    running.goTo(NOW_MS + 12 * MINUTE_MS);
    await tick(running.context, running.now());
    await expect.poll(() => page.locator("#clock").textContent(), { timeout: 8_000 }).toBe("17:12");
    expect(await page.evaluate(`document.activeElement.dataset.focus`)).toBe("player-api now");
  });

  test("says so when the server is gone, keeps what it had, and recovers", async () => {
    const { page, served, running } = await opened();
    await served.close();
    await expect.poll(() => page.locator("#status").textContent(), { timeout: 8_000 }).toBe("no connection");
    expect(await page.locator("#notices").innerText()).toContain("Calltime does not answer. What you see is from");
    expect(await page.locator(".card").count()).toBe(1);
    const again = await serveApi(running.api, { port: Number(new URL(served.url).port) });
    onTestFinished(() => again.close());
    await expect.poll(() => page.locator("#status").textContent(), { timeout: 8_000 }).toBe("ok");
    expect(await page.locator("#notices").innerText()).toBe("");
  });

  test("says what is wrong when Calltime is degraded, and that a target's state is unknown instead of zero", async () => {
    const { page } = await opened({ dark: ["catalogue-db"] });
    expect(await page.locator("#status").textContent()).toBe("degraded");
    expect(await page.locator("#notices").innerText()).toContain("catalogue-db cannot be described: the control plane is silent");
    expect(await page.locator(".target").nth(1).locator(".figures").innerText()).toMatch(/Serving\s+unknown/);
  });

  test("shows names as they are, whatever they are made of", async () => {
    const name = `Final <img src=x onerror="document.title='taken'"> & "more"`;
    const { page, faults } = await opened({ occasionName: name });
    expect(await page.locator(".card h3").textContent()).toBe(name);
    expect(await page.locator("main img").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  test.each([
    ["a desk", { width: 1400, height: 1000 }, false],
    ["a desk in the dark", { width: 1400, height: 1000 }, true],
    ["a phone", { width: 390, height: 844 }, false],
    ["a phone in the dark", { width: 390, height: 844 }, true],
  ])("fits %s without scrolling sideways, each text in enough contrast", async (title, size, dark) => {
    const { page } = await opened({}, size, dark);
    const path = join(screenshots, `${title.replaceAll(" ", "-")}.png`);
    await page.screenshot({ path, fullPage: true });
    expect(existsSync(path)).toBe(true);
    const widths = (await page.evaluate(`[document.documentElement.scrollWidth, innerWidth]`)) as [number, number];
    expect(widths[0]).toBeLessThanOrEqual(widths[1]);
    expect(await page.evaluate(POOR_CONTRAST)).toEqual([]);
  });

  test("has its landmarks, and a header for every column and row of its tables", async () => {
    const { page } = await opened();
    for (const role of ["banner", "main", "contentinfo"] as const) expect(await page.getByRole(role).count()).toBe(1);
    expect(await page.getByRole("region", { name: "Tonight" }).count()).toBe(1);
    const bare = await page.evaluate(
      `[...document.querySelectorAll("table")].filter((table) => table.caption === null || [...table.tHead.rows[0].cells].some((cell) => cell.scope !== "col" || cell.textContent === "")).length`,
    );
    expect(bare).toBe(0);
    expect(await page.locator("svg[role=img]").first().getAttribute("aria-label")).toMatch(
      /^player-api, the next three hours: floor \d+ from 17:11/,
    );
  });
});

/** Texts whose contrast with the ground behind them is below 4.5 : 1, as WCAG AA asks. Run in the page. */
const POOR_CONTRAST = `(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number);
  const light = ([r, g, b]) => {
    const part = (value) => { const share = value / 255; return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const ground = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
    if (!text || element.closest("dialog, noscript, title, .hidden") !== null) continue;
    const style = getComputedStyle(element);
    const [a, b] = [light(parse(element instanceof SVGElement ? style.fill : style.color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(element.textContent.trim().slice(0, 40) + " " + ratio.toFixed(2));
  }
  return poor;
})()`;
