/**
 * Waiting for instances to become Ready, each of them, or for the first reason why they do not. It ends none.
 *
 * @module
 */

import type { Instance } from './instance.ts';

/** @returns `undefined` once all are; otherwise why not, for a person to read */
export async function allReady(
  instances: readonly Instance[],
  readyMs: number,
): Promise<string | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => {
      const open = instances.filter((instance) => !instance.isReady);
      const isLinked = open.every((instance) => instance.isLinked);
      const why = isLinked ? 'did not become ready' : 'did not report readiness';
      resolve(`${open.map(({ pid }) => pid).join(', ')} ${why} within ${readyMs / 1_000} s`);
    }, readyMs);
  });
  const undos: (() => void)[] = [];
  const ready = instances.map(
    (instance) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (instance.isReady) resolve();
        };
        undos.push(instance.onChange(look));
        look();
      }),
  );
  const ended = instances.map(async (instance) => {
    const { how } = await instance.over;
    return `${instance.pid || 'the new one'} ${how} before it was ready`;
  });
  const why = await Promise.race([Promise.all(ready).then(() => undefined), late, ...ended]);
  clearTimeout(timer);
  for (const undo of undos) undo();
  return why;
}
