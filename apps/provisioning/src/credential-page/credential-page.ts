import type { Language } from '#libs/events/src/contract.js';

const words = {
  ja: {
    product: 'AIチャットボット付きファイルサーバー',
    title: '初期パスワード',
    once: 'パスワードを表示できるのは一度だけです。表示したらすぐにログインし、パスワードを変更してください。',
    show: 'パスワードを表示する',
    administrator: '初期管理者ID',
    password: '初期パスワード',
    copy: 'コピー',
    copied: 'コピー済み',
    usedUp: 'このリンクは使用済みになりました。この画面を閉じると、パスワードは二度と表示されません。',
    gone: 'このリンクは使えません',
    goneWhy: 'すでに使用されたか、有効期限が切れたか、URLが途中で切れています。',
    goneHelp:
      '案内メールに記載のサポートチームに、新しいリンクをご依頼ください。ご自身で使用した覚えがない場合は、その旨もお知らせください。',
    trouble: 'ただいま表示できません。しばらくしてから、もう一度お試しください。',
    noScript: 'この画面を使うには、ブラウザーの JavaScript を有効にしてください。',
  },
  en: {
    product: 'File server with AI chatbot',
    title: 'Initial password',
    once: 'The password can be shown only once. Sign in right after that and change it.',
    show: 'Show the password',
    administrator: 'Initial administrator ID',
    password: 'Initial password',
    copy: 'Copy',
    copied: 'Copied',
    usedUp: 'This link is used up now. Once you close this page, the password cannot be shown again.',
    gone: 'This link does not work',
    goneWhy: 'It was used already, has expired or is incomplete.',
    goneHelp:
      'Ask the support team named in our mail for a new link. If you do not remember using this one, tell them that too.',
    trouble: 'The password cannot be shown right now. Try again in a moment.',
    noScript: 'Turn on JavaScript in your browser to use this page.',
  },
} satisfies Record<Language, Record<string, string>>;

/** The page before and after its one click. It knows no secret: the script fetches them. */
export function credentialPage(language: Language): string {
  const text = words[language];
  const copy = (id: string) =>
    `<button type="button" data-copy="${id}" data-copied="${text.copied}">${text.copy}</button>`;
  // An icon of its own, so that the browser asks for none; values that a translating browser must not change.
  return `<!doctype html>
<html lang="${language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <title>${text.title}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/credentials/page.css">
  <script src="/credentials/page.js" defer></script>
</head>
<body>
  <main>
    <p class="product">${text.product}</p>
    <section id="ask">
      <h1>${text.title}</h1>
      <p>${text.once}</p>
      <p id="trouble" class="notice" role="alert" hidden>${text.trouble}</p>
      <noscript><p class="notice">${text.noScript}</p></noscript>
      <button id="show" type="button">${text.show}</button>
    </section>
    <section id="shown" tabindex="-1" hidden>
      <h1>${text.title}</h1>
      <dl translate="no">
        <dt>URL</dt>
        <dd><a id="url" target="_blank" rel="noopener noreferrer"></a>${copy('url')}</dd>
        <dt>${text.administrator}</dt>
        <dd><output id="administrator"></output>${copy('administrator')}</dd>
        <dt>${text.password}</dt>
        <dd><output id="password"></output>${copy('password')}</dd>
      </dl>
      <p class="notice">${text.usedUp}</p>
    </section>
    <section id="gone" tabindex="-1" hidden>
      <h1>${text.gone}</h1>
      <p>${text.goneWhy}</p>
      <p>${text.goneHelp}</p>
    </section>
  </main>
</body>
</html>
`;
}
