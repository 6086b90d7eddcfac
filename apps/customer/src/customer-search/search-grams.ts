/** Pieces of texts by which an index finds what contains or begins with something. All texts are keys of search-keys. */

const longestPrefix = 3;
const latin = /^[\x21-\x7e]+$/;

/** Every piece of a text: three Latin letters or digits each, or two characters of which one is none. */
function pieces(text: string): string[] {
  const characters = [...text];
  return characters.flatMap((_, start) => {
    const [two, three] = [characters.slice(start, start + 2), characters.slice(start, start + 3)];
    if (two.length < 2) return [];
    if (!latin.test(two.join(''))) return [two.join('')];
    return three.length === 3 && latin.test(three.join('')) ? [three.join('')] : [];
  });
}

function prefixes(text: string): string[] {
  const characters = [...text];
  const longest = Math.min(longestPrefix, characters.length);
  return Array.from({ length: longest }, (_, index) => `^${characters.slice(0, index + 1).join('')}`);
}

/** What a row is found by, without repeats, sorted. */
export function gramsOf(texts: readonly (string | null)[]): readonly string[] {
  const grams = new Set<string>();
  for (const text of texts) {
    if (text === null) continue;
    for (const gram of pieces(text)) grams.add(gram);
    for (const gram of prefixes(text)) grams.add(gram);
  }
  return [...grams].toSorted();
}

/** Pieces that every row has whose text contains this; undefined when it is too short to be looked for inside. */
export function gramsWithin(text: string): readonly string[] | undefined {
  const grams = [...new Set(pieces(text))];
  return grams.length > 0 ? grams : undefined;
}

/** Pieces that every row has whose text begins with this. */
export function gramsAtStart(text: string): readonly string[] {
  const longest = prefixes(text).at(-1);
  return [...(longest === undefined ? [] : [longest]), ...new Set(pieces(text))];
}
