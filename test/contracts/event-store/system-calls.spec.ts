import { expect, it } from 'vitest';
import { FlushTrace, parseTrace } from './system-calls.js';

const opening = [
  '11 openat(AT_FDCWD, "/d/data.mdb", O_RDWR|O_CREAT|O_CLOEXEC, 0664) = 20</d/data.mdb>',
  '11 openat(AT_FDCWD, "/d/data.mdb", O_WRONLY|O_DSYNC|O_CLOEXEC) = 21</d/data.mdb>',
];
const event = String.raw`12 pwrite64(20</d/data.mdb>, "\0stream-1{\"a\":1}", 4096, 40960) = 4096`;
const commit = String.raw`12 pwrite64(20</d/data.mdb>, "\1\0", 120, 4112) = 120`;
const flush = '12 fdatasync(20</d/data.mdb>) = 0';
const note = String.raw`12 pwrite64(21</d/data.mdb>, "\1\0", 120, 2064) = 120`;
const answer = String.raw`11 writev(30<TCP:[127.0.0.1:1->127.0.0.1:2]>, [{iov_base="\0stream-1", iov_len=9}], 1) = 9`;

function complaint(...lines: string[]): string | undefined {
  return new FlushTrace(parseTrace([...opening, ...lines, ''].join('\n')), '/d/data.mdb').complaintAbout('stream-1');
}

it('accepts an answer that waits for everything', () => {
  expect(complaint(event, commit, flush, note, answer)).toBeUndefined();
  expect(complaint(event, commit, `${flush} (DELAYED)`, note, answer)).toBeUndefined();
});

it.each([
  { lines: [event, commit, answer, flush, note], expected: 'its commit is not flushed' },
  { lines: [event, commit, flush, answer, note], expected: 'its flush is not noted' },
  { lines: [flush, event, commit, note, answer], expected: 'its commit is not flushed' },
  { lines: [event, flush, commit, note, answer], expected: 'its commit is not flushed' },
  { lines: [event, flush, note, answer], expected: 'its commit is not written' },
  { lines: [answer, event, commit, flush, note], expected: 'its event is not written' },
  { lines: [event, commit, flush.replace('= 0', '= -1 EIO (Input/output error)'), note, answer], expected: 'flushed' },
  { lines: [event, commit, flush.replace('data', 'other'), note, answer], expected: 'its commit is not flushed' },
  { lines: [event, commit, flush, note.replace('21<', '20<'), answer], expected: 'its flush is not noted' },
  { lines: [event, commit, flush, note], expected: 'no answer names it' },
])('complains when $expected', ({ lines, expected }) => {
  expect(complaint(...lines)).toContain(expected);
});

it('knows a flush that is under way from one that is done', () => {
  const begins = '12 fdatasync(20</d/data.mdb> <unfinished ...>';
  const ends = '12 <... fdatasync resumed>) = 0';
  expect(complaint(event, commit, begins, ends, note, answer)).toBeUndefined();
  expect(complaint(event, begins, commit, ends, note, answer)).toContain('its commit is not flushed');
  const early = answer.replace(/\) = 9$/, ' <unfinished ...>');
  const late = '11 <... writev resumed>) = 9';
  expect(complaint(event, commit, begins, early, ends, note, late)).toContain('its commit is not flushed');
});
