export const html = `<!doctype html>
<html lang="ja">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="robots" content="noindex">
  <title>初期パスワード / Initial password</title>
  <link rel="stylesheet" href="/credentials/page.css">
  <script src="/credentials/page.js" defer></script>
</head>
<body>
  <main>
    <h1>初期パスワード<span lang="en">Initial password</span></h1>
    <section id="ask">
      <p>この画面は一度しか表示できません。表示したら、すぐにログインしてパスワードを変更してください。</p>
      <p lang="en">This can be shown only once. Sign in right away and change the password.</p>
      <button id="show" type="button">表示する / Show</button>
    </section>
    <section id="shown" hidden>
      <dl>
        <dt>URL</dt>
        <dd><a id="url" rel="noreferrer"></a><button type="button" data-copy="url">コピー / Copy</button></dd>
        <dt>管理者ID / Administrator</dt>
        <dd><output id="administrator"></output><button type="button" data-copy="administrator">コピー / Copy</button></dd>
        <dt>パスワード / Password</dt>
        <dd><output id="password"></output><button type="button" data-copy="password">コピー / Copy</button></dd>
      </dl>
      <p>このリンクは使用済みになりました。</p>
      <p lang="en">This link is used up now.</p>
    </section>
    <section id="gone" role="alert" hidden>
      <p>このリンクは無効です（使用済み、期限切れ、または不正）。サポートに新しいリンクをご依頼ください。</p>
      <p lang="en">This link is not valid: it was used, has expired or is incomplete. Ask our support for a new one.</p>
    </section>
    <section id="trouble" role="alert" hidden>
      <p>ただいま表示できません。しばらくしてから、もう一度お試しください。</p>
      <p lang="en">This can't be shown just now. Try again in a moment.</p>
    </section>
    <noscript><p>JavaScript を有効にしてください。 / Please turn on JavaScript.</p></noscript>
  </main>
</body>
</html>
`;

/** Waits for a click: programs that open links in mails must not use them up. */
export const script = `'use strict';
const part = (id) => document.getElementById(id);
const token = location.hash.slice(1);
const only = (id) => {
  for (const each of ['ask', 'shown', 'gone', 'trouble']) part(each).hidden = each !== id;
};

if (token === '') only('gone');

part('show').addEventListener('click', async () => {
  part('show').disabled = true;
  part('trouble').hidden = true;
  try {
    const response = await fetch('/api/credentials/redeem', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    if (response.ok) {
      const { url, administrator, password } = await response.json();
      part('url').textContent = url;
      part('url').href = url;
      part('administrator').textContent = administrator;
      part('password').textContent = password;
      history.replaceState(null, '', location.pathname);
      only('shown');
    } else if (response.status === 410 || response.status === 400) {
      only('gone');
    } else {
      throw new Error('status ' + response.status);
    }
  } catch {
    part('trouble').hidden = false;
    part('show').disabled = false;
  }
});

for (const button of document.querySelectorAll('[data-copy]')) {
  button.addEventListener('click', () => navigator.clipboard.writeText(part(button.dataset.copy).textContent));
}
`;

export const style = `
body { font: 1rem/1.6 system-ui, sans-serif; margin: 0; color: #1c2430; background: #f4f6f8; }
main { max-width: 38rem; margin: 8vh auto; padding: 2rem; background: #fff; border-radius: 0.5rem; }
h1 { font-size: 1.4rem; margin-top: 0; }
h1 span { display: block; font-size: 0.9rem; font-weight: normal; color: #5a6675; }
p[lang='en'] { color: #5a6675; }
dt { font-size: 0.85rem; color: #5a6675; }
dd { display: flex; gap: 1rem; align-items: center; justify-content: space-between; margin: 0 0 1rem; }
output { font-family: ui-monospace, monospace; font-size: 1.1rem; user-select: all; overflow-wrap: anywhere; }
button { font: inherit; padding: 0.4rem 0.9rem; border: 1px solid #2457a6; border-radius: 0.3rem; background: #fff; }
#show { background: #2457a6; color: #fff; }
[hidden] { display: none; }
`;
