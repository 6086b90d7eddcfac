import type { OpenAPIObject } from '@nestjs/swagger';
import { expect, it } from 'vitest';
import { mergeDocuments } from './service-documents.js';

function document(path: string, schema: string): OpenAPIObject {
  return {
    openapi: '3.0.0',
    info: { title: path, version: '1' },
    paths: { [path]: { get: { responses: {} } }, '/api/policies/parked': { get: { responses: {} } } },
    components: { schemas: { [schema]: { type: 'object' }, Problem: { type: 'object' } } },
  };
}

it('one document has the routes and schemas of all, under the title of the first', () => {
  const merged = mergeDocuments(document('/health', 'Health'), [
    document('/api/contracts', 'Contract'),
    document('/api/customers', 'Customer'),
  ]);
  expect(merged.info.title).toBe('/health');
  expect(Object.keys(merged.paths)).toEqual(['/health', '/api/policies/parked', '/api/contracts', '/api/customers']);
  expect(Object.keys(merged.components?.schemas ?? {})).toEqual(['Health', 'Problem', 'Contract', 'Customer']);
});
