import type { Language } from '#libs/events/src/contract.js';
import type { EnvironmentTroubleMail } from '#libs/events/src/notification.js';
import { type Letter, oneLine } from './letter.js';

export interface EnvironmentTroubleFacts {
  readonly recipientName: string;
  readonly mail: EnvironmentTroubleMail;
  /** Mail address, telephone number or page of the support team. */
  readonly supportContact: string;
}

type Wording = Omit<Letter, 'salutation' | 'sections'> & {
  readonly heading: string;
  readonly environment: string;
  readonly lines: readonly string[];
};

/** The delay notice and the error notice of seed 000, in the recipient's language. Neither asks for anything. */
export const environmentTroubleLetter: Readonly<Record<Language, (facts: EnvironmentTroubleFacts) => Letter>> = {
  ja: (facts) => letter(facts, `${oneLine(facts.recipientName)} 様`, japanese[facts.mail.template](facts)),
  en: (facts) => letter(facts, `Dear ${oneLine(facts.recipientName)},`, english[facts.mail.template](facts)),
};

type Wordings = Readonly<Record<EnvironmentTroubleMail['template'], (facts: EnvironmentTroubleFacts) => Wording>>;

const japanese: Wordings = {
  environment_delayed: ({ mail, supportContact }) => ({
    subject: '[お知らせ] AIチャットボット環境の準備が遅れております',
    lead: 'お客様専用のAIチャットボット付きファイルサーバー環境の構築に、通常よりお時間をいただいております。',
    heading: '現在の状況',
    environment: '対象環境',
    lines: [
      mail.cause === 'resource_shortage'
        ? '必要なリソースの追加を手配しております。確保でき次第、構築を再開いたします。'
        : '一時的な障害のため、自動的に再試行しております。',
      'お客様に行っていただく作業はございません。',
      '準備が完了しましたら、改めてメールでお知らせいたします。',
    ],
    closing: [
      'お待たせして申し訳ございません。ご不明な点がございましたら、サポートチームまでお問い合わせください。',
      `サポートチーム: ${oneLine(supportContact)}`,
    ],
  }),
  environment_failed: ({ mail, supportContact }) => ({
    subject: '[重要] AIチャットボット環境の構築中に問題が発生しました',
    lead: 'お客様専用のAIチャットボット付きファイルサーバー環境の構築中に問題が発生いたしました。',
    heading: '現在の状況',
    environment: '対象環境',
    lines: [
      mail.cause === 'application'
        ? 'アプリケーションの不具合のため、担当者が対応しております。'
        : '設定の不備のため、担当者が修正しております。',
      'お客様に確認が必要な場合は、担当者よりご連絡いたします。',
      '準備が完了しましたら、改めてメールでお知らせいたします。',
    ],
    closing: [
      'ご迷惑をおかけして申し訳ございません。ご不明な点がございましたら、サポートチームまでお問い合わせください。',
      `サポートチーム: ${oneLine(supportContact)}`,
    ],
  }),
};

const english: Wordings = {
  environment_delayed: ({ mail, supportContact }) => ({
    subject: '[Notice] Your AI chatbot environment is delayed',
    lead: 'Building your dedicated file server environment with the AI chatbot takes longer than usual.',
    heading: 'Where we are',
    environment: 'Environment',
    lines: [
      mail.cause === 'resource_shortage'
        ? 'We are adding the resources that it needs. The work goes on as soon as they are there.'
        : 'Something is out of order for the moment; the work is tried again by itself.',
      'There is nothing that you have to do.',
      'We will write to you again when it is ready.',
    ],
    closing: [
      'We are sorry to keep you waiting. If you have any questions, please contact our support team.',
      `Support team: ${oneLine(supportContact)}`,
    ],
  }),
  environment_failed: ({ mail, supportContact }) => ({
    subject: '[Important] A problem with building your AI chatbot environment',
    lead: 'There was a problem while your dedicated file server environment with the AI chatbot was built.',
    heading: 'Where we are',
    environment: 'Environment',
    lines: [
      mail.cause === 'application'
        ? 'The application has a fault; our engineers are working on it.'
        : 'A setting is wrong; our engineers are correcting it.',
      'We will contact you if there is something that only you can tell us.',
      'We will write to you again when it is ready.',
    ],
    closing: [
      'We are sorry for the trouble. If you have any questions, please contact our support team.',
      `Support team: ${oneLine(supportContact)}`,
    ],
  }),
};

function letter({ mail }: EnvironmentTroubleFacts, salutation: string, wording: Wording): Letter {
  const { subject, lead, heading, environment, lines, closing } = wording;
  const url = oneLine(mail.url);
  const sections: Letter['sections'] = [
    { heading, style: 'bullets', lines: [{ label: environment, text: url }, ...lines.map((text) => ({ text }))] },
  ];
  return { subject, salutation, lead, sections, closing };
}
