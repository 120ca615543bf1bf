/**
 * Makes a life that fails smaller, as long as it fails: fewer faults, acts, steps and members.
 *
 * @module
 */

import type { MemberPlan, Plan } from './plan.ts';

/** The smallest plan that was found. `fails` lives it. */
export function shrink(plan: Plan, fails: (plan: Plan) => boolean): Plan {
  let best = plan;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const smaller of smallerThan(best)) {
      if (!fails(smaller)) continue;
      best = smaller;
      isSmaller = true;
      break;
    }
  }
  return best;
}

function* smallerThan(plan: Plan): Iterable<Plan> {
  const { members, acts, faults, signals, latenessMs } = plan;
  const last = members.length - 1;
  if (last > 0) {
    yield {
      ...plan,
      members: members.slice(0, last),
      acts: acts.filter(({ thread }) => thread !== last),
      faults: faults.filter((fault) => !('thread' in fault) || fault.thread !== last),
    };
  }
  for (const index of faults.keys()) yield { ...plan, faults: without(faults, index) };
  for (const index of acts.keys()) yield { ...plan, acts: without(acts, index) };
  if (signals !== null && !faults.some(({ fault }) => fault === 'signal')) {
    yield { ...plan, signals: null };
  }
  if (latenessMs > 0) yield { ...plan, latenessMs: 0 };
  for (const [index, member] of members.entries()) {
    for (const smaller of smallerMembers(member)) {
      yield { ...plan, members: members.map((one, at) => (at === index ? smaller : one)) };
    }
  }
}

function* smallerMembers(member: MemberPlan): Iterable<MemberPlan> {
  const { pipeline, steps } = member;
  for (const index of steps.keys()) yield { ...member, steps: without(steps, index) };
  if (pipeline === null) return;
  yield { ...member, pipeline: null };
  for (const index of pipeline.steps.keys()) {
    yield { ...member, pipeline: { ...pipeline, steps: without(pipeline.steps, index) } };
  }
  if (pipeline.preDrainMs > 0) yield { ...member, pipeline: { ...pipeline, preDrainMs: 0 } };
}

function without<T>(values: readonly T[], index: number): T[] {
  return values.filter((_, at) => at !== index);
}
