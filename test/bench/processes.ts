/** What the kernel of the operating system says about a process. Linux only, like the local stack. */
import { readFileSync } from 'node:fs';

const ticksPerSecond = 100;

/** Resident memory in megabytes. */
export function memoryOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`The memory of process ${pid} can't be read from /proc.`);
  return Number(kilobytes) / 1024;
}

/** Milliseconds of processor time since the process began: unlike a rate, it hardly changes on a busy machine. */
export function processorMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The program's name stands in brackets and may hold blanks; user and system time are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}
