import type { Provider } from '@nestjs/common';
import { loadCatalogue } from './catalogue.js';

/** Injection token of the `Catalogue`. */
export const CATALOGUE = Symbol('catalogue');

export const catalogueProvider: Provider = { provide: CATALOGUE, useFactory: () => loadCatalogue() };
