import PostalMime, { type Email } from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { environmentReadyLetter, type EnvironmentReadyFacts } from './environment-ready.letter.js';
import { encodeMail } from './mail-message.js';

const facts: EnvironmentReadyFacts = {
  recipientName: 'ABC Corporation',
  mail: {
    template: 'environment_ready',
    environmentId: '3a1f7c1c-7b0e-5a52-9d4d-d3f9f4a0f002',
    url: 'https://abc-corp.your-service.com',
    administrator: 'admin@abc-corp.com',
    storageQuota: '1TB',
    userLimit: 100,
    region: 'ap-northeast-1',
  },
  regionName: '東京',
  link: { url: 'https://keiyaku.example/credentials/one-time', expiresAt: new Date('2025-06-05T00:30:00Z') },
  supportContact: 'support@keiyaku.example',
};

async function mail(language: 'ja' | 'en', changes: Partial<EnvironmentReadyFacts> = {}) {
  const complete = { ...facts, ...changes };
  const raw = await encodeMail({
    from: { name: 'Keiyaku', address: 'no-reply@keiyaku.example' },
    to: { name: complete.recipientName, address: 'info@abc-corp.example' },
    language,
    messageId: '<5e0d7c1c@keiyaku.example>',
    letter: environmentReadyLetter[language](complete),
  });
  return { raw: raw.toString('latin1'), parsed: await PostalMime.parse(raw) };
}

function headersOf(email: Email): string[] {
  return email.headers.map(({ key }) => key).toSorted();
}

it('is worded in Japanese as seed 000 words it, with a one-time link in place of the password', async () => {
  const { parsed } = await mail('ja');
  expect(parsed.subject).toBe('[重要] AIチャットボット環境が準備完了しました');
  expect(parsed.text?.trimEnd()).toBe(`ABC Corporation 様

お客様専用のAIチャットボット付きファイルサーバー環境が正常に構築されました。

■ アクセス情報
URL: https://abc-corp.your-service.com
初期管理者ID: admin@abc-corp.com
初期パスワード: 次のリンクから一度だけ確認できます（有効期限: 2025年6月5日 9:30 日本時間）
https://keiyaku.example/credentials/one-time

■ 環境仕様
- ストレージ容量: 1TB
- 最大ユーザー数: 100名
- リージョン: 東京 (ap-northeast-1)

■ 次のステップ
1. 初期ログイン・パスワード変更
2. ユーザー登録
3. AIチャットボット用ファイルアップロード

ご不明な点がございましたら、サポートチームまでお気軽にお問い合わせください。
サポートチーム: support@keiyaku.example`);
});

it('is worded in English for who reads English', async () => {
  const { parsed } = await mail('en', { regionName: 'Tokyo' });
  expect(parsed.subject).toBe('[Important] Your AI chatbot environment is ready');
  expect(parsed.text?.trimEnd()).toBe(`Dear ABC Corporation,

Your dedicated file server environment with the AI chatbot was built successfully.

■ Access
URL: https://abc-corp.your-service.com
Initial administrator ID: admin@abc-corp.com
Initial password: this link shows it once (valid until 5 June 2025 at 09:30, Japan time)
https://keiyaku.example/credentials/one-time

■ Specification
- Storage: 1TB
- Maximum users: 100
- Region: Tokyo (ap-northeast-1)

■ Next steps
1. Sign in for the first time and change the password
2. Register your users
3. Upload files for the AI chatbot

If you have any questions, please contact our support team.
Support team: support@keiyaku.example`);
});

it('is UTF-8 text with an HTML alternative, from us to one recipient', async () => {
  const { raw, parsed } = await mail('ja');
  expect(raw).toMatch(/^Content-Type: multipart\/alternative;/m);
  expect(raw.match(/^Content-Type: text\/\w+; charset=utf-8/gm)).toEqual([
    'Content-Type: text/plain; charset=utf-8',
    'Content-Type: text/html; charset=utf-8',
  ]);
  expect(parsed.messageId).toBe('<5e0d7c1c@keiyaku.example>');
  expect(parsed.from).toEqual({ name: 'Keiyaku', address: 'no-reply@keiyaku.example' });
  expect(parsed.to).toEqual([{ name: 'ABC Corporation', address: 'info@abc-corp.example' }]);
  expect(parsed.html).toContain('<a href="https://keiyaku.example/credentials/one-time">');
  expect(parsed.html).toContain('<li>リージョン: 東京 (ap-northeast-1)</li>');
  expect(parsed.headers).toContainEqual(expect.objectContaining({ key: 'auto-submitted', value: 'auto-generated' }));
});

it('shows the key of a region that is no longer sold', async () => {
  const { parsed } = await mail('ja', { regionName: undefined });
  expect(parsed.text).toContain('- リージョン: ap-northeast-1\n');
});

describe('a hostile name', () => {
  it.each([
    ['ends the header', 'ABC\r\nBcc: victim@example.com'],
    ['ends it with a lone line feed', 'ABC\nBcc: victim@example.com'],
    ['ends the headers', 'ABC\r\n\r\n<h1>Not from us</h1>'],
    ['ends it in Unicode', 'ABC\u2028Bcc: victim@example.com\u0085X: y'],
    ['carries quotes and an address', '"ABC" <victim@example.com>, other@example.com'],
    ['is long and Japanese', `${'株式会社'.repeat(60)}\r\nBcc: victim@example.com`],
  ])('that %s adds no header, line or recipient', async (_what, recipientName) => {
    const { parsed } = await mail('ja', { recipientName });
    expect(headersOf(parsed)).toEqual(headersOf((await mail('ja')).parsed));
    expect(parsed.bcc).toBeUndefined();
    expect(parsed.to?.map(({ address }) => address)).toEqual(['info@abc-corp.example']);
    expect(parsed.text?.split('\n')).toHaveLength(23);
    expect(parsed.text?.split('\n')[0]).toMatch(/ 様$/);
  });

  it('can bring no markup into the HTML', async () => {
    const { parsed } = await mail('ja', { recipientName: `<img src=x onerror="alert('x')">&amp;` });
    expect(parsed.html).not.toContain('<img');
    expect(parsed.html).toContain('&lt;img src=x onerror=&quot;alert(&#39;x&#39;)&quot;&gt;&amp;amp; 様');
  });

  it('cannot turn the reading direction', async () => {
    const { parsed } = await mail('ja', { recipientName: 'ABC\u202egnp.exe' });
    expect(parsed.text?.split('\n')[0]).toBe('ABC gnp.exe 様');
  });
});
