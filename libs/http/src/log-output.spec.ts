import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { collecting } from './log-output.js';

describe('what is collected', () => {
  let written: string[];
  let output: ReturnType<typeof collecting>;

  beforeEach(() => {
    vi.useFakeTimers();
    written = [];
    output = collecting({ write: (text) => void written.push(text) });
  });

  afterEach(() => vi.useRealTimers());

  it('is written in one piece after a moment', () => {
    output.soon.write('one\n');
    output.soon.write('two\n');
    expect(written).toEqual([]);
    vi.advanceTimersByTime(100);
    expect(written).toEqual(['one\ntwo\n']);
  });

  it('goes before a line that does not wait', () => {
    output.soon.write('request\n');
    output.atOnce.write('error\n');
    expect(written).toEqual(['request\nerror\n']);
    vi.advanceTimersByTime(100);
    expect(written).toHaveLength(1);
  });

  it('does not grow', () => {
    const line = `${'x'.repeat(1023)}\n`;
    for (let count = 0; count < 8; count++) output.soon.write(line);
    expect(written).toEqual([line.repeat(8)]);
  });

  it('is written on demand', () => {
    output.soon.write('one\n');
    output.flush();
    expect(written).toEqual(['one\n']);
  });
});

it.each([
  ['exits', 'process.exit(3)', 3],
  ['crashes', "throw new Error('a bug')", 1],
])('loses no line of a process that %s', (_how, ending, status) => {
  const source = new URL('./log-output.ts', import.meta.url).href;
  const program = `const { standardOutput } = await import(${JSON.stringify(source)});
    standardOutput().soon.write('the last request\\n'); ${ending};`;
  const ended = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  expect(ended).toMatchObject({ status, stdout: 'the last request\n' });
});
