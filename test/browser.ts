import { existsSync } from "node:fs";
import { chromium, type Browser } from "playwright-core";
import { describe, test } from "vitest";

const CHROMIUM = process.env["CALLTIME_CHROMIUM"] ?? "/usr/bin/chromium";

/** A folder for the screenshots, to look at; without it they are thrown away. */
export const SCREENSHOTS = process.env["CALLTIME_SCREENSHOTS"];

/** Tests in a real browser. Without one they are skipped by name; with `CI` set that is a failure. */
export function describeWithBrowser(title: string, body: () => void): void {
  if (existsSync(CHROMIUM)) describe(title, body);
  else if (process.env["CI"]) {
    test(title, () => {
      throw new Error(`${CHROMIUM} is not present; install Debian's chromium, or set CALLTIME_CHROMIUM to a Chromium`);
    });
  } else test.skip(`${title} (skipped: ${CHROMIUM} not present)`, () => undefined);
}

/** A browser without a screen, which whoever launches it closes. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
}
