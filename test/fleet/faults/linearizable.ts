/**
 * Whether a history is linearizable: each operation took effect at one moment between its call and its
 * return, and in that order a model allows what each of them answered. The search is that of Wing and
 * Gong with the memory of Lowe, for each key by itself. It knows no store; `register.ts` is the model.
 *
 * @see Wing, Gong: Testing and verifying concurrent objects, JPDC 1993
 * @see Lowe: Testing for linearizability, CCPE 2017
 * @module
 */

/** One operation of a history. */
export interface Operation<Op> {
  readonly key: string;
  readonly op: Op;
  readonly calledAt: number;
  /** Infinity if no answer came: it took effect at any time after the call, or never. */
  readonly returnedAt: number;
}

/** What is allowed. */
export interface Model<State, Op> {
  readonly initial: State;
  /** The states that `op`, with the answer it had, may lead to; none if `state` does not allow it. */
  step(state: State, op: Op): readonly State[];
  /** True if `op`, with the answer it had, asks only, in whatever state. */
  asks(op: Op): boolean;
  /** The same for equal states, and for no others. */
  nameOf(state: State): string;
}

/** What the search found. */
export type Verdict<State, Op> =
  | { readonly isLinearizable: true; readonly order: readonly Operation<Op>[] }
  | {
      readonly isLinearizable: false;
      /** Where the longest order ended: what must have taken effect there and cannot have. */
      readonly stuck: Operation<Op>;
      readonly state: State;
      readonly order: readonly Operation<Op>[];
    };

/** The verdict on each key. */
export function checkHistory<State, Op>(
  history: readonly Operation<Op>[],
  modelOf: (part: readonly Operation<Op>[]) => Model<State, Op>,
): Map<string, Verdict<State, Op>> {
  const parts = new Map<string, Operation<Op>[]>();
  for (const operation of history) {
    const part = parts.get(operation.key) ?? [];
    part.push(operation);
    parts.set(operation.key, part);
  }
  return new Map([...parts].map(([key, part]) => [key, new Search(part, modelOf(part)).run()]));
}

const MARKS_AT_ONCE = 8_192;

/** A step that may be taken from a configuration. */
interface Choice<State> {
  readonly index: number;
  readonly state: State;
}

/** One configuration on the way: what was chosen there, and what is left to choose. */
interface Frame<State> {
  readonly before: State;
  readonly choices: readonly Choice<State>[];
  next: number;
}

/** The search over the operations of one key. */
class Search<State, Op> {
  readonly #operations: readonly Operation<Op>[];
  readonly #model: Model<State, Op>;
  /** Calls and returns by time, as a list from which what has taken effect is taken out. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  /**
   * A random number for each operation: those of a set, combined by XOR, stand for the set. Where two
   * sets had the same, a history that is right might be refused; none that is wrong would pass.
   */
  readonly #marks: BigUint64Array<ArrayBuffer>;
  readonly #seen: Set<string> = new Set();

