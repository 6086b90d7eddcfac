import { type Browser, type Page, chromium } from 'playwright-core';
import { findProgram } from '#libs/local-stack/src/apt-package.js';

const chromiumPackage = { title: 'Chromium', program: 'chromium', name: 'chromium' };

/** No request leaves this machine: neither of a page nor of the browser itself. Names under .test lead to this machine. */
const flags = [
  '--no-sandbox', // Chromium does not sandbox for root.
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
];

/** Debian's Chromium without a window, on a profile that goes with it. Installed when it is missing and this user may. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = await findProgram(chromiumPackage, (line) => process.stderr.write(`${line}\n`));
  return chromium.launch({ executablePath, headless: true, args: flags });
}

export interface PageRecord {
  /** URLs of every request, as they go over the wire. */
  readonly requests: string[];
  /** Warnings and errors of the console, uncaught errors, requests that failed. */
  readonly complaints: string[];
}

/** Notes what a page asks for and complains about, from now on. */
export function record(page: Page): PageRecord {
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText}`));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  return { requests, complaints };
}
