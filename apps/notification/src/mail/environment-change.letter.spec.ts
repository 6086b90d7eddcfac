import { describe, expect, it } from 'vitest';
import type { EnvironmentChangeMail } from '#libs/events/src/notification.js';
import { environmentChangeLetter } from './environment-change.letter.js';
import { letterHtml, letterText } from './letter.js';

const about = { environmentId: 'e-1', url: 'https://abc.your-service.com' };
const amended: EnvironmentChangeMail = {
  ...about,
  template: 'environment_amended',
  plan: 'enterprise',
  storageQuota: '2TB',
  userLimit: 200,
  region: 'ap-northeast-1',
};
const retained: EnvironmentChangeMail = {
  ...about,
  template: 'environment_retained',
  // 00:30 of the 6th in Japan.
  deleteAt: '2026-04-05T15:30:00.000Z',
};

function letter(language: 'ja' | 'en', mail: EnvironmentChangeMail, names = {}) {
  const supportContact = 'support@keiyaku.example';
  return environmentChangeLetter[language]({ recipientName: 'ABC\nCorporation <b>', mail, supportContact, ...names });
}

it('tells in Japanese of an amendment, with the name of the region', () => {
  const names = { planName: 'エンタープライズ', regionName: '東京' };
  expect(letterText(letter('ja', amended, names))).toBe(`ABC Corporation <b> 様

ご契約の変更に合わせて、お客様専用のAIチャットボット付きファイルサーバー環境を変更いたしました。

■ 内容
- 対象環境: https://abc.your-service.com
- プラン: エンタープライズ
- ストレージ容量: 2TB
- 最大ユーザー数: 200名
- リージョン: 東京 (ap-northeast-1)

ご不明な点がございましたら、サポートチームまでお気軽にお問い合わせください。
サポートチーム: support@keiyaku.example
`);
});

it('tells in English when the data will be deleted, by the day in Japan', () => {
  expect(letterText(letter('en', retained))).toBe(`Dear ABC Corporation <b>,

Your contract ended, and with it your dedicated file server environment with the AI chatbot.

■ Details
- Environment: https://abc.your-service.com
- Your data is deleted on: 6 April 2026 (Japan time)
- It is kept until then. After that nobody can bring it back.

If you have any questions, please contact our support team.
Support team: support@keiyaku.example
`);
});

const suspended: EnvironmentChangeMail = { ...about, template: 'environment_suspended' };
const restored: EnvironmentChangeMail = { ...about, template: 'environment_restored' };
const deleted = (why: 'terminated' | 'cancelled'): EnvironmentChangeMail => {
  return { ...about, template: 'environment_deleted', why, deletedAt: '2026-04-05T09:00:00.000Z' };
};

describe.each([
  ['ja', amended, '内容を変更しました', 'リージョン: ap-northeast-1'],
  ['ja', suspended, '停止しました', 'データはそのまま保管'],
  ['ja', restored, '再開しました', '停止前のデータ'],
  ['ja', retained, '期日に削除されます', '2026年4月6日'],
  ['ja', deleted('terminated'), '削除しました', 'ご契約の終了'],
  ['ja', deleted('cancelled'), '削除しました', 'お申し込みの取り消し'],
  ['en', amended, 'was changed', 'Region: ap-northeast-1'],
  ['en', suspended, 'was suspended', 'Your data is kept'],
  ['en', restored, 'is back', 'as before'],
  ['en', retained, 'will be deleted', '6 April 2026'],
  ['en', deleted('terminated'), 'was deleted', 'Your contract ended'],
  ['en', deleted('cancelled'), 'was deleted', 'Your order was cancelled'],
] as const)('%s $template', (language, mail, subject, says) => {
  const written = letter(language, mail);

  it('has its subject and says what matters', () => {
    expect(written.subject).toContain(subject);
    expect(letterText(written)).toContain(says);
  });

  it('takes the name for a text', () => expect(letterHtml(written, language)).not.toContain('<b>'));
});
