import { expect, it } from 'vitest';
import { loadCatalogue } from '#libs/catalogue/src/catalogue.js';
import type { OperatorAlert } from '#libs/events/src/notification.js';
import { letterText } from '../mail/letter.js';
import { alertLetter, alertSlackText } from './alert-text.js';

const place = { regions: loadCatalogue().regions, publicUrl: 'https://keiyaku.example' };
const alert: OperatorAlert = {
  cause: 'needs_attention',
  title: 'The environment of CUST-2025-001 needs attention',
  environment: { environmentId: 'e-1', externalId: 'CUST-2025-001', plan: 'enterprise', region: 'ap-northeast-1' },
  step: 'wait',
  object: 'Deployment web in env-cust-2025-001-1f2e3d4c',
  reason: 'The image registry.example/keiyaku/chat-files:2.4.1 does not exist',
  whatToDo: 'Push the image, then retry.',
  happenedAt: '2026-01-05T09:00:00.000Z',
};

it('is a mail with the object, the reason, what to do and where to read on', () => {
  const letter = alertLetter(alert, place);
  expect(letter.subject).toBe('[Keiyaku] The environment of CUST-2025-001 needs attention');
  expect(letterText(letter)).toBe(`To the operators,

The environment of CUST-2025-001 needs attention.

■ What happened
- Environment: CUST-2025-001, plan enterprise
- Region: Tokyo 東京 (ap-northeast-1)
- Step: wait
- Object: Deployment web in env-cust-2025-001-1f2e3d4c
- Why: The image registry.example/keiyaku/chat-files:2.4.1 does not exist
- When: 2026-01-05T09:00:00.000Z

■ What to do
Push the image, then retry.
https://keiyaku.example/api/environments/e-1

You get this mail because OPERATOR_MAIL names you.
`);
});

it('says the same in Slack', () => {
  expect(alertSlackText(alert, place)).toBe(`*The environment of CUST-2025-001 needs attention*
Environment: CUST-2025-001, plan enterprise
Region: Tokyo 東京 (ap-northeast-1)
Step: wait
Object: Deployment web in env-cust-2025-001-1f2e3d4c
Why: The image registry.example/keiyaku/chat-files:2.4.1 does not exist
What to do: Push the image, then retry.
<https://keiyaku.example/api/environments/e-1|Read on>`);
});

it('lets nobody mention a channel, add a link or a line', () => {
  const hostile = { ...alert, reason: '<!channel> & <https://evil.example|here>\n*What to do:* pay' };
  expect(alertSlackText(hostile, place)).toContain(
    'Why: &lt;!channel&gt; &amp; &lt;https://evil.example|here&gt; ∗What to do:∗ pay\n',
  );
});

it('leads to the dashboard when it is about many', () => {
  const { environment: _environment, step: _step, object: _object, ...about } = alert;
  const text = alertSlackText({ ...about, cause: 'failure_rate', title: '4 of 10 failed' }, place);
  expect(text).toContain('<https://keiyaku.example/api/environments/dashboard|Read on>');
  expect(text).not.toContain('Environment:');
});
