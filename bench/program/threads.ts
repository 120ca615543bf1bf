/**
 * Worker threads for the parts that need some: Web Workers where the runtime has them (its own kind),
 * `node:worker_threads` on Node. A worker runs `worker.ts`, gets one task, and answers with messages.
 *
 * @module
 */

import { Worker as NodeWorker, parentPort } from 'node:worker_threads';

/** The first message that a worker gets: its task. */
export interface Task {
  readonly task: 'contend' | 'wakeup';
}

/** The other end, seen from either side. */
export interface Channel {
  post(message: unknown): void;
  /** Sets who hears; one at a time. */
  hear(listener: (message: unknown) => void): void;
  close(): void;
}

/** A Web Worker, or its global scope, as far as it is used. */
interface WebEnd {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror?: ((event: { readonly message: string }) => void) | null;
  postMessage(message: unknown): void;
  terminate?: () => void;
  close?: () => void;
}

const { Worker: WebWorker } = globalThis as {
  readonly Worker?: new (url: URL, options: { readonly type: 'module' }) => WebEnd;
};

/** Starts a worker. */
export function startWorker(): Channel {
  const url = new URL('./worker.mjs', import.meta.url);
  if (WebWorker !== undefined) return channelOf(new WebWorker(url, { type: 'module' }));
  const worker = new NodeWorker(url);
  // An error of a worker ends the process with it: a part that failed has no samples.
  worker.on('error', (error) => {
    throw error;
  });
  return {
    post: (message) => worker.postMessage(message),
    hear: (listener) => {
      worker.removeAllListeners('message');
      worker.on('message', listener);
    },
    close: () => void worker.terminate(),
  };
}

/** The thread that started this one. */
export function parent(): Channel {
  // Deno and Bun have both; a Web Worker's messages come by its own scope.
  if (WebWorker !== undefined) return channelOf(globalThis as unknown as WebEnd);
  const port = parentPort;
  if (port === null) throw new Error('This is no worker');
  return {
    post: (message) => port.postMessage(message),
    hear: (listener) => {
      port.removeAllListeners('message');
      port.on('message', listener);
    },
    close: () => port.close(),
  };
}

/** The next message. */
export function nextMessage<T>(channel: Channel): Promise<T> {
  return new Promise((resolve) => channel.hear((message) => resolve(message as T)));
}

function channelOf(end: WebEnd): Channel {
  if (end.terminate !== undefined) {
    end.onerror = ({ message }) => {
      throw new Error(message);
    };
  }
  return {
    post: (message) => end.postMessage(message),
    hear: (listener) => {
      end.onmessage = ({ data }) => listener(data);
    },
    close: () => (end.terminate ?? end.close)?.call(end),
  };
}
