/**
 * Gives the permit of a request back, however its response came about.
 *
 * @module
 */

export default ({ hooks }) => {
  const release = (event) => event?.context.permit?.release();
  hooks.hook('afterResponse', release);
  hooks.hook('error', (_error, { event }) => release(event));
};
