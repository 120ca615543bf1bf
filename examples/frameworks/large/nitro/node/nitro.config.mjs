export default defineNitroConfig({
  compatibilityDate: '2026-11-17',
  // A listener, in place of a server of its own that ends by itself at the signal.
  preset: 'node-listener',
});
