/**
 * Transition systems of any number of threads, as SMT-LIB: what must be shown for an invariant to be
 * inductive, one question each. `unsat` is the answer that proves.
 *
 * @module
 */

/** A variable: a predicate or a function, by its name, the sorts of its arguments and its own. */
export type Variables = Readonly<Record<string, readonly [args: readonly string[], sort: string]>>;

/** A step that may be taken: when, and what it changes. */
export interface Transition {
  readonly guard: string;
  /** The new value of a variable, over its parameters `x0`, `x1`; the others stay as they are. */
  readonly changes: Readonly<Record<string, string>>;
}

/** A system. Formulas name variables; primed ones are made from them. */
export interface System {
  /** Sorts, types and constants. */
  readonly preamble: string;
  readonly variables: Variables;
  readonly initially: string;
  readonly transitions: Readonly<Record<string, Transition>>;
  /** Together they are inductive, and they imply what must hold. */
  readonly invariants: Readonly<Record<string, string>>;
  readonly safety: Readonly<Record<string, string>>;
}

/** A question, and what it would mean if the answer were `sat`. */
export interface Question {
  readonly about: string;
  readonly text: string;
}

/** All that has to be `unsat`, with these invariants. */
export function questions(system: System, names: readonly string[]): Question[] {
  const { invariants, safety, transitions, initially } = system;
  const all = names.map((name) => invariants[name]).join('\n    ');
  const together = `(and true ${all})`;
  const asked: Question[] = names.map((name) => ({
    about: `initially: ${name}`,
    text: `(assert ${initially})\n(assert (not ${invariants[name]}))`,
  }));
  for (const [step, { guard, changes }] of Object.entries(transitions)) {
    for (const name of names) {
      asked.push({
        about: `${step} keeps: ${name}`,
        text: [
          `(assert ${together})`,
          `(assert ${guard})`,
          ...nextOf(system.variables, changes),
          `(assert (not ${primed(invariants[name] ?? 'true', system.variables)}))`,
        ].join('\n'),
      });
    }
  }
  for (const [name, formula] of Object.entries(safety)) {
    asked.push({ about: name, text: `(assert ${together})\n(assert (not ${formula}))` });
  }
  return asked;
}

/** A script that asks them all, each on its own. */
export function script({ preamble, variables }: System, asked: readonly Question[]): string {
  const declared = Object.entries(variables).map(
    ([name, [args, sort]]) => `(declare-fun ${name} (${args.join(' ')}) ${sort})`,
  );
  const each = asked.map(({ about, text }) => `; ${about}\n(push)\n${text}\n(check-sat)\n(pop)`);
  return [preamble, ...declared, ...each].join('\n');
}

/** The state after a step: no frame has to be assumed, each variable is defined. */
function nextOf(variables: Variables, changes: Transition['changes']): string[] {
  return Object.entries(variables).map(([name, [args, sort]]) => {
    const parameters = args.map((arg, index) => `(x${index} ${arg})`).join(' ');
    const same =
      args.length === 0 ? name : `(${name} ${args.map((_, index) => `x${index}`).join(' ')})`;
    return `(define-fun ${name}_next (${parameters}) ${sort} ${changes[name] ?? same})`;
  });
}

function primed(formula: string, variables: Variables): string {
  return Object.keys(variables).reduce(
    (text, name) => text.replace(new RegExp(`(?<![\\w-])${name}(?![\\w-])`, 'g'), `${name}_next`),
    formula,
  );
}
