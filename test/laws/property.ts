import fc from 'fast-check';
import { opening } from './generate.ts';
import type { Step } from './steps.ts';

type Values = readonly fc.Value<Step>[];

/** Where shrinking stands: pieces of this size are left out next. */
interface Shrinking {
  values: Values;
  size: number;
}

/**
 * Lists of steps of one length, after an opening.
 *
 * Not `fc.commands`: a run starts a hub with a database, which costs a second, so few long runs find more in a minute than many
 * short ones, and `fc.commands` neither makes lists of a given length nor shrinks long ones quickly. Here every step is plain
 * data whose subjects are chosen when it is taken, so that any part of a list is a list again: shrinking leaves out pieces, large
 * ones first, from the end (Zeller's delta debugging), and then makes single steps smaller. It follows from the values alone,
 * so that a path leads to the same list again.
 */
export class StepLists extends fc.Arbitrary<Step[]> {
  readonly #length: number;
  readonly #step: fc.Arbitrary<Step>;

  constructor(length: number, step: fc.Arbitrary<Step>) {
    super();
    this.#length = length;
    this.#step = step;
  }

  generate(random: fc.Random): fc.Value<Step[]> {
    const first = opening.generate(random, undefined).value.map((step) => new fc.Value(step, undefined));
    const values = [...first, ...Array.from({ length: this.#length }, () => this.#step.generate(random, undefined))];
    return this.#list({ values, size: Math.ceil(values.length / 2) });
  }

  canShrinkWithoutContext(_value: unknown): _value is Step[] {
    return false;
  }

  shrink(_steps: Step[], context: unknown): fc.Stream<fc.Value<Step[]>> {
    return fc.stream(this.#smaller(context as Shrinking));
  }

  *#smaller({ values, size: begin }: Shrinking): IterableIterator<fc.Value<Step[]>> {
    for (let size = begin; size >= 1; size = Math.floor(size / 2)) {
      for (let end = values.length; end > 0; end -= size) {
        yield this.#list({ values: [...values.slice(0, Math.max(0, end - size)), ...values.slice(end)], size: Math.min(size, Math.max(1, values.length - size)) });
      }
    }
    for (const [index, { value, context }] of values.entries()) {
      if (context === undefined) continue;
      for (const step of this.#step.shrink(value, context)) yield this.#list({ values: values.with(index, step), size: 0 });
    }
  }

  #list(context: Shrinking): fc.Value<Step[]> {
    return new fc.Value(context.values.map(({ value }) => value), context);
  }
}
