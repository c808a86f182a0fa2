import { chromium, type Browser } from "playwright-core";
import { describeWithPrograms } from "./programs.ts";

const CHROMIUM = process.env["CALLTIME_CHROMIUM"] ?? "/usr/bin/chromium";

/** A folder for the screenshots, to look at; without it they are thrown away. */
export const SCREENSHOTS = process.env["CALLTIME_SCREENSHOTS"];

/** Tests in a real browser. */
export function describeWithBrowser(title: string, body: () => void): void {
  describeWithPrograms(title, { commands: [CHROMIUM], from: "Debian's chromium, or set CALLTIME_CHROMIUM to a Chromium" }, body);
}

/** A browser without a screen, which whoever launches it closes. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
}
