import type { Place, Schemas } from '../../schemas/types.ts';
import { validatorOf } from '../../server/http/validation.ts';

const validators = new Map<string, (document: unknown) => Place[] | undefined>();

/** Where a document does not fit the definition of that name, and why; none where it does. */
export function schemaErrors(name: string, document: unknown): string[] {
  const validate = validators.get(name) ?? validatorOf(name as keyof Schemas);
  validators.set(name, validate);
  return (validate(document) ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`);
}
