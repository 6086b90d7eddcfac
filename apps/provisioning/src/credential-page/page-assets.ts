/** Waits for a click: programs that open links in mails must not use them up. */
export const script = `'use strict';
const part = (id) => document.getElementById(id);
const token = location.hash.slice(1);
const only = (id) => {
  for (const each of ['ask', 'shown', 'gone']) part(each).hidden = each !== id;
  part(id).focus();
};

if (token === '') only('gone');
// Another link of a mail, opened in this same tab.
addEventListener('hashchange', () => location.reload());

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
  const value = part(button.dataset.copy);
  const label = button.textContent;
  // Only pages that came over HTTPS, or from this machine, may copy. Elsewhere one click selects the whole value.
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(value.textContent);
      button.textContent = button.dataset.copied;
      setTimeout(() => (button.textContent = label), 2000);
    } catch {
      button.hidden = true;
      getSelection().selectAllChildren(value);
    }
  });
}
`;

export const style = `:root { color-scheme: light; --ink: #1c2430; --quiet: #566273; --line: #d9dfe6; --blue: #1f55a8; }
* { box-sizing: border-box; }
body { margin: 0; background: #f2f4f7; color: var(--ink); font: 1rem/1.7 system-ui, sans-serif; }
main {
  max-width: 36rem; margin: clamp(1rem, 8vh, 5rem) auto; padding: clamp(1.25rem, 5vw, 2.5rem);
  background: #fff; border: 1px solid var(--line); border-radius: 0.75rem;
}
@media (max-width: 38rem) { main { margin: 1rem; } }
:lang(ja) { line-break: strict; word-break: auto-phrase; }
section:focus { outline: none; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.4; }
p { margin: 0 0 1rem; }
section > :last-child { margin-bottom: 0; }
.product { margin: 0; color: var(--quiet); font-size: 0.875rem; }
.notice { padding: 0.75rem 1rem; background: #fff6e0; border-left: 4px solid #d99a1c; border-radius: 0.25rem; }
dl { margin: 0 0 1.5rem; }
dt { padding-top: 0.75rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: 0.875rem; }
dd { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; align-items: center; min-height: 2.75rem; margin: 0 0 0.75rem; }
dd > :first-child { flex: 1 1 16.5rem; }
a { color: var(--blue); overflow-wrap: anywhere; }
output { overflow-wrap: anywhere; user-select: all; }
#password { font: 1.125rem/1.5 ui-monospace, monospace; }
button {
  flex: none; min-height: 2.75rem; padding: 0.25rem 1rem; border: 1px solid var(--blue); border-radius: 0.375rem;
  background: #fff; color: var(--blue); font: inherit; font-size: 0.875rem; cursor: pointer;
}
#show { padding: 0.5rem 1.5rem; background: var(--blue); color: #fff; font-size: 1rem; font-weight: 600; }
@media (max-width: 38rem) { #show { width: 100%; } }
button:hover { border-color: #123f82; color: #123f82; }
#show:hover { background: #123f82; color: #fff; }
button:disabled { opacity: 0.6; cursor: default; }
:focus-visible { outline: 3px solid #86b3f2; outline-offset: 2px; }
[hidden] { display: none !important; }
`;
