/**
 * The connection of one thread to the `tidegate run` above its process: it says how the lifecycle is,
 * and hears that it is to shut down, on the probe thread also while the main loop is blocked. It does not
 * keep the process alive.
 *
 * @module
 */

import { connect, type Socket } from 'node:net';
import process from 'node:process';
import { isLeavingOrGone } from '../../lifecycle/leaving.ts';
import type { Lifecycle } from '../../lifecycle/lifecycle.ts';
import { Phase, phaseName } from '../../lifecycle/phase.ts';
import { graceMs } from '../grace-period.ts';
import { isStopMessage, Lines, type LinkState, type LinkThread, lineOf } from './wire.ts';

/** What a connection is made with. */
export interface LinkOptions {
  readonly thread: LinkThread;
  /** The signals that ask for the shutdown, now. */
  readonly names: () => readonly string[];
  /** Accepts nothing more; where this thread is the one to ask for the shutdown, calls `stop` after that. */
  readonly retire: (stop: () => void) => void;
}

/** One thread's connection. */
export interface Link {
  /** Says how it is now. */
  tell(): void;
  /** Ends the connection, which asks for nothing. */
  end(): undefined;
}

/** The trigger of the shutdown that the end of the parent asks for. */
const LOST = 'parent_lost';

/**
 * Connects. The parent is gone, for whatever reason, when the connection ends: nobody would hold this
 * process to its time, or ask for its shutdown, any more, so it shuts down.
 *
 * @returns the connection
 */
export function linkToParent(
  lifecycle: Lifecycle,
  path: string,
  { thread, names, retire }: LinkOptions,
): Link {
  let isOver = false;
  let isConnected = false;
  // Before it connects: it throws for a lifecycle that was detached.
  const undos: (() => void)[] = [lifecycle.onTransition(() => tell())];
  const socket: Socket = connect({ path });
  socket.unref();
  const end = (): undefined => {
    isOver = true;
    for (const undo of undos.splice(0)) undo();
    socket.destroy();
  };
  const tell = (): void => {
    if (isOver || !isConnected) return;
    try {
      socket.write(lineOf(stateOf(lifecycle, thread, names())));
    } catch {
      // Detached: it speaks for nobody any more.
      end();
    }
  };
  const stop = (trigger: string): void => {
    // It rejects for one that was detached, which has nothing to shut down.
    void lifecycle.shutdown({ trigger }).catch(() => {});
  };
  socket.once('connect', () => {
    isConnected = true;
    tell();
  });
  const lines = new Lines();
  socket.setEncoding('utf8').on('data', (text: string) => {
    for (const message of lines.push(text)) {
      if (!isStopMessage(message)) continue;
      if (message.retire === true) retire(() => stop(message.stop));
      else stop(message.stop);
    }
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // There was one: its socket is there, and nobody listens on it.
    isConnected ||= error.code === 'ECONNREFUSED';
  });
  socket.once('close', () => {
    if (isOver) return;
    end();
    if (isConnected && !isLeavingOrGone(lifecycle)) stop(LOST);
  });
  lifecycle.leaving.addEventListener('abort', tell);
  undos.push(() => lifecycle.leaving.removeEventListener('abort', tell));
  return { tell, end };
}

function stateOf(lifecycle: Lifecycle, thread: LinkThread, signals: readonly string[]): LinkState {
  const phase = lifecycle.phase();
  // An application that ends the process itself says to nobody how long it takes.
  const exitLeftMs = lifecycle.isExiting() ? graceMs(lifecycle) : null;
  const leftMs = phase === Phase.Stopped ? exitLeftMs : lifecycle.shutdownLeftMs();
  return {
    pid: process.pid,
    thread,
    signals,
    phase: phaseName(phase),
    budget_ms: lifecycle.shutdownBudgetMs(),
    left_ms: leftMs,
  };
}
