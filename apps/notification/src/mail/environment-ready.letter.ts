import type { Language } from '#libs/events/src/contract.js';
import type { EnvironmentReadyMail } from '#libs/events/src/notification.js';
import { type Letter, oneLine } from './letter.js';

/** Where the customer sees the initial password, once. */
export interface CredentialLink {
  readonly url: string;
  readonly expiresAt: Date;
}

export interface EnvironmentReadyFacts {
  readonly recipientName: string;
  readonly mail: EnvironmentReadyMail;
  /** Name of the region in the recipient's language; undefined for one that is no longer sold. */
  readonly regionName: string | undefined;
  readonly link: CredentialLink;
  /** Mail address, telephone number or page of the support team. */
  readonly supportContact: string;
}

/** The completion mail of seed 000, in the recipient's language. */
export const environmentReadyLetter: Readonly<Record<Language, (facts: EnvironmentReadyFacts) => Letter>> = {
  ja: (facts) => {
    const { name, url, administrator, storage, users, region, support } = words(facts);
    const expires = instant(facts.link.expiresAt, 'ja-JP');
    return {
      subject: '[重要] AIチャットボット環境が準備完了しました',
      salutation: `${name} 様`,
      lead: 'お客様専用のAIチャットボット付きファイルサーバー環境が正常に構築されました。',
      sections: [
        {
          heading: 'アクセス情報',
          style: 'plain',
          lines: [
            { label: 'URL', text: url, link: url },
            { label: '初期管理者ID', text: administrator },
            {
              label: '初期パスワード',
              text: `次のリンクから一度だけ確認できます（有効期限: ${expires} 日本時間）`,
              link: facts.link.url,
            },
          ],
        },
        {
          heading: '環境仕様',
          style: 'bullets',
          lines: [
            { label: 'ストレージ容量', text: storage },
            { label: '最大ユーザー数', text: `${users}名` },
            { label: 'リージョン', text: region },
          ],
        },
        {
          heading: '次のステップ',
          style: 'steps',
          lines: [
            { text: '初期ログイン・パスワード変更' },
            { text: 'ユーザー登録' },
            { text: 'AIチャットボット用ファイルアップロード' },
          ],
        },
      ],
      closing: [
        'ご不明な点がございましたら、サポートチームまでお気軽にお問い合わせください。',
        `サポートチーム: ${support}`,
      ],
    };
  },

  en: (facts) => {
    const { name, url, administrator, storage, users, region, support } = words(facts);
    const expires = instant(facts.link.expiresAt, 'en-GB');
    return {
      subject: '[Important] Your AI chatbot environment is ready',
      salutation: `Dear ${name},`,
      lead: 'Your dedicated file server environment with the AI chatbot was built successfully.',
      sections: [
        {
          heading: 'Access',
          style: 'plain',
          lines: [
            { label: 'URL', text: url, link: url },
            { label: 'Initial administrator ID', text: administrator },
            {
              label: 'Initial password',
              text: `this link shows it once (valid until ${expires}, Japan time)`,
              link: facts.link.url,
            },
          ],
        },
        {
          heading: 'Specification',
          style: 'bullets',
          lines: [
            { label: 'Storage', text: storage },
            { label: 'Maximum users', text: String(users) },
            { label: 'Region', text: region },
          ],
        },
        {
          heading: 'Next steps',
          style: 'steps',
          lines: [
            { text: 'Sign in for the first time and change the password' },
            { text: 'Register your users' },
            { text: 'Upload files for the AI chatbot' },
          ],
        },
      ],
      closing: ['If you have any questions, please contact our support team.', `Support team: ${support}`],
    };
  },
};

function words({ recipientName, mail, regionName, supportContact }: EnvironmentReadyFacts) {
  return {
    name: oneLine(recipientName),
    url: oneLine(mail.url),
    administrator: oneLine(mail.administrator),
    storage: oneLine(mail.storageQuota),
    users: mail.userLimit,
    region: regionName === undefined ? oneLine(mail.region) : `${regionName} (${mail.region})`,
    support: oneLine(supportContact),
  };
}

/** Minutes are enough; the time zone is the company's. */
function instant(date: Date, locale: string): string {
  return date.toLocaleString(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: 'Asia/Tokyo' });
}
