import { describe, expect, it } from 'vitest';
import { metastreamOf, parseMetadata, softDeleted, softDeletedJson, subjectOf } from './stream-metadata.js';

const parse = (text: string, isJson = true) => parseMetadata({ isJson, data: Buffer.from(text) });

describe('stream metadata', () => {
  it.each([
    {
      title: 'limits',
      text: '{"$maxCount":3,"$maxAge":60,"$tb":5}',
      read: { maxCount: 3, maxAge: 60, truncateBefore: 5 },
    },
    { title: 'keys that are not the server’s', text: '{"$maxCount":1,"owner":{"a":[1]}}', read: { maxCount: 1 } },
    { title: 'a soft delete', text: softDeletedJson, read: { truncateBefore: softDeleted } },
    { title: 'from the start', text: '{"$tb":0}', read: { truncateBefore: 0 } },
    {
      title: 'roles, as text or list',
      text: '{"$acl":{"$r":"$all","$w":["a","b"],"$d":[],"$mr":"x","$mw":"y"}}',
      read: { acl: { read: ['$all'], write: ['a', 'b'], delete: [], metaRead: ['x'], metaWrite: ['y'] } },
    },
    { title: 'numbers out of range are passed over', text: '{"$maxCount":0,"$maxAge":-1,"$tb":-1}', read: {} },
    { title: 'the others stay', text: '{"$maxCount":0,"$maxAge":5}', read: { maxAge: 5 } },
    {
      title: 'keys that only HTTP heeds',
      text: '{"$cacheControl":9,"$tmp":true,"$tb":1}',
      read: { truncateBefore: 1 },
    },
  ])('is read: $title', ({ text, read }) => {
    expect(parse(text)).toEqual(read);
  });

  it.each([
    '{"$maxCount":"3"}',
    '{"$maxCount":1.5}',
    '{"$maxCount":null}',
    '{"$maxAge":true}',
    '{"$tb":[1]}',
    '{"$tb":99999999999999999999}',
    '{"$cacheControl":"9"}',
    '{"$tmp":1}',
    '{"$acl":"$all"}',
    '{"$acl":{"$r":1}}',
    '{"$acl":{"$w":["a",1]}}',
  ])('counts as empty when one key has a wrong type: %s', (wrong) => {
    expect(parse(`{"$maxCount":1,"$tb":7,${wrong.slice(1)}`)).toEqual({});
  });

  it.each(['', '{', '[1]', 'null', '5', '"text"'])('counts as empty when it is no JSON object: %s', (text) => {
    expect(parse(text)).toEqual({});
  });

  it('counts as empty when it is missing or not marked as JSON', () => {
    expect(parseMetadata(undefined)).toEqual({});
    expect(parse('{"$tb":1}', false)).toEqual({});
  });
});

it('knows a metastream by its name', () => {
  expect(metastreamOf('order-1')).toBe('$$order-1');
  expect(subjectOf('$$order-1')).toBe('order-1');
  expect(subjectOf('$$$settings')).toBe('$settings');
  expect(subjectOf('order-1')).toBeUndefined();
  expect(subjectOf('$settings')).toBeUndefined();
});
