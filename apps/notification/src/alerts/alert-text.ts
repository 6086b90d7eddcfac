import type { Catalogue } from '#libs/catalogue/src/catalogue.js';
import type { OperatorAlert } from '#libs/events/src/notification.js';
import { type Letter, oneLine } from '../mail/letter.js';

interface Place {
  readonly regions: Catalogue['regions'];
  /** Base URL of the API. */
  readonly publicUrl: string;
}

/** What is said of an alert, a label and a text each. */
function facts({ environment, step, object, reason }: OperatorAlert, { regions }: Place): [string, string][] {
  const lines: [string, string | undefined][] = [
    ['Environment', environment && `${environment.externalId}, plan ${environment.plan}`],
    ['Region', environment && regionOf(environment.region, regions)],
    ['Step', step],
    ['Object', object],
    ['Why', reason],
  ];
  return lines.flatMap(([label, text]): [string, string][] => (text === undefined ? [] : [[label, oneLine(text)]]));
}

function regionOf(region: string, regions: Catalogue['regions']): string {
  const name = regions[region];
  return name ? `${name.en} ${name.ja} (${region})` : region;
}

/** Where operators read on. */
function linkOf({ environment }: OperatorAlert, { publicUrl }: Place): string {
  return `${publicUrl}/api/environments/${environment?.environmentId ?? 'dashboard'}`;
}

export function alertLetter(alert: OperatorAlert, place: Place): Letter {
  const link = linkOf(alert, place);
  const happened = facts(alert, place).map(([label, text]) => ({ label, text }));
  return {
    subject: `[Keiyaku] ${oneLine(alert.title)}`,
    salutation: 'To the operators,',
    lead: `${oneLine(alert.title)}.`,
    sections: [
      { heading: 'What happened', style: 'bullets', lines: [...happened, { label: 'When', text: alert.happenedAt }] },
      { heading: 'What to do', style: 'plain', lines: [{ text: oneLine(alert.whatToDo) }, { text: link, link }] },
    ],
    closing: ['You get this mail because OPERATOR_MAIL names you.'],
  };
}

/** In Slack's mrkdwn. What comes from outside can mention nobody and add no link. */
export function alertSlackText(alert: OperatorAlert, place: Place): string {
  const lines = facts(alert, place).map(([label, text]) => `${label}: ${escaped(text)}`);
  const whatToDo = `What to do: ${escaped(oneLine(alert.whatToDo))}`;
  return [`*${escaped(oneLine(alert.title))}*`, ...lines, whatToDo, `<${linkOf(alert, place)}|Read on>`].join('\n');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('*', '∗');
}
