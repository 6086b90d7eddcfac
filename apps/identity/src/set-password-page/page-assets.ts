/** Waits for a submit: programs that open links must not use them up. */
export const script = `'use strict';
const part = (id) => document.getElementById(id);
const token = location.hash.slice(1);
const only = (id) => {
  for (const each of ['ask', 'done', 'gone']) part(each).hidden = each !== id;
  part(id).focus();
};

if (token === '') only('gone');
// Whoever sends the same password again, because no answer came, sends the same request.
let sent = { newPassword: '', key: '' };
const keyOf = (newPassword) => {
  if (sent.newPassword !== newPassword) sent = { newPassword, key: crypto.getRandomValues(new Uint32Array(4)).join('-') };
  return sent.key;
};
addEventListener('hashchange', () => location.reload());

part('form').addEventListener('submit', async (event) => {
  event.preventDefault();
  const newPassword = part('password').value;
  part('trouble').hidden = true;
  part('differ').hidden = newPassword === part('again').value;
  if (!part('differ').hidden) return;
  part('save').disabled = true;
  try {
    const response = await fetch('/api/auth/password-reset', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': keyOf(newPassword) },
      body: JSON.stringify({ token, newPassword }),
    });
    if (response.ok) {
      history.replaceState(null, '', location.pathname);
      only('done');
    } else if (response.status === 404 || response.status === 400) {
      only('gone');
    } else {
      throw new Error('status ' + response.status);
    }
  } catch {
    part('trouble').hidden = false;
    part('save').disabled = false;
  }
});
`;

export const style = `:root { color-scheme: light; --ink: #1c2430; --line: #d9dfe6; --blue: #1f55a8; }
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
.notice { padding: 0.75rem 1rem; background: #fff6e0; border-left: 4px solid #d99a1c; border-radius: 0.25rem; }
label { display: block; }
input { width: 100%; min-height: 2.75rem; margin: 0 0 1rem; padding: 0.25rem 0.75rem; border: 1px solid var(--line); border-radius: 0.375rem; font: inherit; }
button {
  min-height: 2.75rem; padding: 0.5rem 1.5rem; border: 0; border-radius: 0.375rem;
  background: var(--blue); color: #fff; font: inherit; font-weight: 600; cursor: pointer;
}
@media (max-width: 38rem) { button { width: 100%; } }
button:hover { background: #123f82; }
button:disabled { opacity: 0.6; cursor: default; }
:focus-visible { outline: 3px solid #86b3f2; outline-offset: 2px; }
[hidden] { display: none !important; }
`;
