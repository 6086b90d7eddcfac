import { unreachable } from '#libs/event-sourcing/src/decider.js';
import type { Language } from '#libs/events/src/contract.js';
import type { EnvironmentChangeMail } from '#libs/events/src/notification.js';
import { type Letter, oneLine } from './letter.js';

export interface EnvironmentChangeFacts {
  readonly recipientName: string;
  readonly mail: EnvironmentChangeMail;
  /** Names in the recipient's language; undefined for what is no longer sold, or is not in the mail. */
  readonly planName?: string | undefined;
  readonly regionName?: string | undefined;
  /** Mail address, telephone number or page of the support team. */
  readonly supportContact: string;
}

interface Wording {
  readonly subject: string;
  readonly lead: string;
  readonly lines: readonly Letter['sections'][number]['lines'][number][];
}

/** What became of an environment after it was ready, or of its end, in the recipient's language. */
export const environmentChangeLetter: Readonly<Record<Language, (facts: EnvironmentChangeFacts) => Letter>> = {
  ja: (facts) => {
    const { subject, lead, lines } = japanese(facts);
    const url = oneLine(facts.mail.url);
    return {
      subject,
      salutation: `${oneLine(facts.recipientName)} 様`,
      lead,
      sections: [{ heading: '内容', style: 'bullets', lines: [{ label: '対象環境', text: url }, ...lines] }],
      closing: [
        'ご不明な点がございましたら、サポートチームまでお気軽にお問い合わせください。',
        `サポートチーム: ${oneLine(facts.supportContact)}`,
      ],
    };
  },

  en: (facts) => {
    const { subject, lead, lines } = english(facts);
    const url = oneLine(facts.mail.url);
    return {
      subject,
      salutation: `Dear ${oneLine(facts.recipientName)},`,
      lead,
      sections: [{ heading: 'Details', style: 'bullets', lines: [{ label: 'Environment', text: url }, ...lines] }],
      closing: [
        'If you have any questions, please contact our support team.',
        `Support team: ${oneLine(facts.supportContact)}`,
      ],
    };
  },
};

function japanese({ mail, planName, regionName }: EnvironmentChangeFacts): Wording {
  switch (mail.template) {
    case 'environment_amended':
      return {
        subject: '[お知らせ] AIチャットボット環境の内容を変更しました',
        lead: 'ご契約の変更に合わせて、お客様専用のAIチャットボット付きファイルサーバー環境を変更いたしました。',
        lines: [
          { label: 'プラン', text: planName ?? oneLine(mail.plan) },
          { label: 'ストレージ容量', text: oneLine(mail.storageQuota) },
          { label: '最大ユーザー数', text: `${mail.userLimit}名` },
          { label: 'リージョン', text: named(mail.region, regionName) },
        ],
      };
    case 'environment_suspended':
      return {
        subject: '[重要] AIチャットボット環境を停止しました',
        lead: 'ご契約の停止に伴い、お客様専用のAIチャットボット付きファイルサーバー環境を停止いたしました。',
        lines: [
          { text: 'データはそのまま保管しております。' },
          { text: '再開の手続きが完了しましたら、改めてメールでお知らせいたします。' },
        ],
      };
    case 'environment_restored':
      return {
        subject: '[お知らせ] AIチャットボット環境を再開しました',
        lead: 'お客様専用のAIチャットボット付きファイルサーバー環境を再開いたしました。',
        lines: [{ text: '停止前のデータで、これまでと同じようにご利用いただけます。' }],
      };
    case 'environment_retained':
      return {
        subject: '[重要] AIチャットボット環境のデータは期日に削除されます',
        lead: 'ご契約の終了に伴い、お客様専用のAIチャットボット付きファイルサーバー環境を終了いたしました。',
        lines: [
          { label: 'データの削除日', text: `${day(mail.deleteAt, 'ja-JP')} (日本時間)` },
          { text: 'それまでデータを保管いたします。削除後は復元できません。' },
        ],
      };
    case 'environment_deleted':
      return {
        subject: '[お知らせ] AIチャットボット環境を削除しました',
        lead:
          mail.why === 'cancelled'
            ? 'お申し込みの取り消しに伴い、準備中の環境を削除いたしました。'
            : 'ご契約の終了に伴い、お客様専用の環境とそのデータを削除いたしました。',
        lines: [{ label: '削除日', text: `${day(mail.deletedAt, 'ja-JP')} (日本時間)` }],
      };
    default:
      return unreachable(mail);
  }
}

function english({ mail, planName, regionName }: EnvironmentChangeFacts): Wording {
  switch (mail.template) {
    case 'environment_amended':
      return {
        subject: '[Notice] Your AI chatbot environment was changed',
        lead: 'Your dedicated file server environment with the AI chatbot was changed as your contract was.',
        lines: [
          { label: 'Plan', text: planName ?? oneLine(mail.plan) },
          { label: 'Storage', text: oneLine(mail.storageQuota) },
          { label: 'Maximum users', text: String(mail.userLimit) },
          { label: 'Region', text: named(mail.region, regionName) },
        ],
      };
    case 'environment_suspended':
      return {
        subject: '[Important] Your AI chatbot environment was suspended',
        lead: 'Your contract was suspended, and with it your dedicated file server environment with the AI chatbot.',
        lines: [
          { text: 'Your data is kept as it is.' },
          { text: 'We will write to you again when the environment is back.' },
        ],
      };
    case 'environment_restored':
      return {
        subject: '[Notice] Your AI chatbot environment is back',
        lead: 'Your dedicated file server environment with the AI chatbot runs again.',
        lines: [{ text: 'It has the data that it had before, and you use it as before.' }],
      };
    case 'environment_retained':
      return {
        subject: '[Important] The data of your AI chatbot environment will be deleted',
        lead: 'Your contract ended, and with it your dedicated file server environment with the AI chatbot.',
        lines: [
          { label: 'Your data is deleted on', text: `${day(mail.deleteAt, 'en-GB')} (Japan time)` },
          { text: 'It is kept until then. After that nobody can bring it back.' },
        ],
      };
    case 'environment_deleted':
      return {
        subject: '[Notice] Your AI chatbot environment was deleted',
        lead:
          mail.why === 'cancelled'
            ? 'Your order was cancelled, and what had been set up of your environment was deleted.'
            : 'Your contract ended; your environment and its data were deleted.',
        lines: [{ label: 'Deleted on', text: `${day(mail.deletedAt, 'en-GB')} (Japan time)` }],
      };
    default:
      return unreachable(mail);
  }
}

function named(key: string, name: string | undefined): string {
  return name === undefined ? oneLine(key) : `${name} (${oneLine(key)})`;
}

/** The time zone is the company's. */
function day(instant: string, locale: string): string {
  return new Date(instant).toLocaleDateString(locale, { dateStyle: 'long', timeZone: 'Asia/Tokyo' });
}
