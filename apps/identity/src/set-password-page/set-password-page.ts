import type { Language } from '#libs/events/src/contract.js';
import { longestPassword, shortestPassword } from '../new-password.js';

const words = {
  ja: {
    title: 'パスワードの設定',
    rule: `${shortestPassword}文字以上のパスワードを決めてください。長い文のほうが、記号を混ぜるより安全です。`,
    password: '新しいパスワード',
    again: '新しいパスワード（確認）',
    differ: '二つのパスワードが一致していません。',
    save: '設定する',
    done: 'パスワードを設定しました。新しいパスワードでログインしてください。',
    gone: 'このリンクは使えません',
    goneHelp: 'すでに使用されたか、有効期限が切れたか、URLが途中で切れています。管理者に新しいリンクをご依頼ください。',
    trouble: 'ただいま設定できません。しばらくしてから、もう一度お試しください。',
    noScript: 'この画面を使うには、ブラウザーの JavaScript を有効にしてください。',
  },
  en: {
    title: 'Set your password',
    rule: `Choose a password of ${shortestPassword} characters or more. A long sentence is safer than odd characters.`,
    password: 'New password',
    again: 'New password, once more',
    differ: 'The two passwords are not the same.',
    save: 'Set the password',
    done: 'Your password is set. Sign in with it.',
    gone: 'This link does not work',
    goneHelp: 'It was used already, has expired or is incomplete. Ask an administrator for a new one.',
    trouble: 'The password cannot be set right now. Try again in a moment.',
    noScript: 'Turn on JavaScript in your browser to use this page.',
  },
} satisfies Record<Language, Record<string, string>>;

export function setPasswordPage(language: Language): string {
  const text = words[language];
  const field = (id: string, label: string) =>
    `<label for="${id}">${label}</label>
        <input id="${id}" type="password" autocomplete="new-password" required minlength="${shortestPassword}" maxlength="${longestPassword}">`;
  return `<!doctype html>
<html lang="${language}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <title>${text.title}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/set-password/page.css">
  <script src="/set-password/page.js" defer></script>
</head>
<body>
  <main>
    <section id="ask">
      <h1>${text.title}</h1>
      <p>${text.rule}</p>
      <form id="form">
        ${field('password', text.password)}
        ${field('again', text.again)}
        <p id="differ" class="notice" role="alert" hidden>${text.differ}</p>
        <p id="trouble" class="notice" role="alert" hidden>${text.trouble}</p>
        <noscript><p class="notice">${text.noScript}</p></noscript>
        <button id="save" type="submit">${text.save}</button>
      </form>
    </section>
    <section id="done" tabindex="-1" hidden>
      <h1>${text.title}</h1>
      <p role="status">${text.done}</p>
    </section>
    <section id="gone" tabindex="-1" hidden>
      <h1>${text.gone}</h1>
      <p>${text.goneHelp}</p>
    </section>
  </main>
</body>
</html>
`;
}
