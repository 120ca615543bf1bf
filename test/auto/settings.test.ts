/**
 * The environment of `tidegate/auto`: what is wrong in it is refused before the program runs, in the words
 * of the variable. What right values do is `auto.test.ts`.
 *
 * @module
 */

import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { settingsFrom } from '../../src/auto/settings.ts';
import { LifecycleError } from '../../src/index.ts';
import { Started } from './started.ts';

/** By variable, without its prefix. */
const WRONG: Readonly<Record<string, readonly string[]>> = {
  PROBE_PORT: ['', '0', '65536', '-1', '80.5', '8080 ', '0x50', 'http'],
  PROBE_HOSTNAME: [''],
  STUCK_AFTER_MS: ['0', '30s', ''],
  SERVE_ROUTES: ['1', 'yes', 'TRUE', ''],
  ADMIN_TOKEN: [''],
  METRICS_TOKEN: [''],
  READY_WHILE_DRAINING: ['no', ''],
  READY: ['automatic', 'Manual', ''],
  BUDGET_MS: ['20s', '-1', '2147483648', '1e3', ''],
  PRE_DRAIN_MS: ['5s', '-5', ''],
  PRE_DRAIN_PROBES: ['0', 'two', ''],
  DRAIN_TIMEOUT_MS: ['never', ''],
  CRASHES: ['on', ''],
  BACKEND: ['webassembly', ''],
};

function refusal(environment: Readonly<Record<string, string>>): LifecycleError {
  try {
    settingsFrom(environment);
  } catch (error) {
    if (error instanceof LifecycleError) return error;
  }
  throw new Error(`${JSON.stringify(environment)} was taken`);
}

describe('the environment', () => {
  it.each(Object.entries(WRONG))('refuses a TIDEGATE_%s that breaks its rule', (name, values) => {
    for (const value of values) {
      const { code, message } = refusal({ [`TIDEGATE_${name}`]: value });
      expect([value, code]).toEqual([value, 'invalid_argument']);
      expect(message).toContain(`TIDEGATE_${name} must be `);
    }
  });

  it('says all that is wrong at once', () => {
    const { message } = refusal({
      TIDEGATE_PREDRAIN_MS: '5000',
      TIDEGATE_BUDGET_MS: '20s',
      TIDEGATE_STUCK_AFTER_MS: '30000',
      TIDEGATE_ADMIN_TOKEN: '',
    });
    expect(message).toBe(
      'Cannot start with tidegate/auto: ' +
        'unknown variable TIDEGATE_PREDRAIN_MS, did you mean TIDEGATE_PRE_DRAIN_MS?; ' +
        'TIDEGATE_BUDGET_MS must be an integer from 0 to 2147483647, got "20s"; ' +
        'TIDEGATE_ADMIN_TOKEN must be a string that is not empty, got ""; ' +
        'TIDEGATE_STUCK_AFTER_MS has no effect without TIDEGATE_PROBE_PORT',
    );
  });

  it.each(Object.keys(WRONG))('knows TIDEGATE_%s by a name with a slip in it', (name) => {
    const slip = `TIDEGATE_${name.slice(0, 3)}${name.slice(4)}`;
    const { message } = refusal({ [slip]: '1' });
    expect(message).toContain(`unknown variable ${slip}, did you mean TIDEGATE_${name}?`);
  });

  it('has a default for everything, and leaves alone what is not its own', () => {
    // The last ones as Kubernetes sets them for Services of these names.
    const others = {
      PATH: '/bin',
      TIDE_GATE: 'open',
      TIDEGATE_SERVICE_HOST: '10.0.0.11',
      TIDEGATE_SERVICE_PORT_HTTP: '80',
      TIDEGATE_PORT: 'tcp://10.0.0.11:80',
      TIDEGATE_PROBE_PORT: 'tcp://10.0.0.12:80',
      TIDEGATE_PROBE_PORT_80_TCP_ADDR: '10.0.0.12',
    };
    expect(settingsFrom(others)).toEqual({
      serveRoutes: false,
      readyWhileDraining: true,
      ready: 'listening',
      crashes: false,
      backend: 'wasm',
    });
  });
});

describe.each(['node', 'deno', 'bun'] as const)('a program on %s', (runtime) => {
  it('does not run with a wrong value, which is named', async () => {
    const program = new Started(runtime, 'http.js', { TIDEGATE_BUDGET_MS: '20s' });
    expect((await program.exit).code).not.toBe(0);
    expect(program.output).toContain('TIDEGATE_BUDGET_MS must be an integer from 0');
    expect(program.output).not.toContain('listening on');
  });

  it('does not run with a probe port that is taken', async () => {
    const server = createServer().listen(0);
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? String(address?.port) : '';
    const program = new Started(runtime, 'http.js', { TIDEGATE_PROBE_PORT: port });
    expect((await program.exit).code).not.toBe(0);
    server.close();
    expect(program.output).toContain('no probes on TIDEGATE_PROBE_PORT');
    expect(program.output).not.toContain('listening on');
  });
});
