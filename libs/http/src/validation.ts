import {
  applyDecorators,
  type ArgumentMetadata,
  type Type,
  type ValidationError,
  ValidationPipe,
} from '@nestjs/common';
import { Transform, Type as TypeOf } from 'class-transformer';
import { IsBoolean, IsDefined, IsObject, IsUUID, ValidateIf, ValidateNested } from 'class-validator';
import { httpProblem } from './http-problems.js';

/** One wrong field. `pointer` is a JSON pointer into the body, or into the query or path parameters. */
export interface FieldError {
  readonly in: 'body' | 'query' | 'path' | 'header';
  readonly pointer: string;
  readonly detail: string;
}

/** A property that is an object of its own class. `ValidateNested` alone lets a missing object and a list pass. */
export function Nested(type: () => Type): PropertyDecorator {
  return applyDecorators(IsDefined(), IsObject(), ValidateNested(), TypeOf(type));
}

/** A property that may be left out. It may not be null: class-validator's own rule would let that pass unchecked. */
export function Optional(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined);
}

/** A property that may be left out or null. */
export function Nullable(): PropertyDecorator {
  return ValidateIf((_, value) => value !== undefined && value !== null);
}

/** `true` or `false` in a query. */
export function Flag(): PropertyDecorator {
  return applyDecorators(
    Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value)),
    IsBoolean({ message: '$property must be true or false' }),
  );
}

/** The id of something. Streams tell capitals apart and Postgres does not, so that ids are lower-case from here on. */
export function Uuid(): PropertyDecorator {
  const lowerCase = ({ value }: { readonly value: unknown }) =>
    typeof value === 'string' ? value.toLowerCase() : value;
  return applyDecorators(IsUUID('all'), Transform(lowerCase));
}

/**
 * Checks DTOs; unknown properties are refused, or dropped where the sender is not ours to correct.
 * Problems list every wrong field at once.
 */
export class RequestValidationPipe extends ValidationPipe {
  constructor(options: { readonly unknownProperties: 'refuse' | 'drop' } = { unknownProperties: 'refuse' }) {
    super({
      whitelist: true,
      forbidNonWhitelisted: options.unknownProperties === 'refuse',
      transform: true,
      validationError: { target: false, value: false },
      exceptionFactory: (errors) => new InvalidFields(errors),
    });
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const place = metadata.type === 'param' ? 'path' : metadata.type === 'query' ? 'query' : 'body';
    if (metadata.type !== 'custom') demandStorable(value, place);
    try {
      return (await super.transform(value, metadata)) as unknown;
    } catch (error) {
      if (!(error instanceof InvalidFields)) throw error;
      const errors = fieldErrors(error.errors, '', place);
      throw httpProblem('validation_failed', undefined, { errors });
    }
  }
}

class InvalidFields extends Error {
  constructor(readonly errors: readonly ValidationError[]) {
    super('Invalid fields');
  }
}

/** Deeper than any body that a route asks for; what is parsed without recursion must not be walked with it. */
const maxDepth = 32;
const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');

/** Whatever the DTO allows, neither Postgres nor a mail takes these texts. */
function demandStorable(value: unknown, place: FieldError['in']): void {
  if (isStorableThroughout(value, 0)) return;
  const errors: FieldError[] = [];
  let level: readonly { readonly pointer: string; readonly value: unknown }[] = [{ pointer: '', value }];
  for (let depth = 0; level.length > 0 && errors.length === 0; depth++) {
    if (depth > maxDepth) {
      errors.push({ in: place, pointer: '', detail: `Nested deeper than ${maxDepth} levels. Send a flatter one.` });
      break;
    }
    level = level.flatMap(({ pointer, value: parent }) => {
      if (typeof parent === 'string' && !isStorable(parent)) {
        const detail = 'Holds a NUL character or half of a surrogate pair, which is no text. Remove it.';
        errors.push({ in: place, pointer, detail });
      }
      if (typeof parent !== 'object' || parent === null || Buffer.isBuffer(parent)) return [];
      return Object.entries(parent).map(([key, child]) => ({ pointer: `${pointer}/${escaped(key)}`, value: child }));
    });
  }
  if (errors.length > 0) throw httpProblem('validation_failed', undefined, { errors });
}

/** The quick look that nearly every request passes; what is wrong, and where, is found out only when it does not. */
function isStorableThroughout(value: unknown, depth: number): boolean {
  if (typeof value === 'string') return isStorable(value);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return true;
  if (depth === maxDepth) return false;
  for (const child of Object.values(value)) if (!isStorableThroughout(child, depth + 1)) return false;
  return true;
}

function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

function fieldErrors(errors: readonly ValidationError[], parent: string, place: FieldError['in']): FieldError[] {
  return errors.flatMap((error) => {
    const pointer = `${parent}/${escaped(error.property)}`;
    const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
      in: place,
      pointer,
      detail: rule === 'whitelistValidation' ? 'Unknown property. Remove it or correct its name.' : sentence(message),
    }));
    return [...own, ...fieldErrors(error.children ?? [], pointer, place)];
  });
}

function sentence(message: string): string {
  const text = message.charAt(0).toUpperCase() + message.slice(1);
  return text.endsWith('.') ? text : `${text}.`;
}
