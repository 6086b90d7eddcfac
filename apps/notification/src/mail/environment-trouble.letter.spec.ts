import { describe, expect, it } from 'vitest';
import type { FailureClass } from '#libs/events/src/provisioning.js';
import { environmentTroubleLetter } from './environment-trouble.letter.js';
import { letterHtml, letterText } from './letter.js';

type Template = 'environment_delayed' | 'environment_failed';

function letter(language: 'ja' | 'en', template: Template, cause: FailureClass) {
  return environmentTroubleLetter[language]({
    recipientName: 'ABC\nCorporation <b>',
    mail: { template, environmentId: 'e-1', url: 'https://abc.your-service.com', cause },
    supportContact: 'support@keiyaku.example',
  });
}

it('tells in Japanese of a delay', () => {
  expect(letterText(letter('ja', 'environment_delayed', 'transient'))).toBe(`ABC Corporation <b> 様

お客様専用のAIチャットボット付きファイルサーバー環境の構築に、通常よりお時間をいただいております。

■ 現在の状況
- 対象環境: https://abc.your-service.com
- 一時的な障害のため、自動的に再試行しております。
- お客様に行っていただく作業はございません。
- 準備が完了しましたら、改めてメールでお知らせいたします。

お待たせして申し訳ございません。ご不明な点がございましたら、サポートチームまでお問い合わせください。
サポートチーム: support@keiyaku.example
`);
});

describe.each([
  ['ja', 'environment_delayed', 'transient', '準備が遅れております', '自動的に再試行'],
  ['ja', 'environment_delayed', 'resource_shortage', '準備が遅れております', 'リソースの追加'],
  ['ja', 'environment_failed', 'configuration', '問題が発生しました', '設定の不備'],
  ['ja', 'environment_failed', 'application', '問題が発生しました', 'アプリケーションの不具合'],
  ['en', 'environment_delayed', 'transient', 'is delayed', 'tried again by itself'],
  ['en', 'environment_delayed', 'resource_shortage', 'is delayed', 'adding the resources'],
  ['en', 'environment_failed', 'configuration', 'A problem', 'A setting is wrong'],
  ['en', 'environment_failed', 'application', 'A problem', 'The application has a fault'],
] as const)('%s %s because of %s', (language, template, cause, subject, says) => {
  const written = letter(language, template, cause);

  it('has its subject and says why', () => {
    expect(written.subject).toContain(subject);
    expect(letterText(written)).toContain(says);
  });

  it('takes the name for a text', () => expect(letterHtml(written, language)).not.toContain('<b>'));
});
