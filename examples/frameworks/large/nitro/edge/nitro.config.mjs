export default defineNitroConfig({
  compatibilityDate: '2026-11-17',
  preset: 'cloudflare_module',
});
