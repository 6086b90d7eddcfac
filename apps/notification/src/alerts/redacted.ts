const mostCharacters = 600;
const mailAddress = /[^\s@"'<>(),;:/…]+@[^\s@"'<>(),;:/]+\.\p{L}{2,}/gu;
/** What stands behind a word for a secret, and behind the kind of it. */
const named =
  /((?:secret|token|password|passwd|api[-_ ]?key|authorization|bearer|basic)["']?\s*[:=]\s*["']?(?:(?:bearer|basic)\s+)?)[^\s"',;<>&]+/gi;
/** A user and a password in a URL. */
const signIn = /(\w:\/\/)[^\s/@]+@/g;
/** Long, with capitals and digits: names of objects and digests of images have no capitals. */
const opaque = /\b(?=[\w+/=-]*[A-Z])(?=[\w+/=-]*\d)[\w+/=-]{28,}/g;

/**
 * Text for a chat or a mail to operators: the given names, mail addresses and everything that looks like a credential
 * are left out. Clusters quote what they were sent.
 */
export function redacted(text: string, names: readonly string[]): string {
  const withoutNames = names.filter((name) => name.length > 2).reduce((rest, name) => rest.replaceAll(name, '…'), text);
  const left = withoutNames
    .replace(signIn, '$1…@')
    .replace(mailAddress, '…')
    .replace(named, '$1…')
    .replace(opaque, '…');
  const characters = Array.from(left);
  return characters.length <= mostCharacters ? left : `${characters.slice(0, mostCharacters - 1).join('')}…`;
}
