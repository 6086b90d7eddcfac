import { describe, it } from 'vitest';
import { given, testContext } from '#libs/testing/src/given.js';
import {
  ConfirmReservation,
  GiveUpReservation,
  ReleaseReservation,
  Reserve,
  reservationDecider,
  reservationTarget,
} from './reservation.js';

const value = { scope: 'slug', key: 'a1b2' };
const target = reservationTarget('slug', 'a1b2');
const at = (minute: string): string => `2026-01-05T09:${minute}:00.000Z`;

const reserve = (owner: string, minute: string): Reserve =>
  new Reserve(target, { ...value, owner, expiresAt: at('30') }, testContext({ occurredAt: at(minute) }));
const confirm = (owner: string): ConfirmReservation =>
  new ConfirmReservation(target, { ...value, owner }, testContext());

const release = (owner: string, minute: string): ReleaseReservation =>
  new ReleaseReservation(target, { ...value, owner }, testContext({ occurredAt: at(minute) }));

const made = { type: 'reservation.made', data: { ...value, owner: 'first', expiresAt: at('10') } } as const;
const confirmed = { type: 'reservation.confirmed', data: { ...value, owner: 'first' } } as const;
const released = { type: 'reservation.released', data: { ...value, owner: 'first' } } as const;

describe('a reservation', () => {
  it('is made for the first who asks', () =>
    given(reservationDecider)
      .when(reserve('first', '00'))
      .then({ type: 'reservation.made', data: { ...value, owner: 'first', expiresAt: at('30') } }));

  it('is refused to another owner while it is held', () =>
    given(reservationDecider, made).when(reserve('second', '09')).thenRefused('already_reserved'));

  it('changes nothing when its owner asks again', () =>
    given(reservationDecider, made).when(reserve('first', '09')).thenNothing());

  it('goes to another owner when it was not confirmed in time', () =>
    given(reservationDecider, made)
      .when(reserve('second', '10'))
      .then({ type: 'reservation.made', data: { ...value, owner: 'second', expiresAt: at('30') } }));

  it('is held for good once it is confirmed', () => {
    given(reservationDecider, made).when(confirm('first')).then(confirmed);
    given(reservationDecider, made, confirmed).when(reserve('second', '59')).thenRefused('already_reserved');
    given(reservationDecider, made, confirmed).when(confirm('first')).thenNothing();
  });

  it('is released once its time is over, and not before', () => {
    given(reservationDecider, made).when(release('first', '09')).thenNothing();
    given(reservationDecider, made).when(release('first', '10')).then(released);
    given(reservationDecider, made, released).when(release('first', '11')).thenNothing();
    given(reservationDecider, made, released).when(confirm('first')).thenRefused('reservation_lost');
  });

  it('is not released once it is confirmed, or belongs to somebody else', () => {
    given(reservationDecider, made, confirmed).when(release('first', '59')).thenNothing();
    given(reservationDecider, made).when(release('second', '59')).thenNothing();
  });

  it("can't be confirmed by anybody else", () =>
    given(reservationDecider, made).when(confirm('second')).thenRefused('reservation_lost'));

  it('is free at once when its owner gives it up, confirmed or not', () => {
    const giveUp = (owner: string): GiveUpReservation =>
      new GiveUpReservation(target, { ...value, owner }, testContext());
    given(reservationDecider, made).when(giveUp('first')).then(released);
    given(reservationDecider, made, confirmed).when(giveUp('first')).then(released);
    given(reservationDecider, made, confirmed).when(giveUp('second')).thenNothing();
    given(reservationDecider, made, confirmed, released).when(giveUp('first')).thenNothing();
  });
});
