const newline = 0x0a;
/** Far beyond the largest event, whose data may take 16 MB. */
const maxLineBytes = 64 * 1024 * 1024;

export interface Line {
  /** From 1 on. */
  readonly number: number;
  readonly text: string;
}

/** A line that can't be used. The message names it and says why. */
export class BadLine extends Error {
  constructor(
    readonly line: number,
    reason: string,
  ) {
    super(`Line ${line}: ${reason}`);
  }
}

/**
 * Cuts at line feeds only: what Node's readline takes for the end of a line too, U+2028, stands unescaped in JSON.
 * Empty lines are passed over.
 * @throws BadLine
 */
export async function* linesIn(input: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let number = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;
  const finish = (): Line | undefined => {
    number += 1;
    const bytes = Buffer.concat(begun);
    [begun, begunBytes] = [[], 0];
    try {
      const text = decoder.decode(bytes);
      return text.trim() === '' ? undefined : { number, text };
    } catch {
      throw new BadLine(number, 'It is not UTF-8.');
    }
  };
  for await (const chunk of input) {
    let at = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, at)) {
      begun.push(chunk.subarray(at, end));
      at = end + 1;
      const line = finish();
      if (line !== undefined) yield line;
    }
    const rest = chunk.subarray(at);
    begunBytes += rest.length;
    if (begunBytes > maxLineBytes) throw new BadLine(number + 1, `It is longer than ${maxLineBytes} bytes.`);
    if (rest.length > 0) begun.push(rest);
  }
  if (begun.length === 0) return;
  const line = finish();
  if (line !== undefined) yield line;
}
