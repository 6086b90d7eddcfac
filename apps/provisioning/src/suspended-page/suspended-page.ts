import { createHash } from 'node:crypto';
import type { Language } from '#libs/events/src/contract.js';

const words = {
  ja: {
    product: 'AIチャットボット付きファイルサーバー',
    title: 'ご利用を停止しています',
    what: 'この環境は現在停止中です。お預かりしているファイルと設定は、そのまま保管しています。',
    help: '再開については、契約のご担当者またはサポートチームにお問い合わせください。',
  },
  en: {
    product: 'File server with AI chatbot',
    title: 'This service is suspended',
    what: 'This environment is switched off for now. Its files and settings are kept as they are.',
    help: 'To have it resumed, ask the person in charge of your contract, or our support team.',
  },
} satisfies Record<Language, Record<string, string>>;

const style = `
:root { color-scheme: light; }
body { margin: 0; background: #f2f4f7; color: #1c2430; font: 1rem/1.7 system-ui, sans-serif; }
main {
  max-width: 36rem; box-sizing: border-box; margin: clamp(1rem, 8vh, 5rem) auto; padding: clamp(1.25rem, 5vw, 2.5rem);
  background: #fff; border: 1px solid #d9dfe6; border-radius: 0.75rem;
}
@media (max-width: 38rem) { main { margin: 1rem; } }
:lang(ja) { line-break: strict; word-break: auto-phrase; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.4; }
p { margin: 0 0 1rem; }
main > :last-child { margin-bottom: 0; }
.product { margin: 0; color: #566273; font-size: 0.875rem; }
`;

/**
 * What the page may load: nothing but its own style, which stands in it. It is shown under the addresses of customers,
 * and each of their paths leads to it, so that it can have no second file.
 */
export const suspendedPagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What visitors of a suspended environment see. It names no customer. */
export function suspendedPage(language: Language): string {
  const text = words[language];
  return `<!doctype html>
<html lang="${language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <title>${text.title}</title>
  <link rel="icon" href="data:,">
  <style>${style}</style>
</head>
<body>
  <main>
    <p class="product">${text.product}</p>
    <h1>${text.title}</h1>
    <p>${text.what}</p>
    <p>${text.help}</p>
  </main>
</body>
</html>
`;
}
