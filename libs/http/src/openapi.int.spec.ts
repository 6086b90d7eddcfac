import { Controller, Get, Module } from '@nestjs/common';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { installMs } from '#libs/local-stack/src/apt-package.js';
import { record, startBrowser } from '#libs/testing/src/browser.js';
import { createApp, listen } from './bootstrap.js';

@Controller('things')
class ThingsController {
  @Get()
  things(): string[] {
    return [];
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

let browser: Browser;

beforeAll(async () => {
  browser = await startBrowser();
}, installMs);

afterAll(() => browser?.close());

it('shows the API in a browser, with nothing from elsewhere and nothing that the browser refuses', async () => {
  const app = await createApp(ThingsModule, { name: 'Things', logger: { level: 'silent' } });
  onTestFinished(() => app.close());
  const origin = `http://127.0.0.1:${await listen(app, 0)}`;
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  const { requests, complaints } = record(page);
  await page.goto(`${origin}/docs`);
  await page.getByText('/api/things').waitFor();
  expect(await page.title()).toBe('Things');
  await page.getByText('/api/things').click();
  await page.getByRole('button', { name: 'Try it out' }).click();
  await page.getByRole('button', { name: 'Execute' }).click();
  await page.getByText(`${origin}/api/things`).first().waitFor();
  expect(requests).toContain(`${origin}/api/things`);
  expect(requests.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual([]);
  expect(complaints).toEqual([]);
});
