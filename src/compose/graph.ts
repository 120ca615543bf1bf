/**
 * The graph of components: checked before anything starts, in the order of starting, and who waits
 * for whom at the end. It starts and stops nothing.
 *
 * @module
 */

import { isObject, must } from '../lifecycle/check.ts';
import { checkTerms, TERMS } from '../lifecycle/check-options.ts';
import { LifecycleError, shown } from '../lifecycle/errors.ts';
import { checkKeys, nearest } from '../lifecycle/known-keys.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import { STEPS_MAX } from '../lifecycle/report.ts';
import { checkStageName } from '../lifecycle/stage.ts';
import { duration, type StepTime } from '../lifecycle/steps.ts';
import type { ComponentCheck, ComponentOf, StartContext } from './component.ts';

/** A component after the check. Its values are of whatever type: who needs which was checked by names. */
export interface Node {
  readonly name: string;
  readonly needs: readonly string[];
  readonly start: ((context: StartContext) => unknown) | undefined;
  readonly stop: ComponentOf<unknown, string, StartContext>['stop'];
  readonly check: ComponentCheck<unknown> | undefined;
  readonly timeoutMs: number | undefined;
  readonly at: StepTime;
}

/** A component as it came, of any value. */
export type AnyComponent = ComponentOf<unknown, string, StartContext>;

/** What cannot be done, in messages. */
export const ACTION = 'compose';

const KEYS = ['needs', 'start', 'stop', 'check', 'timeoutMs', 'at'];

/**
 * Checks the components, and returns them in an order in which they could start one after the other.
 *
 * @throws {LifecycleError} `invalid_argument`, `circular_components`
 */
export function checkComponents(components: Readonly<Record<string, AnyComponent>>): Node[] {
  must(isObject(components), ACTION, 'the components must be an object', components);
  const entries = Object.entries(components);
  const rule = `there must be at most ${STEPS_MAX} components`;
  must(entries.length <= STEPS_MAX, ACTION, rule, entries.length);
  const nodes = new Map(entries.map(([name, component]) => [name, checkOne(name, component)]));
  for (const node of nodes.values()) {
    for (const name of node.needs) {
      const needed = nodes.get(name);
      if (needed === undefined) throw refusal(unknown(node, name, [...nodes.keys()]));
      if (needed.at !== 'accepted' || node.at === 'accepted') continue;
      const late = `${shown(node.name)} needs it until the process has drained`;
      throw refusal(`${shown(name)} cannot stop at 'accepted': ${late}`);
    }
  }
  return inOrder(nodes);
}

/**
 * Refuses a check whose name another one of this thread has: it is added as its component has started,
 * which is too late to hear of that.
 *
 * @throws {LifecycleError} `invalid_argument`
 */
export function refuseTakenChecks(lifecycle: Lifecycle, nodes: readonly Node[]): void {
  const { number } = lifecycle.member;
  const own = lifecycle.checks().filter(({ member }) => member === number);
  for (const { name, check } of nodes) {
    if (check === undefined || own.every((other) => other.name !== name)) continue;
    throw refusal(`this thread already has a check called ${shown(name)}`);
  }
}

/** The components that need each one, directly or by way of others. */
export function dependentsOf(nodes: readonly Node[]): Map<Node, ReadonlySet<Node>> {
  const dependents = new Map<Node, ReadonlySet<Node>>();
  for (const node of [...nodes].reverse()) {
    const direct = nodes.filter(({ needs }) => needs.includes(node.name));
    const others = direct.flatMap((other) => [other, ...(dependents.get(other) ?? [])]);
    dependents.set(node, new Set(others));
  }
  return dependents;
}

function checkOne(name: string, component: AnyComponent): Node {
  checkStageName(ACTION, name);
  const isFree = name !== 'signal';
  must(isFree, ACTION, 'no component may be called signal, which every start is given', name);
  const action = `${ACTION} ${shown(name)}`;
  checkKeys(action, component, KEYS);
  const { needs = [], start, stop, check, timeoutMs, at = 'drained' } = component;
  const isNames = Array.isArray(needs) && needs.every((each) => typeof each === 'string');
  must(isNames, action, 'needs must be a list of names of components', needs);
  must(isFunctionOrNone(start), action, 'start must be a function', start);
  must(isFunctionOrNone(stop), action, 'stop must be a function', stop);
  must(at === 'accepted' || at === 'drained', action, "at must be 'accepted' or 'drained'", at);
  return {
    name,
    needs: [...new Set(needs)],
    // Bound, because a component may be an object with methods.
    start: start?.bind(component),
    stop: stop?.bind(component),
    check: checkCheck(action, check),
    timeoutMs: duration(action, 'timeoutMs', timeoutMs),
    at,
  };
}

function checkCheck(
  action: string,
  check: AnyComponent['check'],
): ComponentCheck<unknown> | undefined {
  if (check === undefined) return undefined;
  if (typeof check === 'function') return { run: check };
  must(isObject(check), action, 'check must be a function or an object', check);
  checkKeys(`${action}, its check`, check, ['run', ...TERMS]);
  must(typeof check.run === 'function', action, 'the run of check must be a function', check.run);
  checkTerms(`${action}, its check`, check);
  return { ...check, run: check.run.bind(check) };
}

/** Depth first: what a component needs comes before it, and else the order stays as it was. */
function inOrder(nodes: ReadonlyMap<string, Node>): Node[] {
  const ordered = new Set<Node>();
  const path: string[] = [];
  const visit = (name: string): void => {
    const node = nodes.get(name);
    if (node === undefined || ordered.has(node)) return;
    const from = path.indexOf(name);
    if (from >= 0) {
      const circle = [...path.slice(from), name].join(' -> ');
      const message = `Cannot ${ACTION}: components need each other in a circle: ${circle}`;
      throw new LifecycleError('circular_components', message);
    }
    path.push(name);
    node.needs.forEach(visit);
    path.pop();
    ordered.add(node);
  };
  for (const name of nodes.keys()) visit(name);
  return [...ordered];
}

function unknown({ name }: Node, needed: string, known: readonly string[]): string {
  const closest = nearest(
    needed,
    known.filter((each) => each !== name),
  );
  const hint = closest === '' ? '' : `, did you mean ${shown(closest)}?`;
  return `${shown(name)} needs ${shown(needed)}, which is not a component${hint}`;
}

function refusal(why: string): LifecycleError {
  return new LifecycleError('invalid_argument', `Cannot ${ACTION}: ${why}`);
}

function isFunctionOrNone(value: unknown): boolean {
  return value === undefined || typeof value === 'function';
}
