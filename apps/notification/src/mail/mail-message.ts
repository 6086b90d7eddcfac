import MailComposer from 'nodemailer/lib/mail-composer';
import { type Letter, letterHtml, letterText, oneLine } from './letter.js';

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

export interface MailMessage {
  readonly from: Mailbox;
  readonly to: Mailbox | readonly Mailbox[];
  readonly language: string;
  /** With its angle brackets. The same for every copy of the message. */
  readonly messageId: string;
  readonly letter: Letter;
}

/** The message as it goes over the wire: UTF-8 text with an HTML alternative. */
export async function encodeMail({ from, to, language, messageId, letter }: MailMessage): Promise<Buffer> {
  const composer = new MailComposer({
    from: mailbox(from),
    to: (Array.isArray(to) ? (to as readonly Mailbox[]) : [to as Mailbox]).map(mailbox),
    subject: oneLine(letter.subject),
    messageId,
    text: letterText(letter),
    html: letterHtml(letter, language),
    // Nobody's holiday notice answers a machine (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': language },
    disableFileAccess: true,
    disableUrlAccess: true,
    newline: 'win',
  });
  return composer.compile().build();
}

function mailbox({ name, address }: Mailbox): Mailbox {
  return { name: oneLine(name), address: oneLine(address) };
}
