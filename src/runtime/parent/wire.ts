/**
 * What a process and the `tidegate run` above it tell each other: one JSON object a line, over a Unix
 * socket that the parent listens on. It opens nothing.
 *
 * @module
 */

/** The environment variable with the path of the socket; the process takes it out when it has read it. */
export const RUN_SOCKET = 'TIDEGATE_RUN_SOCKET';

/** Which thread speaks: the one that handles signals, or one that hears while that one is blocked. */
export type LinkThread = 'main' | 'probes';

/** What a process says when it has connected, and whenever some of it has changed. */
export interface LinkState {
  readonly pid: number;
  readonly thread: LinkThread;
  /** Names of the signals that ask for its shutdown. */
  readonly signals: readonly string[];
  /** A wire name, as in the answers of probes. */
  readonly phase: string;
  /** Of its shutdown, accepted or not. */
  readonly budget_ms: number;
  /** Once a shutdown was accepted, what is left of the budget; once Stopped, of the waits after it. */
  readonly left_ms: number | null;
}

/** What the parent says: shut down, with this trigger. */
export interface StopMessage {
  readonly stop: string;
  /** A successor has the port: first nothing more is accepted, and what has been is answered. */
  readonly retire?: boolean;
}

/** A line is never longer: a peer that sends more is none of ours. */
const LINE_MAX = 4_096;

/** One message as it is sent. */
export function lineOf(message: LinkState | StopMessage): string {
  return `${JSON.stringify(message)}\n`;
}

/** Cuts what arrives into messages. */
export class Lines {
  #rest = '';

  /** The objects that are complete by now; `null` for what is not of this protocol. */
  push(text: string): (object | null)[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    if (this.#rest.length > LINE_MAX) return [null];
    return lines.map(parsed);
  }
}

/** True for what {@link LinkState} describes. */
export function isLinkState(message: object | null): message is LinkState {
  const { pid, thread, signals, phase, budget_ms, left_ms } = (message ?? {}) as Partial<LinkState>;
  return (
    Number.isInteger(pid) &&
    (thread === 'main' || thread === 'probes') &&
    Array.isArray(signals) &&
    typeof phase === 'string' &&
    typeof budget_ms === 'number' &&
    (left_ms === null || typeof left_ms === 'number')
  );
}

/** True for what {@link StopMessage} describes. */
export function isStopMessage(message: object | null): message is StopMessage {
  return typeof (message as Partial<StopMessage> | null)?.stop === 'string';
}

function parsed(line: string): object | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
