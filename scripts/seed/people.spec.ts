import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { expect, it } from 'vitest';
import { CustomerRecordDto } from '#apps/customer/src/customer.dto.js';
import { emailKey, nameKey, phoneKey, postalKey } from '#apps/customer/src/search-keys.js';
import { recordOf, relativeOf } from './people.js';

it('makes customers whom the API would take', () => {
  for (let number = 0; number < 500; number++) {
    const record = recordOf(1, number);
    const complaints = validateSync(plainToInstance(CustomerRecordDto, record)).map(({ property }) => property);
    expect({ record, complaints }).toEqual({ record, complaints: [] });
  }
});

it('makes the same customer for the same number and seed', () => {
  expect(recordOf(1, 42)).toEqual(recordOf(1, 42));
  expect(recordOf(2, 42)).not.toEqual(recordOf(1, 42));
});

it('makes no two who look alike, but for relatives', () => {
  const seen = new Map<string, number>();
  const alike: (readonly number[])[] = [];
  // Beyond the number at which the days of birth begin anew.
  for (let number = 0; number < 30_000; number++) {
    const { name, email, phone, birthDate, postalCode } = recordOf(1, number);
    const keys = [
      email && `mail ${emailKey(email)}`,
      phone && `phone ${phoneKey(phone)}`,
      birthDate && `${nameKey(name)} born ${birthDate}`,
      postalCode && `${nameKey(name)} at ${postalKey(postalCode)}`,
    ];
    for (const key of keys) {
      if (!key) continue;
      const other = seen.get(key);
      if (other !== undefined && other !== relativeOf(number)) alike.push([other, number]);
      seen.set(key, number);
    }
  }
  expect(alike).toEqual([]);
});

it('leaves some things unknown, and makes relatives who share a telephone', () => {
  const records = Array.from({ length: 1_000 }, (_, number) => recordOf(1, number));
  for (const field of ['nameKana', 'email', 'phone', 'address', 'birthDate', 'investmentProfile'] as const) {
    const unknown = records.filter((record) => record[field] === null).length;
    expect(unknown, field).toBeGreaterThan(10);
    expect(unknown, field).toBeLessThan(300);
  }
  const sharing = records.filter(({ phone }, number) => {
    const relative = relativeOf(number);
    return relative !== undefined && phone !== null && phone === records[relative]!.phone;
  });
  expect(sharing.length).toBeGreaterThan(20);
});
