import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { compiled } from './files.js';

function startOn(version: string): { code: number | null; complaint: string } {
  const script = `
    Object.defineProperty(process.versions, 'node', { value: ${JSON.stringify(version)} });
    await import(${JSON.stringify(compiled('libs/local-stack/src/require-node-24.js'))});`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return { code: status, complaint: stderr };
}

it('refuses a Node that is too old and says what to do', () => {
  expect(startOn('20.20.2')).toEqual({
    code: 1,
    complaint:
      'Keiyaku needs Node 24 and this is 20.20.2: run "npm ci" once, then use the npm scripts (npm start, npm run demo, npm test).\n',
  });
});

it.each(['24.0.0', '24.21.0', '26.1.0'])('starts on %s', (version) => {
  expect(startOn(version)).toEqual({ code: 0, complaint: '' });
});