  constructor(operations: readonly Operation<Op>[], model: Model<State, Op>) {
    this.#operations = operations;
    this.#model = model;
    const count = operations.length;
    const timeOf = (entry: number): number => {
      const operation = this.#at(entry >> 1);
      return (entry & 1) === 0 ? operation.calledAt : operation.returnedAt;
    };
    // Entry 2i is the call of operation i, and 2i + 1 its return. At the same time calls come first: those
    // operations overlap. What never returned has no return.
    const entries = Array.from({ length: 2 * count }, (_, entry) => entry)
      .filter((entry) => timeOf(entry) < Number.POSITIVE_INFINITY)
      .sort((one, other) => timeOf(one) - timeOf(other) || (one & 1) - (other & 1));
    const head = 2 * count;
    this.#next = new Int32Array(head + 1).fill(head);
    this.#previous = new Int32Array(head + 1).fill(head);
    let last = head;
    for (const entry of entries) {
      this.#link(last, entry);
      last = entry;
    }
    this.#link(last, head);
    this.#marks = new BigUint64Array(count);
    // So many bytes are given at once.
    for (let first = 0; first < count; first += MARKS_AT_ONCE) {
      crypto.getRandomValues(this.#marks.subarray(first, first + MARKS_AT_ONCE));
    }
  }

  run(): Verdict<State, Op> {
    const { initial } = this.#model;
    let left = this.#operations.filter(({ returnedAt }) => returnedAt < Infinity).length;
    let state = initial;
    let marks = 0n;
    const frames: Frame<State>[] = [];
    const taken: number[] = [];
    let best: { left: number; stuck: number; state: State; taken: readonly number[] } | undefined;
    let frame: Frame<State> = { before: state, choices: this.#choices(state), next: 0 };
    while (left > 0) {
      const choice = frame.choices[frame.next];
      frame.next += 1;
      if (choice === undefined) {
        if (best === undefined || left < best.left) {
          best = { left, stuck: this.#firstReturn(), state: frame.before, taken: [...taken] };
        }
        const index = taken.pop();
        const above = frames.pop();
        if (index === undefined || above === undefined) break;
        this.#putBack(index);
        if (this.#isAnswered(index)) left += 1;
        marks ^= this.#marks[index] ?? 0n;
        frame = above;
        continue;
      }
      const { index } = choice;
      const after = marks ^ (this.#marks[index] ?? 0n);
      const configuration = `${after} ${this.#model.nameOf(choice.state)}`;
      if (this.#seen.has(configuration)) continue;
      this.#seen.add(configuration);
      this.#takeOut(index);
      if (this.#isAnswered(index)) left -= 1;
      marks = after;
      state = choice.state;
      taken.push(index);
      frames.push(frame);
      frame = { before: state, choices: left > 0 ? this.#choices(state) : [], next: 0 };
    }
    const orderOf = (indices: readonly number[]): Operation<Op>[] =>
      indices.map((index) => this.#at(index));
    if (left === 0) return { isLinearizable: true, order: orderOf(taken) };
    if (best === undefined) throw new Error('The search ended nowhere');
    const { stuck } = best;
    return {
      isLinearizable: false,
      stuck: this.#at(stuck),
      state: best.state,
      order: orderOf(best.taken),
    };
  }

  /** What may take effect next: what was called before the first return. */
  #choices(state: State): Choice<State>[] {
    const head = this.#next.length - 1;
    const answered: Choice<State>[] = [];
    const unknown: Choice<State>[] = [];
    for (let entry = this.#next[head] ?? head; entry !== head; entry = this.#next[entry] ?? head) {
      if ((entry & 1) === 1) break;
      const index = entry >> 1;
      const { op } = this.#at(index);
      const after = this.#model.step(state, op);
      const isAnswered = this.#isAnswered(index);
      const [only] = after;
      // Nothing is lost if what only asks, and may be now, is now.
      if (isAnswered && only !== undefined && this.#model.asks(op)) return [{ index, state: only }];
      for (const each of after) (isAnswered ? answered : unknown).push({ index, state: each });
    }
    // What nobody has heard of is tried last: most of it was never done.
    return [...answered, ...unknown];
  }

  #at(index: number): Operation<Op> {
    return this.#operations[index] as Operation<Op>;
  }

  #isAnswered(index: number): boolean {
    return this.#at(index).returnedAt < Number.POSITIVE_INFINITY;
  }

  #firstReturn(): number {
    const head = this.#next.length - 1;
    let entry = this.#next[head] ?? head;
    while (entry !== head && (entry & 1) === 0) entry = this.#next[entry] ?? head;
    return entry >> 1;
  }

  #link(one: number, other: number): void {
    this.#next[one] = other;
    this.#previous[other] = one;
  }

  #takeOut(index: number): void {
    for (const entry of this.#entriesOf(index)) {
      this.#link(this.#previous[entry] ?? 0, this.#next[entry] ?? 0);
    }
  }

  /** In the opposite order: each entry still knows where it was. */
  #putBack(index: number): void {
    for (const entry of this.#entriesOf(index).reverse()) {
      const [previous, next] = [this.#previous[entry] ?? 0, this.#next[entry] ?? 0];
      this.#next[previous] = entry;
      this.#previous[next] = entry;
    }
  }

  #entriesOf(index: number): number[] {
    return this.#isAnswered(index) ? [2 * index, 2 * index + 1] : [2 * index];
  }
}
