/**
 * The program of an isolate on the edge: runs what it is asked to, within one request, and answers
 * the account.
 *
 * @module
 */

// First: it watches what the others do while they are evaluated.
import './untouched.ts';
import { useAtomics } from 'tidegate/atomics';
import { conform, type Task } from '../../conformance/harness.ts';

// The entry point of the edge has the wasm backend alone.
useAtomics();

export default {
  async fetch(request: Request): Promise<Response> {
    const task: Task = await request.json();
    return Response.json(await conform(task));
  },
};
