/**
 * gRPC: an interceptor has each call hold a permit, `grpc.health.v1` follows the lifecycle, and
 * `tryShutdown()` is a step.
 *
 * @module
 */

import {
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { Phase } from 'tidegate';
import { handleSignals } from 'tidegate/node';
import { lifecycle, port, save, started } from './service.ts';

/** Health is asked at any time; all else is a write. */
const admitted: ServerInterceptor = ({ path }, call) => {
  if (path.startsWith('/grpc.health.v1.')) return new ServerInterceptingCall(call);
  const permit = lifecycle.gate.tryEnter('write');
  if (permit === null) {
    const details = `the gate is closed: ${lifecycle.gate.writeRefusal()}`;
    return new ServerInterceptingCall(call, {
      // Clients ask UNAVAILABLE again elsewhere.
      start: () => call.sendStatus({ code: status.UNAVAILABLE, details }),
    });
  }
  return new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata: (metadata, next) => next(metadata),
        onReceiveMessage: (message, next) => next(message),
        onReceiveHalfClose: (next) => next(),
        onCancel: () => permit.release(),
      }),
    sendStatus(status, next) {
      permit.release();
      next(status);
    },
  });
};

/** As a compiler of protocols would generate it: `rpc Save` takes a string and gives one. */
const notes: ServiceDefinition = {
  save: {
    path: '/notes.Notes/Save',
    requestStream: false,
    responseStream: false,
    requestSerialize: Buffer.from,
    requestDeserialize: String,
    responseSerialize: Buffer.from,
    responseDeserialize: String,
  },
};

const server = new Server({ interceptors: [admitted] });
server.addService(notes, {
  save({ request }: ServerUnaryCall<string, string>, answer: sendUnaryData<string>) {
    save(request).then((note) => answer(null, note), answer);
  },
});

const health = new HealthImplementation({ '': 'NOT_SERVING' });
health.addToServer(server);
lifecycle.onTransition(({ to }) => {
  health.setStatus('', to === Phase.Ready ? 'SERVING' : 'NOT_SERVING');
});
// Sooner than the drain: load balancers leave while calls are still answered.
lifecycle.leaving.addEventListener('abort', () => health.setStatus('', 'NOT_SERVING'));

lifecycle.step({
  name: 'grpc',
  // GOAWAY; calls in progress have ended by now, but for those who watch the health.
  run: ({ signal }) =>
    new Promise<void>((resolve) => {
      server.tryShutdown(() => resolve());
      setTimeout(() => server.forceShutdown(), 500).unref();
      signal.addEventListener('abort', () => server.forceShutdown());
    }),
});
handleSignals(lifecycle);
server.bindAsync(`0.0.0.0:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
  if (error !== null) throw error;
  started(`http://localhost:${bound}`);
});
