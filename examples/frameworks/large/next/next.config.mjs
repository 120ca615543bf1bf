/** @type {import('next').NextConfig} */
export default {
  output: 'standalone',
  // What `tidegate.mjs` imports; Next itself sees only what the routes do.
  outputFileTracingIncludes: { '/*': ['./node_modules/tidegate/**/*'] },
  // This application is inside another repository.
  outputFileTracingRoot: import.meta.dirname,
  turbopack: { root: import.meta.dirname },
};
